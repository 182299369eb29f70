import { afterEach, expect, it, vi } from 'vitest';
import type { ImageInfo } from '../image/index.ts';
import { preprocessToPixels } from '../image/with-simd.ts';
import { loadPackage } from '../package/load.ts';
import { EXECUTIONS_PER_CHECK, wrongBackend } from '../testing/faulty-backend.ts';
import { createFixturePackage, readFixture } from '../testing/fixture-package.ts';
import { tfjsWasm } from '../testing/tfjs-wasm.ts';
import { createSession, type Admit } from './session.ts';

const pkg = await loadPackage(readFixture(await createFixturePackage()));
const golden = pkg.goldenPixels.slice(0, 64);
const info: ImageInfo = { format: 'png', width: 8, height: 8, decodingBytes: 1000 };
let nowMs = 0;

/** Grey levels of 8 x 8 pixels to RGB; a step of 5 ms. The preprocessing leaves an image of the input's own size as it is. */
async function decode(grey: Uint8Array, admit?: Admit) {
  await admit?.(info);
  nowMs += 5;
  return { width: 8, height: 8, data: Uint8Array.from({ length: 3 * 64 }, (_, i) => grey[Math.floor(i / 3)]), format: 'png' };
}

afterEach(() => vi.restoreAllMocks());

it('gives an answer with all that it was made of', async () => {
  const session = await createSession(pkg, [tfjsWasm], { decode, preprocess: preprocessToPixels });
  expect(session).toMatchObject({ model: 'shapes', version: '0123456789ab', variant: 'uint8', backend: 'tfjs-wasm', rejected: [] });
  expect(session.goldenError).toBeLessThan(1e-5);
  expect(session.description).toBe(tfjsWasm.description());
  const { predictions, logits, timingMs, ...rest } = await session.classify(golden, { topK: 2 });
  expect(rest).toEqual({
    model: 'shapes',
    version: '0123456789ab',
    variant: 'uint8',
    backend: 'tfjs-wasm',
    abstained: false,
    image: { width: 8, height: 8, format: 'png' },
    input: { width: 8, height: 8, channels: 1, pixels: golden },
  });
  pkg.goldenOutputs.subarray(0, 4).forEach((golden, i) => expect(logits[i]).toBeCloseTo(golden, 5));
  expect(predictions.map(({ index }) => index)).toEqual([0, 1, 2, 3].sort((a, b) => logits[b] - logits[a]).slice(0, 2));
  expect(Object.keys(timingMs)).toEqual(['decode', 'preprocess', 'inference']);
  session.dispose();
});

it('does not count the time for which an image waits to be admitted', async () => {
  const session = await createSession(pkg, [tfjsWasm], { decode, preprocess: preprocessToPixels });
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const admit = vi.fn(async () => void (nowMs += 1000));
  expect((await session.classify(golden, { admit })).timingMs).toEqual({ decode: 5, preprocess: 0, inference: 0 });
  expect(admit.mock.calls).toEqual([[info]]);
});

it('names the backend that computed the answer, and the one that was given up', async () => {
  const onDemotion = vi.fn();
  const candidates = [wrongBackend(0.1, EXECUTIONS_PER_CHECK + 1), tfjsWasm];
  const session = await createSession(pkg, candidates, { decode, preprocess: preprocessToPixels, recheckEvery: 1, onDemotion });
  expect((await session.classify(golden)).backend).toBe('tfjs-webgpu');
  expect((await session.classify(golden)).backend).toBe('tfjs-wasm');
  expect(session.rejected).toEqual(onDemotion.mock.calls[0]);
});
