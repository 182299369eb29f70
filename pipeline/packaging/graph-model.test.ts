import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { GraphModel as LoadedGraphModel } from '@tensorflow/tfjs-converter';
import type * as tfjsUnion from '@tensorflow/tfjs';
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freeze, type FrozenNetwork, type FrozenNode } from '../networks/freeze.ts';
import type { FrozenBase } from '../networks/operations/operation.ts';
import { buildNetwork, type Network } from '../networks/index.ts';
import { createFrozenRunner } from '../networks/run-frozen.ts';
import { decodeMixedWeights } from '@sld-edge/runtime/format';
import { frozenTensors, withTensors } from '../networks/frozen-tensors.ts';
import { decoded, encode, ENCODING_NAMES, encodings, storagesOf, type Mix } from '../quantization/encodings.ts';
import { roundNetwork } from '../quantization/integer/round-network.ts';
import { wasmEngine } from '../testing/engines.ts';
import { madeNetworks } from '../testing/made-networks.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { openGraphModel } from '../testing/open-graph-model.ts';
import { randomState } from '../testing/random-state.ts';
import { writeGraphModel, type GraphModel } from './graph-model.ts';
import { joinShards } from './measured-variant.ts';

const MEBIBYTE = 1024 * 1024;
const BATCH = 2;

/** Stock TensorFlow.js, as anyone who opens a package has it. */
let tf: typeof tfjsUnion;
beforeAll(async () => {
  tf = (await wasmEngine()).tf as unknown as typeof tfjsUnion;
});

interface ModelJson {
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string; quantization?: object }[] }[];
}

const open = (graph: GraphModel): Promise<LoadedGraphModel> => openGraphModel(tf, graph);

function logitsBy(model: LoadedGraphModel, images: Float32Array, shape: [number, number, number, number]): Float32Array {
  return tf.tidy(() => model.predict(tf.tensor4d(images, shape)) as Tensor).dataSync() as Float32Array;
}

function frozenLogits(frozen: FrozenNetwork, images: Float32Array, shape: [number, number, number, number]): Float32Array {
  const runner = createFrozenRunner(tf as never, frozen);
  const logits = tf.tidy(() => runner.logits(tf.tensor4d(images, shape) as Tensor4D)).dataSync() as Float32Array;
  runner.dispose();
  return logits;
}

/** Made ones for what the writer does with each operation; the registered ones are held against their frozen form in `networks/registry.test.ts`. */
const networks = madeNetworks().map(([what, network]): [string, Network] => [what, network]);

describe.each(networks)('%s, written as a graph model', (_name, network) => {
  it('opens in stock tf.loadGraphModel and computes what the frozen network does, in shards of at most 1 MiB', async () => {
    const frozen = freeze(network, randomState(network));
    const graph = writeGraphModel(frozen, 'float32');
    for (const { bytes } of graph.shards) expect(bytes.length).toBeLessThanOrEqual(MEBIBYTE);
    expect(graph.weightBytes).toBe(graph.shards.reduce((sum, { bytes }) => sum + bytes.length, 0));

    const { height, width, channels } = network.inputShape;
    const shape: [number, number, number, number] = [BATCH, height, width, channels];
    const images = uniform(BATCH * height * width * channels, 3, -2, 2);
    const model = await open(graph);
    expect(model.inputs.map(({ name, shape }) => ({ name, shape }))).toEqual([{ name: 'input', shape: [-1, height, width, channels] }]);
    const logits = logitsBy(model, images, shape);
    expect(logits.length).toBe(BATCH * network.classes);
    expect(relativeDifference(logits, frozenLogits(frozen, images, shape))).toBeLessThan(1e-4);
    model.dispose();
  });

  it('takes levels of 8 bits with a scale for each output, and is stock still', async () => {
    const frozen = freeze(network, randomState(network));
    const { height, width, channels } = network.inputShape;
    const shape: [number, number, number, number] = [BATCH, height, width, channels];
    const images = uniform(BATCH * height * width * channels, 3, -2, 2);
    const batches = { count: BATCH, inputs: () => images };
    const rounded = await roundNetwork(tf as never, frozen, batches);
    const graph = writeGraphModel(rounded.network, 'uint8', rounded.weightScales);
    expect((graph.modelJson as { format: string }).format).toBe('graph-model');
    expect(graph.weightBytes).toBeLessThan(writeGraphModel(frozen, 'float32').weightBytes);
    const model = await open(graph);
    expect(relativeDifference(logitsBy(model, images, shape), frozenLogits(rounded.network, images, shape))).toBeLessThan(1e-4);
    model.dispose();
  });
});

describe('the uint8 variant', () => {
  const network = buildNetwork('resnet8', { inputShape: { height: 28, width: 28, channels: 1 }, classes: 10 });
  const frozen = freeze(network, randomState(network));
  const shape: [number, number, number, number] = [BATCH, 28, 28, 1];
  const images = uniform(BATCH * 28 * 28, 3, -2, 2);

  it('of a resnet8 for ten classes of 28x28 grey pixels has at most 100 kB of weights', () => {
    // 77,072 weights of a byte, 346 biases of four, and two int32 axes.
    expect(writeGraphModel(frozen, 'uint8').weightBytes).toBe(77_072 + 4 * 346 + 8);
    expect(writeGraphModel(frozen, 'float32').weightBytes).toBe(4 * 77_072 + 4 * 346 + 8);
  });

  it('computes in stock tfjs what a network of the dequantized weights does', async () => {
    const rounded: FrozenNetwork = {
      ...frozen,
      nodes: frozen.nodes.map((node) => {
        const rounded = Object.entries(node.constants as FrozenBase['constants']).map(([key, constant]) => [
          key,
          constant.isWeight ? { ...constant, data: decoded(constant, encode(constant, { encoding: 'uint8' })) } : constant,
        ]);
        return { ...node, constants: Object.fromEntries(rounded) } as FrozenNode;
      }),
    };
    const model = await open(writeGraphModel(frozen, 'uint8'));
    const logits = logitsBy(model, images, shape);
    expect(relativeDifference(logits, frozenLogits(rounded, images, shape))).toBeLessThan(1e-4);
    expect(relativeDifference(logits, frozenLogits(frozen, images, shape))).toBeGreaterThan(1e-4);
    model.dispose();
  });

  it('quantizes weights and leaves biases alone, and reports every quantized layer', () => {
    const graph = writeGraphModel(frozen, 'uint8');
    const entries = (graph.modelJson as ModelJson).weightsManifest.flatMap(({ weights }) => weights);
    const quantized = entries.filter(({ quantization }) => quantization).map(({ name }) => name);
    expect(quantized).toEqual(
      frozen.nodes.flatMap((node) =>
        node.op === 'conv2d' ? [`${node.name}/kernel`] : node.op === 'linear' ? [`${node.name}/weights`] : [],
      ),
    );
    expect(graph.layers.map(({ name }) => name)).toEqual(quantized);
    for (const { name, bytes, relativeError } of graph.layers) {
      expect(bytes, name).toBe(entries.find((entry) => entry.name === name)!.shape.reduce((a, b) => a * b, 1));
      expect(relativeError > 0 && relativeError < 0.02, name).toBe(true);
    }
    expect(writeGraphModel(frozen, 'float32').layers).toEqual([]);
  });

  it('is the same bytes every time', () => {
    expect(writeGraphModel(frozen, 'uint8')).toEqual(writeGraphModel(frozen, 'uint8'));
  });

  it.each(['float32', 'uint8'] as const)('%s opens from a URL, as a web page opens it', async (variant) => {
    const graph = writeGraphModel(frozen, variant);
    const files = new Map<string, Uint8Array>([
      ['/m/model.json', Buffer.from(JSON.stringify(graph.modelJson))],
      ...graph.shards.map(({ name, bytes }) => [`/m/${name}`, bytes] as const),
    ]);
    const server = createServer((request, response) => {
      const body = files.get(request.url!);
      response.writeHead(body ? 200 : 404).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    });
    const model = await tf.loadGraphModel(`http://127.0.0.1:${(server.address() as AddressInfo).port}/m/model.json`);
    const inMemory = await open(graph);
    expect(logitsBy(model, images, shape)).toEqual(logitsBy(inMemory, images, shape));
    model.dispose();
    inMemory.dispose();
  });
});

describe('mixed weights', () => {
  const network = madeNetworks().find(([what]) => what.startsWith('depthwise'))![1];
  const frozen = freeze(network, randomState(network));
  const tensors = frozenTensors(frozen);
  /** Each of the encodings in turn; biases in those that take them. */
  const STORAGES = ENCODING_NAMES.flatMap(storagesOf);
  const mixed: Mix = new Map(
    tensors.map(({ name, isWeight }, i) => [name, isWeight ? STORAGES[i % STORAGES.length] : { encoding: 'float16' }] as const),
  );
  const withFinest: Mix = new Map([...mixed, [tensors.find(({ isWeight }) => isWeight)!.name, { encoding: 'int4' }]]);
  const { height, width, channels } = network.inputShape;
  const images = uniform(BATCH * height * width * channels, 3, -2, 2);

  it.each<[string, Mix]>([
    ['as they come', mixed],
    ['a 4-bit layer among them', withFinest],
    ['a 4-bit layer and else float32', new Map([[tensors.find(({ isWeight }) => isWeight)!.name, { encoding: 'int4' }]])],
  ])('%s: decoded, they are what the encodings say, to the bit', (_what, mix) => {
    const graph = writeGraphModel(frozen, mix);
    const { modelJson, weights } = decodeMixedWeights({ ...graph.modelJson, format: 'sld-edge-graph-model' }, joinShards(graph));
    const { weightsManifest } = modelJson as ModelJson;
    const opened = tf.io.decodeWeights(weights, weightsManifest.flatMap(({ weights }) => weights) as never);
    for (const tensor of tensors)
      expect(opened[tensor.name].dataSync(), tensor.name).toEqual(
        decoded(tensor, encode(tensor, mix.get(tensor.name) ?? { encoding: 'float32' })),
      );
    tf.dispose(opened);
    expect(graph.layers.map(({ name, encoding }) => [name, encoding])).toEqual(
      [...mix].map(([name, { encoding }]) => [name, encoding]).filter(([, encoding]) => encoding !== 'float32'),
    );
  });

  it('in any encoding open in stock tfjs once decoded, and compute what the frozen network of the decoded weights does', async () => {
    const graph = writeGraphModel(frozen, withFinest);
    const { modelJson, weights } = decodeMixedWeights(graph.modelJson, joinShards(graph));
    const model = await tf.loadGraphModel({
      load: async () => ({
        ...(modelJson as { modelTopology: object; format: string }),
        weightSpecs: (modelJson as ModelJson).weightsManifest[0].weights as never,
        weightData: weights,
      }),
    });
    const shape: [number, number, number, number] = [BATCH, height, width, channels];
    const rounded = withTensors(frozen, (tensor) =>
      decoded(tensor, encode(tensor, withFinest.get(tensor.name) ?? { encoding: 'float32' })),
    );
    expect(relativeDifference(logitsBy(model, images, shape), frozenLogits(rounded, images, shape))).toBeLessThan(1e-5);
    model.dispose();
  });

  it.each(ENCODING_NAMES.filter((name) => encodings[name].stock))('%s throughout is a stock graph model', async (name) => {
    const graph = writeGraphModel(frozen, name);
    expect(graph.modelJson).toMatchObject({ format: 'graph-model' });
    const model = await open(graph);
    const rounded = withTensors(frozen, (tensor) => (tensor.isWeight ? decoded(tensor, encode(tensor, { encoding: name })) : undefined));
    const shape: [number, number, number, number] = [BATCH, height, width, channels];
    expect(relativeDifference(logitsBy(model, images, shape), frozenLogits(rounded, images, shape))).toBeLessThan(1e-5);
    model.dispose();
  });

  it.each(ENCODING_NAMES.filter((name) => !encodings[name].stock))(
    '%s says that stock tfjs can not read it, and stock tfjs refuses it',
    async (name) => {
      const graph = writeGraphModel(frozen, name);
      expect(graph.modelJson).toMatchObject({ format: 'sld-edge-graph-model' });
      await expect(open(graph)).rejects.toThrow(/unknown quantization dtype int[48]/);
    },
  );
});
