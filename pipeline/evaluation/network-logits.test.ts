import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { createFrozenRunner } from '../networks/run-frozen.ts';
import { wasmEngine } from '../testing/engines.ts';
import { randomState } from '../testing/random-state.ts';
import { tinyImages, tinyRunData } from '../testing/tiny-data.ts';
import { frozenLogits } from './network-logits.ts';

describe('frozenLogits', () => {
  let tf: Tfjs;
  beforeAll(async () => {
    ({ tf } = await wasmEngine());
  });

  it('computes in batches what one batch gives, and leaves no tensor behind', async () => {
    const data = tinyRunData();
    const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });
    const frozen = freeze(network, randomState(network));
    // More than one batch, and a last one that is not full.
    const images = tinyImages(260, 9);
    const before = tf.memory().numTensors;
    const actual = await frozenLogits(tf, frozen, images, data.normalise);
    expect(tf.memory().numTensors).toBe(before);
    const runner = createFrozenRunner(tf, frozen);
    const expected = tf.tidy(() => runner.logits(tf.tensor4d(data.normalise(images.images.range(0, 260)), [260, 8, 8, 1]))).dataSync();
    expect(actual.length).toBe(260 * 3);
    for (let i = 0; i < actual.length; i++) expect(actual[i]).toBeCloseTo(expected[i], 4);
    runner.dispose();
  });
});
