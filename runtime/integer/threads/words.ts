/** Words of shared memory by which threads meet, and waiting for one of them to change. */

/** Places of the words, those that all threads write apart from each other (one line of a cache has 16). */
export const AT = {
  /** Changes when there is something for the helpers to look at. */
  signal: 0,
  /** Number of runs that were begun, and the program of the last. */
  runs: 1,
  program: 2,
  /** Number of messages that were sent to each helper. */
  messages: 3,
  /** 1 once a helper has failed. */
  failed: 4,
  /** Threads that have come to the present barrier. */
  arrived: 16,
  /** Number of barriers that all have passed. */
  passed: 32,
} as const;

const WORD_COUNT = 48;

/** Turns before a thread goes to sleep: some ten microseconds, which is less than to be woken takes. */
const TURNS = 10_000;

export const newWords = (): Int32Array => new Int32Array(new SharedArrayBuffer(4 * WORD_COUNT));

/**
 * Waits until the word at `index` is no longer `value`.
 * @param onSlice called every `sliceMs` of waiting; it throws where there is nothing to wait for any more
 */
export function waitWhile(
  words: Int32Array,
  index: number,
  value: number,
  sliceMs = Infinity,
  onSlice: () => void = () => undefined,
): void {
  for (let turn = 0; turn < TURNS; turn++) if (Atomics.load(words, index) !== value) return;
  while (Atomics.load(words, index) === value) if (Atomics.wait(words, index, value, sliceMs) !== 'not-equal') onSlice();
}

export function wake(words: Int32Array, index: number): void {
  Atomics.add(words, index, 1);
  Atomics.notify(words, index);
}

/** Waits until all threads are here. @param wait how: until the word at an index is no longer a value */
export function meet(words: Int32Array, threads: number, wait: (index: number, value: number) => void): void {
  const passed = Atomics.load(words, AT.passed);
  if (Atomics.add(words, AT.arrived, 1) < threads - 1) return wait(AT.passed, passed);
  Atomics.store(words, AT.arrived, 0);
  wake(words, AT.passed);
}
