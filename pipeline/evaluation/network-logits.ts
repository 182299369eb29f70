/** Logits of frozen networks on stored images, in eval mode, on a training engine of this thread. */
import type { ImageSet } from '../data/sets/index.ts';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { createVariantsRunner } from '../networks/run-variants.ts';
import { activationCount } from '../networks/state.ts';

/** Images that are computed at once, and about how many values of activations they may have together. */
const BATCH = 250;
const BATCH_VALUES = 2 ** 27;

type Images = { count: number; images: Pick<ImageSet['images'], 'range'> };

/** @returns logits `[count, classes]`, row by row. */
export async function frozenLogits(
  tf: Tfjs,
  network: FrozenNetwork,
  set: Images,
  normalise: (pixels: Uint8Array) => Float32Array,
): Promise<Float32Array> {
  return (await variantLogits(tf, [network], set, normalise))[0];
}

/**
 * Logits of networks of the same inputs and classes, in one pass over the images; what later ones share with the first is computed once.
 * @param onPasses told how many passes of an image through a whole network were done since it was told last
 * @returns logits `[count, classes]` of each
 */
export async function variantLogits(
  tf: Tfjs,
  networks: readonly FrozenNetwork[],
  set: Images,
  normalise: (pixels: Uint8Array) => Float32Array,
  onPasses: (count: number) => void = () => {},
): Promise<Float32Array[]> {
  const { inputShape, classes, nodes } = networks[0];
  const { height, width, channels } = inputShape;
  const batch = Math.max(1, Math.min(BATCH, Math.floor(BATCH_VALUES / activationCount(nodes))));
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
