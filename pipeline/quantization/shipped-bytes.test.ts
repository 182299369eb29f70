/** Rounding gives the bytes that it has always given: of tiny networks, and of the package that the repository holds. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Manifest } from '@sld-edge/runtime';
import { weightEntryBytes, type WeightEntry } from '@sld-edge/runtime/format';
import { readIntegerProgram } from '@sld-edge/runtime/integer';
import type { Tfjs } from '../engines/engine.ts';
import { freeze, type FrozenNetwork } from '../networks/freeze.ts';
import { frozenTensors, withTensors } from '../networks/frozen-tensors.ts';
import { buildNetwork } from '../networks/index.ts';
import { INT4_CHANNELS, INT8_CHANNELS } from '../networks/rounding.ts';
import { roundedState } from '../networks/rounding-in-training.ts';
import { writeGraphModel } from '../packaging/graph-model.ts';
import { wasmEngine } from '../testing/engines.ts';
import { madeNetworks } from '../testing/made-networks.ts';
import { randomState } from '../testing/random-state.ts';
import { wavePixels } from '../testing/wave-pixels.ts';
import { sha256 } from '../support/sha256.ts';
import { encode, ENCODING_NAMES, storageName, storagesOf, type StorageFormat } from './encodings.ts';
import { quantizeNetwork } from './integer/quantize-network.ts';
import { lowerToIntegers } from './integer/lower.ts';
import { pixelScale } from './integer/calibration-images.ts';
import { createBiasCorrector } from './correct-bias.ts';
import { createMixer } from './mixed/mixer.ts';
import { createReader } from './mixed/mix-units.ts';

const folder = join(import.meta.dirname, '../..', 'models/fashion-mnist/46b45e4aa5f1');
const json = <T>(path: string): T => JSON.parse(readFileSync(join(folder, path), 'utf8')) as T;
const manifest = json<Manifest>('manifest.json');

const STORAGES = ENCODING_NAMES.flatMap(storagesOf);

/** The tensors of a graph variant, each with its bytes. */
function graphEntries(variant: string): Map<string, WeightEntry & { bytes: Uint8Array }> {
  const model = json<{ weightsManifest: { weights: WeightEntry[] }[] }>(`tfjs/${variant}/model.json`);
  const weights = new Uint8Array(readFileSync(join(folder, `tfjs/${variant}/weights-1of1.bin`)));
  let at = 0;
  return new Map(
    model.weightsManifest[0].weights.map((entry) => {
      const start = at;
      at += weightEntryBytes(entry);
      return [entry.name, { ...entry, bytes: weights.subarray(start, at) }];
    }),
  );
}

let tf: Tfjs;
let shipped: FrozenNetwork;
beforeAll(async () => {
  ({ tf } = await wasmEngine());
  const network = buildNetwork('resnet8', { inputShape: manifest.preprocessing, classes: manifest.labels.length });
  const float32 = graphEntries('float32');
  shipped = withTensors(freeze(network, randomState(network)), ({ name }) => new Float32Array(float32.get(name)!.bytes.slice().buffer));
});

describe('the shipped package', () => {
  it('has in uint8 what the encoder gives', () => {
    const stored = graphEntries('uint8');
    for (const tensor of frozenTensors(shipped)) {
      const { quantization, bytes } = encode(tensor, { encoding: tensor.isWeight ? 'uint8' : 'float32' });
      expect(stored.get(tensor.name)!.quantization, tensor.name).toEqual(quantization);
      expect(Buffer.from(stored.get(tensor.name)!.bytes).equals(bytes), tensor.name).toBe(true);
    }
  });

  it('has in mixed what one of the rules for scales gives', () => {
    const stored = graphEntries('mixed');
    for (const tensor of frozenTensors(shipped).filter(({ isWeight }) => isWeight)) {
      const { bytes } = stored.get(tensor.name)!;
      expect(
        STORAGES.some((storage) => Buffer.from(bytes).equals(encode(tensor, storage).bytes)),
        tensor.name,
      ).toBe(true);
    }
  });

  it('has in its integer program what the activations’ scales give, but for the correction of biases', async () => {
    const program = await readIntegerProgram(json('integer/program.json'), readFileSync(join(folder, 'integer/weights-1of1.bin')));
    const scales = new Map(program.nodes.map(({ name, scale, zeroPoint }) => [name, { scale, zeroPoint }]));
    const again = lowerToIntegers(shipped, scales, pixelScale({ ...manifest.preprocessing, scale: 1 / 255 }));
    again.nodes.forEach((node, i) => expect({ ...node, bias: undefined }).toEqual({ ...program.nodes[i], bias: undefined }));
  });
});

/** First 12 digits of the SHA-256 of each kind of result, over all tiny networks. */
const EXPECTED = {
  float32: '7c98bb702094',
  float16: '5a5ee6783043',
  uint8: '8c79c371e624',
  int8: 'cccffb141990',
  int4: 'e15cbe14cc1d',
  'int4 plain': '66753bbe1598',
  int4g32: '12b75705a8e9',
  'int4g32 plain': '54f084fedae5',
  'rounded 7': '0217493f93af',
  'rounded 127': '43065d2bc302',
  integers: '8dc3760e708c',
  mix: 'c70db94bd274',
};

/** Networks that there were when the hashes were noted; others come behind them. */
const NOTED = 14;

it('tiny networks have the same encodings, rounded weights and integer programs', async () => {
  const results: Record<string, Uint8Array[]> = {};
  const remember = (what: string, ...parts: ArrayBufferView[]): void =>
    void (results[what] ??= []).push(...parts.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)));
  const SCALE = { factor: [0.015, 0.016, 0.017], offset: [-1.9, -2, -1.8] };
  for (const [, network] of madeNetworks().slice(0, NOTED)) {
    const state = randomState(network);
    const frozen = freeze(network, state);
    for (const storage of STORAGES) {
      for (const tensor of frozenTensors(frozen).filter(({ isWeight }) => isWeight)) {
        const { quantization, bytes } = encode(tensor, storage);
        remember(storageName(storage), bytes, Buffer.from(JSON.stringify(quantization) ?? ''));
      }
    }
    for (const weightRounding of [INT4_CHANNELS, INT8_CHANNELS])
      remember(
        `rounded ${weightRounding.levels.largest}`,
        ...[...roundedState({ ...network, weightRounding }, state).values()].map(({ data }) => data),
      );
    const pixels = wavePixels(network, 40, 3);
    const program = await quantizeNetwork(tf, frozen, { pixels, scale: SCALE });
    for (const node of program.nodes)
      remember('integers', Float64Array.of(node.scale, node.zeroPoint), ...('weights' in node ? [node.weights, node.bias] : []));
    const size = pixels.length / 40;
    const inputs = (start: number, end: number): Float32Array =>
      Float32Array.from(pixels.subarray(start * size, end * size), (level) => level / 128 - 1);
    const mixer = createMixer(frozen, createReader(), await createBiasCorrector(tf, frozen, { count: 40, inputs }));
    const weights = frozenTensors(frozen).filter(({ isWeight }) => isWeight);
    const mix = new Map(
      weights.map(({ name }, i) => [
        name,
        ([{ encoding: 'int4' }, { encoding: 'int4', rule: 'largest' }, { encoding: 'int8' }] satisfies StorageFormat[])[i % 3],
      ]),
    );
    remember('mix', ...writeGraphModel((await mixer(mix)).stored, mix).shards.map(({ bytes }) => bytes));
  }
  const hashes = Object.fromEntries(Object.entries(results).map(([what, parts]) => [what, sha256(Buffer.concat(parts)).slice(0, 12)]));
  expect(hashes).toEqual(EXPECTED);
});
