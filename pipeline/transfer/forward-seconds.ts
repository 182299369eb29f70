/** The pace of a network on this machine, by a few passes. */
import { createRandom } from '../data/augmentation/random.ts';
import type { Tfjs } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { createFrozenRunner } from '../networks/run-frozen.ts';
import { initialState } from '../networks/state.ts';

const BATCH = 8;
const PASSES = 3;

/** @returns seconds an image, the least of some passes of a batch, for square RGB images */
export async function forwardSeconds(tf: Tfjs, name: string, size: number): Promise<number> {
  const network = buildNetwork(name, { inputShape: { height: size, width: size, channels: 3 }, classes: 10 });
  const runner = createFrozenRunner(tf, freeze(network, initialState(network, createRandom(0))));
  const images = tf.zeros([BATCH, size, size, 3]) as Parameters<typeof runner.logits>[0];
  let least = Infinity;
  for (let pass = 0; pass < PASSES; pass++) {
    const began = performance.now();
    const logits = runner.logits(images);
    await logits.data();
    logits.dispose();
    least = Math.min(least, performance.now() - began);
  }
  images.dispose();
  runner.dispose();
  return least / 1000 / BATCH;
}
