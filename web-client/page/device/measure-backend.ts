import { recogniseError } from '@sld-edge/runtime';
import { DEVICE_TEXT as text } from '../panel-strings.ts';

/** A classifier that is made to be measured. */
export interface Measurable {
  /** @returns milliseconds of the computation alone */
  inferenceMs(): Promise<number>;
  dispose(): void;
}

/** Time of an image, or the reason why there is none. */
export type MeasuredSpeed = { medianMs: number; runs: number } | { reason: string };

/** A network of 400 million products takes the slow interpreter longer: it is none that anybody would wait for. */
const READY_WITHIN_MS = 20_000;
const MEASURE_FOR_MS = 1500;
const MOST_RUNS = 60;
const LEAST_RUNS = 3;

/**
 * Measures how long a backend takes for an image: the median of many runs, after one that warms it.
 *
 * @param open makes a classifier on that backend and no other
 * @param signal ends the measuring: what is thrown is its reason
 */
export async function measureBackend(
  open: (signal: AbortSignal) => Promise<Measurable>,
  signal: AbortSignal,
  readyWithinMs = READY_WITHIN_MS,
): Promise<MeasuredSpeed> {
  const tooLate = new AbortController();
  const timer = setTimeout(() => tooLate.abort(), readyWithinMs);
  let opened: Measurable | undefined;
  try {
    const ended = AbortSignal.any([signal, tooLate.signal]);
    const late = new Promise<never>((_resolve, reject) => ended.addEventListener('abort', () => reject(ended.reason as Error)));
    late.catch(() => undefined);
    const opening = open(ended).then((measurable) => {
      // One that comes after all is wanted no more.
      if (ended.aborted) measurable.dispose();
      return (opened = measurable);
    });
    const measurable = await Promise.race([opening, late]);
    await Promise.race([measurable.inferenceMs(), late]);
    clearTimeout(timer);
    return await medianOf(measurable, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    if (tooLate.signal.aborted) return { reason: text.tooSlow(readyWithinMs / 1000) };
    const { code, message, details } = recogniseError(thrown);
    return { reason: code === 'BACKEND_UNAVAILABLE' && details.reason !== undefined ? String(details.reason) : message };
  } finally {
    clearTimeout(timer);
    opened?.dispose();
  }
}

async function medianOf(measurable: Measurable, signal: AbortSignal): Promise<MeasuredSpeed> {
  const times: number[] = [];
  const startedAt = performance.now();
  while (times.length < MOST_RUNS && (times.length < LEAST_RUNS || performance.now() - startedAt < MEASURE_FOR_MS)) {
    signal.throwIfAborted();
    times.push(await measurable.inferenceMs());
  }
  return { medianMs: times.toSorted((a, b) => a - b)[times.length >> 1], runs: times.length };
}
