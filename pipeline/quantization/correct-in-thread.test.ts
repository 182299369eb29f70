import { expect, it } from 'vitest';
import { frozenLogits } from '../evaluation/network-logits.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { wasmEngine } from '../testing/engines.ts';
import { randomState } from '../testing/random-state.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { correctInThread } from './quantize-in-thread.ts';
import { roundTripUniformly } from './mixed/mix-units.ts';

it('corrected biases take back what 8-bit weights, a scale a tensor, do to the means of a network with depthwise convolutions', async () => {
  const { tf } = await wasmEngine();
  const data = tinyRunData({ size: 16, channels: 3 });
  const network = buildNetwork('MobileNetV2', { inputShape: data.inputShape, classes: 3 });
  const frozen = freeze(network, randomState(network));
  const corrected = await correctInThread(frozen, data);
  expect(corrected.nodes.map(({ name }) => name)).toEqual(frozen.nodes.map(({ name }) => name));
  const meanLogits = async (of: typeof frozen): Promise<number[]> => {
    const logits = await frozenLogits(tf, of, data.train, data.normalise);
    return [0, 1, 2].map((c) => logits.filter((_, i) => i % 3 === c).reduce((sum, logit) => sum + logit, 0) / data.train.count);
  };
  const exact = await meanLogits(frozen);
  const errorOf = async (of: typeof frozen): Promise<number> =>
    (await meanLogits(roundTripUniformly(of, { encoding: 'uint8' }))).reduce((sum, mean, c) => sum + Math.abs(mean - exact[c]), 0);
  expect(await errorOf(corrected)).toBeLessThan((await errorOf(frozen)) / 2);
});
