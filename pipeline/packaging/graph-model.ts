/**
 * A frozen network written as a tfjs graph model (`model.json` and weight shards): a TensorFlow GraphDef in protobuf's JSON
 * mapping, where strings are base64 and integers decimal strings. Stock `tf.loadGraphModel` opens it unless a weight is
 * encoded as only `decodeMixedWeights` (runtime) reads it; then its `format` says so.
 */
import { MIXED_FORMAT, type WeightEntry } from '@sld-edge/runtime/format';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { tensorName } from '../networks/frozen-tensors.ts';
import { graphNode, type GraphDefNode } from '../networks/operations/graph-def.ts';
import { frozenFormOf } from '../networks/operations/index.ts';
import type { Constant } from '../networks/operations/operation.ts';
import {
  decoded,
  encode,
  encodings,
  outputAxis,
  relativeL2Error,
  type EncodingName,
  type Mix,
  type StorageFormat,
} from '../quantization/encodings.ts';
import { splitIntoShards, type Shard } from './shards.ts';

export interface GraphModel {
  modelJson: object;
  /** File names as `model.json` names them, in order. */
  shards: Shard[];
  weightBytes: number;
  /** Tensors that are not stored as float32, with what that did to each. */
  layers: { name: string; encoding: EncodingName; bytes: number; relativeError: number }[];
}

/**
 * @param encoding a name: that of all convolution and linear weights, biases and the like staying float32
 * @param channelScales of each layer whose weights are levels of 8 bits times a scale of their output (`round-network.ts`): they are
 *   written as that, uint8 times a vector, which stock TensorFlow.js multiplies
 * @throws Error in one line for a value that an encoding can't hold
 */
export function writeGraphModel(
  network: FrozenNetwork,
  encoding: EncodingName | Mix,
  channelScales: ReadonlyMap<string, Float64Array> = new Map(),
): GraphModel {
  const storageOf = (name: string, isWeight = false): StorageFormat =>
    (typeof encoding !== 'string' ? encoding.get(name) : isWeight ? { encoding } : undefined) ?? { encoding: 'float32' };
  const nodes: GraphDefNode[] = [];
  const entries: WeightEntry[] = [];
  const parts: Uint8Array[] = [];
  const layers: GraphModel['layers'] = [];

  const constant = (entry: WeightEntry, bytes: Uint8Array): string => {
    entries.push(entry);
    parts.push(bytes);
    const type = entry.dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT';
    nodes.push({
      name: entry.name,
      op: 'Const',
      attr: {
        dtype: { type },
        value: { tensor: { dtype: type, tensorShape: { dim: entry.shape.map((size) => ({ size: String(size) })) } } },
      },
    });
    return entry.name;
  };
  /** Names of the graph file: the output is always `logits`. */
  const nameOf = (name: string): string => (name === network.output ? 'logits' : name);

  for (const node of network.nodes) {
    const named = (key: string): string => tensorName(node, key);
    const lowered = frozenFormOf(node).toGraphModel(node, {
      name: nameOf(node.name),
      inputs: node.inputs.map(nameOf),
      constant(key) {
        const tensor = node.constants[key];
        const entry: WeightEntry = { name: named(key), shape: tensor.shape, dtype: 'float32' };
        const scales = tensor.isWeight && channelScales.get(node.name);
        if (scales) {
          const stored = levelsTimesScales(tensor, scalesOfTensor(node, key, scales));
          layers.push({ name: entry.name, encoding: 'uint8', bytes: stored.levels.length, relativeError: 0 });
          const levels = constant({ ...entry, quantization: LEVELS_OF_8_BITS }, stored.levels);
          const vector = constant({ name: `${entry.name}/scales`, shape: stored.shape, dtype: 'float32' }, bytesOf(stored.scales));
          nodes.push(graphNode('Mul', `${entry.name}/real`, [levels, vector]));
          return `${entry.name}/real`;
        }
        const storage = storageOf(entry.name, tensor.isWeight);
        const encoded = encode(tensor, storage);
        if (storage.encoding !== 'float32')
          layers.push({
            name: entry.name,
            encoding: storage.encoding,
            bytes: encoded.bytes.length,
            relativeError: relativeL2Error(tensor.data, decoded(tensor, encoded)),
          });
        return constant(encoded.quantization ? { ...entry, quantization: encoded.quantization } : entry, encoded.bytes);
      },
      integers: (key, values, shape = [values.length]) =>
        constant({ name: named(key), shape, dtype: 'int32' }, bytesOf(Int32Array.from(values))),
      scalar: (key, value) => constant({ name: named(key), shape: [], dtype: 'float32' }, bytesOf(Float32Array.of(value))),
    });
    nodes.push(...lowered);
  }

  const data = Buffer.concat(parts);
  const shards = splitIntoShards(data);
  const { height, width, channels } = network.inputShape;
  const tensor = (name: string, sizes: number[]): object => ({
    name: `${name}:0`,
    dtype: 'DT_FLOAT',
    tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) },
  });
  const modelJson = {
    format: layers.every((layer) => encodings[layer.encoding].stock) ? 'graph-model' : MIXED_FORMAT,
    generatedBy: 'sld-edge',
    convertedBy: null,
    signature: {
      inputs: { input: tensor('input', [-1, height, width, channels]) },
      outputs: { logits: tensor('logits', [-1, network.classes]) },
    },
    modelTopology: { node: nodes, library: {}, versions: { producer: 1 } },
    weightsManifest: [{ paths: shards.map(({ name }) => name), weights: entries }],
  };
  return { modelJson, shards, weightBytes: data.length, layers };
}

/** Levels from -127 to 127, as bytes. */
const LEVELS_OF_8_BITS = { dtype: 'uint8', scale: 1, min: -127 } as const;

/** Scales of the outputs that one of a layer's tensors of weights has: groups have a tensor each. */
function scalesOfTensor({ constants }: FrozenNetwork['nodes'][number], key: string, scales: Float64Array): Float64Array {
  const keys = Object.entries(constants as Record<string, Constant>).flatMap(([name, { isWeight }]) => (isWeight ? [name] : []));
  const outputs = scales.length / keys.length;
  return scales.subarray(keys.indexOf(key) * outputs, (keys.indexOf(key) + 1) * outputs);
}

/** @returns the levels as bytes, and the scales in a shape that spreads over the tensor: outputs come last, before a depthwise filter's 1 */
function levelsTimesScales({ data, shape }: Constant, scales: Float64Array): { levels: Uint8Array; scales: Float32Array; shape: number[] } {
  const levels = Uint8Array.from(data, (weight, i) => {
    const scale = scales[i % scales.length];
    return scale === 0 ? -LEVELS_OF_8_BITS.min : Math.round(weight / scale) - LEVELS_OF_8_BITS.min;
  });
  return { levels, scales: Float32Array.from(scales), shape: shape.slice(outputAxis(shape)) };
}

function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
