import { expect, it } from 'vitest';
import { frozenLogits } from '../evaluation/network-logits.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { relativeDifference } from '../support/difference.ts';
import { wasmEngine } from '../testing/engines.ts';
import { randomState } from '../testing/random-state.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import { roundInThread } from './quantize-in-thread.ts';
import { roundTripUniformly } from './mixed/mix-units.ts';

it('weights of 8 bits with a scale a channel follow a network with depthwise convolutions, where one scale a tensor does not', async () => {
  const { tf } = await wasmEngine();
  const data = tinyRunData({ size: 16, channels: 3 });
  const network = buildNetwork('MobileNetV2', { inputShape: data.inputShape, classes: 3 });
  const frozen = freeze(network, randomState(network));
  const rounded = await roundInThread(frozen, data);
  expect(rounded.network.nodes.map(({ name }) => name)).toEqual(frozen.nodes.map(({ name }) => name));
  const exact = await frozenLogits(tf, frozen, data.train, data.normalise);
  const errorOf = async (of: typeof frozen): Promise<number> =>
    relativeDifference(await frozenLogits(tf, of, data.train, data.normalise), exact);
  expect(await errorOf(rounded.network)).toBeLessThan((await errorOf(roundTripUniformly(frozen, { encoding: 'uint8' }))) / 4);
});
