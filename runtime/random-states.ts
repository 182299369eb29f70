/**
 * The states of Park and Miller's generator (48,271 times the last modulo 2^31 − 1; CACM 36(7), 1993), for probes and tests that
 * must draw the same in every run.
 * @param seed from 1 to 2^31 − 2
 * @returns a function that gives the next state, a whole number from 1 to 2^31 − 2
 */
export function randomStates(seed = 1): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % LARGEST);
}

/** Numbers in (0, 1) from the same states. */
export function randomFractions(seed = 1): () => number {
  const next = randomStates(seed);
  return () => next() / LARGEST;
}

const LARGEST = 2 ** 31 - 1;
