import { createRandom } from '../augmentation/random.ts';
import type { ImageSet } from './dataset.ts';
import { subsetOf } from './image-set.ts';

/** First key of the split's random stream, apart from those of initial weights and views. */
const SPLIT_STREAM = 0x5b11;

/**
 * Holds a validation set out of a training set: as many images of each class as nearly as `count` allows, drawn by
 * `seed` alone. Nested: a smaller `count` of the same seed takes a subset, so what one run trains on, no smaller
 * validation set of another run can contain.
 *
 * @param count - 1 to fewer than the images there are
 * @throws Error if `count` is out of range or a class has too few images
 */
export function splitValidation(train: ImageSet, count: number, seed: number): { train: ImageSet; validation: ImageSet } {
  if (!(Number.isInteger(count) && count > 0 && count < train.count)) {
    throw new Error(`a validation set of ${count} can't be held out of ${train.count} training images; allowed: 1 to ${train.count - 1}`);
  }
  const byClass: number[][] = [];
  for (let i = 0; i < train.count; i++) (byClass[train.labels[i]] ??= []).push(i);
  const classes = byClass.map((indices, label) => shuffled(indices, seed, label)).filter((indices) => indices.length > 0);
  const held = new Uint8Array(train.count);
  for (let taken = 0, round = 0; taken < count; round++) {
    for (const indices of classes) {
      if (taken === count) break;
      if (round >= indices.length) throw new Error(`a class has only ${indices.length} images: too few for a validation set of ${count}`);
      held[indices[round]] = 1;
      taken++;
    }
  }
  return { train: select(train, held, 0, train.count - count), validation: select(train, held, 1, count) };
}

function shuffled(indices: number[], seed: number, label: number): number[] {
  const random = createRandom(SPLIT_STREAM, seed, label);
  for (let last = indices.length - 1; last > 0; last--) {
    const chosen = random.integer(last + 1);
    [indices[last], indices[chosen]] = [indices[chosen], indices[last]];
  }
  return indices;
}

function select(set: ImageSet, held: Uint8Array, wanted: 0 | 1, count: number): ImageSet {
  const chosen = new Uint32Array(count);
  let at = 0;
  for (let i = 0; i < set.count; i++) if (held[i] === wanted) chosen[at++] = i;
  return subsetOf(set, chosen);
}
