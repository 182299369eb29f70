import { beforeAll, describe, expect, it } from 'vitest';
import { decodeMixedWeights } from '@sld-edge/runtime/format';
import type { Tfjs } from '../../engines/engine.ts';
import { freeze, type FrozenNetwork } from '../../networks/freeze.ts';
import { frozenTensors, withTensors } from '../../networks/frozen-tensors.ts';
import { createFrozenRunner } from '../../networks/run-frozen.ts';
import { writeGraphModel } from '../../packaging/graph-model.ts';
import { concatenate } from '../../support/concatenate.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { madeNetworks } from '../../testing/made-networks.ts';
import { randomState } from '../../testing/random-state.ts';
import { wavePixels } from '../../testing/wave-pixels.ts';
import { createBiasCorrector } from '../correct-bias.ts';
import { outputAxis, relativeL2Error, type Mix, type StorageFormat } from '../encodings.ts';
import type { CalibrationImages } from '../visit-layers.ts';
import { createMixRounder, type MixRounder } from './learned-rounding.ts';
import { createReader } from './mix-units.ts';
import { createMixer } from './mixer.ts';

const IMAGES = 48;
const [, network] = madeNetworks().find(([what]) => what.startsWith('a convolution in groups'))!;
const frozen = freeze(network, randomState(network));
const weights = frozenTensors(frozen).filter(({ isWeight }) => isWeight);
const LEARNED: StorageFormat = { encoding: 'int4', rule: 'learned' };
const everywhere = (storage: StorageFormat): Mix => new Map(weights.map(({ name }) => [name, storage]));

let tf: Tfjs;
let images: CalibrationImages;
let rounder: MixRounder;
const layers: string[] = [];
beforeAll(async () => {
  ({ tf } = await wasmEngine());
  const pixels = wavePixels(network, IMAGES, 3);
  const size = pixels.length / IMAGES;
  images = {
    count: IMAGES,
    inputs: (start, end) => Float32Array.from(pixels.subarray(start * size, end * size), (level) => level / 128 - 1),
  };
  rounder = await createMixRounder(tf, frozen, images, ['int8', 'int4', 'int4g32'], (layer) => layers.push(layer));
});

function logitsOf(network: FrozenNetwork): Float32Array {
  const { height, width, channels } = network.inputShape;
  const runner = createFrozenRunner(tf, network);
  const logits = tf.tidy(() =>
    runner.logits(tf.tensor4d(images.inputs(0, IMAGES), [IMAGES, height, width, channels])).dataSync(),
  ) as Float32Array;
  runner.dispose();
  return logits;
}

function squaredError(network: FrozenNetwork): number {
  const [expected, came] = [logitsOf(frozen), logitsOf(network)];
  return came.reduce((sum, value, i) => sum + (value - expected[i]) ** 2, 0);
}

describe('learned rounding', () => {
  it('gives the file the very levels that it learned: what is read is what was measured', async () => {
    for (const encoding of ['int4', 'int4g32'] as const) {
      const mix = everywhere({ encoding, rule: 'learned' });
      const { stored, read } = await rounder.inOrder(mix, createReader(rounder.alone));
      const own = frozenTensors(read).filter(({ isWeight }) => isWeight);
      // On its levels already: reading changes nothing.
      expect(own.map(({ data }) => data)).toEqual(frozenTensors(stored).flatMap(({ isWeight, data }) => (isWeight ? [data] : [])));
      const { modelJson, shards } = writeGraphModel(stored, mix);
      const decoded = decodeMixedWeights(modelJson, new Uint8Array(Buffer.concat(shards.map(({ bytes }) => bytes))).buffer);
      const file = new Float32Array(decoded.weights);
      const inFile = (values: Float32Array): boolean =>
        file.some((_, at) => values.every((value, i) => Object.is(file[at + i], value) || file[at + i] === value));
      for (const { name, data } of own) expect(inFile(data), name).toBe(true);
    }
  });

  it('changes the logits less than rounding each weight to the next level with corrected biases', async () => {
    const mixer = createMixer(frozen, createReader(), await createBiasCorrector(tf, frozen, images));
    const plain = Math.min(
      squaredError((await mixer(everywhere({ encoding: 'int4', rule: 'largest' }))).read),
      squaredError((await mixer(everywhere({ encoding: 'int4' }))).read),
    );
    const { read } = await rounder.inOrder(everywhere(LEARNED), createReader(rounder.alone));
    expect(squaredError(read)).toBeLessThan(0.7 * plain);
  });

  it('leaves layers that are stored otherwise as trained, with corrected biases, and others untouched', async () => {
    const storages: (StorageFormat | undefined)[] = [{ encoding: 'int8' }, LEARNED];
    const mix: Mix = new Map(weights.flatMap(({ name }, i) => (storages[i] ? [[name, storages[i]] as const] : [])));
    const { stored } = await rounder.inOrder(mix, createReader(rounder.alone));
    const after = new Map(frozenTensors(stored).map(({ name, data }) => [name, data]));
    expect(after.get(weights[0].name)).toBe(weights[0].data);
    expect(after.get(weights[1].name)).not.toEqual(weights[1].data);
    expect(stored.nodes.at(-1)).toBe(frozen.nodes.at(-1));
    const bias = weights[0].name.replace('kernel', 'bias');
    expect(after.get(bias)).not.toEqual(frozenTensors(frozen).find(({ name }) => name === bias)!.data);
  });

  it('keeps levels that training left, whatever level is the largest that a channel uses', async () => {
    // Every channel has levels up to 5 of a step of its own.
    const trained = withTensors(frozen, ({ isWeight, data, shape }) =>
      isWeight ? data.map((_, i) => ((i * 7) % 11) - 5).map((level, i) => level * 0.01 * (1 + (i % shape[outputAxis(shape)]))) : undefined,
    );
    const own = await createMixRounder(tf, trained, images, ['int4']);
    const { stored, read } = await own.inOrder(everywhere(LEARNED), createReader(own.alone));
    const before = frozenTensors(trained).filter(({ isWeight }) => isWeight);
    expect(frozenTensors(stored).flatMap(({ isWeight, data }) => (isWeight ? [data] : []))).toEqual(before.map(({ data }) => data));
    frozenTensors(read)
      .filter(({ isWeight }) => isWeight)
      .forEach(({ data }, t) => expect(relativeL2Error(before[t].data, data)).toBeLessThan(2 ** -10));
  });

  it('says which layer it is at', () => {
    expect(new Set(layers)).toEqual(new Set(frozen.nodes.map(({ name }) => name)));
  });

  it('alone it has values for learned storages of weights, and none for others', () => {
    const [tensor] = weights;
    expect(rounder.alone(tensor, LEARNED)).toHaveLength(tensor.data.length);
    expect(rounder.alone(tensor, { encoding: 'int4' })).toBeUndefined();
    expect(concatenate([rounder.alone(tensor, LEARNED)!])).not.toEqual(tensor.data);
  });
});
