import { AppError } from '@sld-edge/runtime';
import { expect, it } from 'vitest';
import { measureBackend } from './measure-backend.ts';

const running = (times: number[]) => {
  let disposed = 0;
  const next = [...times];
  return { inferenceMs: async () => next.shift() ?? times.at(-1)!, dispose: () => void disposed++, disposals: () => disposed };
};
const going = (): AbortSignal => new AbortController().signal;

it('takes the median, leaves the first run out, and frees the classifier', async () => {
  const measurable = running([900, 5, 1, 3, 3]);
  expect(await measureBackend(async () => measurable, going())).toEqual({ medianMs: 3, runs: 60 });
  expect(measurable.disposals()).toBe(1);
});

it('tells why a backend cannot be measured', async () => {
  const unavailable = new AppError('BACKEND_UNAVAILABLE', { backend: 'webgpu', reason: 'there is no adapter' });
  expect(await measureBackend(() => Promise.reject(unavailable), going())).toEqual({ reason: 'there is no adapter' });
});

it('waits for none that does not get ready, and frees it when it does', async () => {
  const measurable = running([1]);
  let come!: (value: typeof measurable) => void;
  const coming = new Promise<typeof measurable>((resolve) => (come = resolve));
  expect(await measureBackend(() => coming, going(), 10)).toEqual({ reason: 'it was not ready within 0.01 s' });
  come(measurable);
  await new Promise((resolve) => setTimeout(resolve));
  expect(measurable.disposals()).toBe(1);
});

it('ends when it is stopped', async () => {
  const stopping = new AbortController();
  const measurable = running([1]);
  const stopped = { ...measurable, inferenceMs: async () => (stopping.abort(), 1) };
  await expect(measureBackend(async () => stopped, stopping.signal)).rejects.toMatchObject({ name: 'AbortError' });
  expect(measurable.disposals()).toBe(1);
});
