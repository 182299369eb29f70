import { createRandom } from './random.ts';

/**
 * The order in which an epoch visits the samples: a Fisher-Yates shuffle, every order equally likely.
 *
 * @param count - number of samples
 * @param seed - of the run, 0…2^32-1
 * @param epoch - 0…2^32-1; the same seed and epoch give the same order
 * @returns the numbers 0…count-1, each once
 */
export function shuffle(count: number, seed: number, epoch: number): Uint32Array {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const random = createRandom(seed, epoch);
  for (let last = count - 1; last > 0; last--) {
    const chosen = random.integer(last + 1);
    const kept = order[last];
    order[last] = order[chosen];
    order[chosen] = kept;
  }
  return order;
}
