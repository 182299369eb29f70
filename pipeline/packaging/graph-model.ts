/**
 * A frozen network written as a tfjs graph model (`model.json` and weight shards) that stock `tf.loadGraphModel` opens:
 * a TensorFlow GraphDef in protobuf's JSON mapping, where strings are base64 and integers decimal strings.
 */
import type { VariantName } from '@sld-edge/runtime';
import type { FrozenNetwork } from '../networks/freeze.ts';
import type { GraphDefNode } from '../networks/operations/graph-def.ts';
import { frozenFormOf } from '../networks/operations/index.ts';
import { quantizeWeights } from '../quantization/quantize-weights.ts';

/** Shards fit into what browsers and proxies cache as one small file. */
const SHARD_BYTES = 1024 * 1024;

export interface GraphModel {
  modelJson: object;
  /** File names as `model.json` names them, in order. */
  shards: { name: string; bytes: Uint8Array }[];
  weightBytes: number;
  /** Weight tensors of the `uint8` variant, with what quantization did to each. */
  layers: { name: string; bytes: number; relativeError: number }[];
}

interface WeightEntry {
  name: string;
  shape: number[];
  dtype: 'float32' | 'int32';
  quantization?: { dtype: 'uint8'; scale: number; min: number };
}

/** @param variant `uint8` stores convolution and linear weights in 8 bits; biases stay float32 in both. */
export function writeGraphModel(network: FrozenNetwork, variant: VariantName): GraphModel {
  const nodes: GraphDefNode[] = [];
  const entries: WeightEntry[] = [];
  const parts: Uint8Array[] = [];
  const layers: GraphModel['layers'] = [];

  const constant = (entry: WeightEntry, bytes: Uint8Array): string => {
    entries.push(entry);
    parts.push(bytes);
    const type = entry.dtype === 'int32' ? 'DT_INT32' : 'DT_FLOAT';
    nodes.push({ name: entry.name, op: 'Const', attr: { dtype: { type }, value: { tensor: { dtype: type, tensorShape: { dim: entry.shape.map((size) => ({ size: String(size) })) } } } } });
    return entry.name;
  };
  /** Names of the graph file: the output is always `logits`. */
  const nameOf = (name: string): string => (name === network.output ? 'logits' : name);

  for (const node of network.nodes) {
    const named = (key: string): string => `${node.name}/${key}`;
    const lowered = frozenFormOf(node).toGraphModel(node, {
      name: nameOf(node.name),
      inputs: node.inputs.map(nameOf),
      constant(key) {
        const { data, shape, isWeight } = node.constants[key];
        const entry: WeightEntry = { name: named(key), shape, dtype: 'float32' };
        if (!isWeight || variant === 'float32') return constant(entry, bytesOf(data));
        const { bytes, scale, min, relativeError } = quantizeWeights(data);
        layers.push({ name: entry.name, bytes: bytes.length, relativeError });
        return constant({ ...entry, quantization: { dtype: 'uint8', scale, min } }, bytes);
      },
      integers: (key, values, shape = [values.length]) => constant({ name: named(key), shape, dtype: 'int32' }, bytesOf(Int32Array.from(values))),
      scalar: (key, value) => constant({ name: named(key), shape: [], dtype: 'float32' }, bytesOf(Float32Array.of(value))),
    });
    nodes.push(...lowered);
  }

  const data = Buffer.concat(parts);
  const shardCount = Math.max(1, Math.ceil(data.length / SHARD_BYTES));
  const shards = Array.from({ length: shardCount }, (_, i) => ({
    name: `weights-${i + 1}of${shardCount}.bin`,
    bytes: new Uint8Array(data.subarray(i * SHARD_BYTES, (i + 1) * SHARD_BYTES)),
  }));
  const { height, width, channels } = network.inputShape;
  const tensor = (name: string, sizes: number[]): object => ({ name: `${name}:0`, dtype: 'DT_FLOAT', tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) } });
  const modelJson = {
    format: 'graph-model',
    generatedBy: 'sld-edge',
    convertedBy: null,
    signature: { inputs: { input: tensor('input', [-1, height, width, channels]) }, outputs: { logits: tensor('logits', [-1, network.classes]) } },
    modelTopology: { node: nodes, library: {}, versions: { producer: 1 } },
    weightsManifest: [{ paths: shards.map(({ name }) => name), weights: entries }],
  };
  return { modelJson, shards, weightBytes: data.length, layers };
}

function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
