/** Accuracy of a frozen network on stored images, in eval mode, on a training engine. */
import type { ImageSet } from '../data/sets/index.ts';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { createVariantsRunner } from '../networks/run-variants.ts';

/** Images that are computed at once, and about how many values of activations they may have together. */
const BATCH = 250;
const BATCH_VALUES = 2 ** 27;

/** @returns logits `[count, classes]`, row by row. */
export async function frozenLogits(tf: Tfjs, network: FrozenNetwork, set: ImageSet, normalise: (pixels: Uint8Array) => Float32Array): Promise<Float32Array> {
  return (await variantLogits(tf, [network], set, normalise))[0];
}

/**
 * Of networks of the same inputs and classes, in one pass over the images; what later ones share with the first is computed once.
 * @param onPasses told how many passes of an image through a whole network were done since it was told last
 * @returns logits `[count, classes]` of each
 */
export async function variantLogits(tf: Tfjs, networks: readonly FrozenNetwork[], set: ImageSet, normalise: (pixels: Uint8Array) => Float32Array, onPasses: (count: number) => void = () => {}): Promise<Float32Array[]> {
  const { inputShape, classes, nodes } = networks[0];
  const { height, width, channels } = inputShape;
  const batch = Math.max(1, Math.min(BATCH, Math.floor(BATCH_VALUES / nodes.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0))));
  const runner = createVariantsRunner(tf, networks);
  const out = networks.map(() => new Float32Array(set.count * classes));
  for (let start = 0; start < set.count; start += batch) {
    const count = Math.min(batch, set.count - start);
    const input = tf.tensor4d(normalise(set.images.range(start, start + count)), [count, height, width, channels]);
    const logits = runner.logits(input, (share) => onPasses(share * count));
    for (const [i, values] of logits.entries()) out[i].set((await values.data()) as Float32Array, start * classes);
    tf.dispose([input, logits]);
  }
  runner.dispose();
  return out;
}

/**
 * Top-1 and top-5 as fractions of `labels.length`. Of equal logits the lower index counts as larger, on every backend;
 * a NaN counts as larger than anything, so that a network that broke is not taken for right.
 */
export function accuracy(logits: Float32Array, labels: ArrayLike<number>, classes: number): { top1: number; top5: number; count: number } {
  let top1 = 0;
  let top5 = 0;
  for (let i = 0; i < labels.length; i++) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const own = row[labels[i]];
    let larger = 0;
    for (let c = 0; c < classes; c++) if (c !== labels[i] && !(row[c] < own || (row[c] === own && c > labels[i]))) larger++;
    if (larger === 0) top1++;
    if (larger < 5) top5++;
  }
  return { top1: top1 / labels.length, top5: top5 / labels.length, count: labels.length };
}

/** Fraction of rows whose largest logit is in the same place in both. */
export function agreement(ours: Float32Array, reference: Float32Array, classes: number): number {
  const theirs = predictions(reference, classes);
  return predictions(ours, classes).filter((label, i) => label === theirs[i]).length / theirs.length;
}

/** The index of the largest logit of each row; of equals the first. */
export function predictions(logits: Float32Array, classes: number): Uint32Array {
  const out = new Uint32Array(logits.length / classes);
  for (let i = 0; i < out.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (logits[i * classes + c] > logits[i * classes + best]) best = c;
    out[i] = best;
  }
  return out;
}
