/**
 * A frozen network written as a tfjs graph model (`model.json` and weight shards) that stock `tf.loadGraphModel` opens:
 * a TensorFlow GraphDef in protobuf's JSON mapping, where strings are base64 and integers decimal strings.
 */
import type { VariantName } from '@sld-edge/runtime';
import type { FrozenNetwork, FrozenNode } from '../networks/freeze.ts';
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

const base64 = (text: string): { s: string } => ({ s: Buffer.from(text).toString('base64') });
const integers = (values: number[]): object => ({ list: { i: values.map(String) } });
const FLOAT = { type: 'DT_FLOAT' };
const NHWC = base64('NHWC');

/** @param variant `uint8` stores convolution and linear weights in 8 bits; biases stay float32 in both. */
export function writeGraphModel(network: FrozenNetwork, variant: VariantName): GraphModel {
  const nodes: object[] = [];
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
  const floats = (name: string, shape: number[], values: Float32Array): string => constant({ name, shape, dtype: 'float32' }, bytesOf(values));
  const weights = (name: string, shape: number[], values: Float32Array): string => {
    if (variant === 'float32') return floats(name, shape, values);
    const { bytes, scale, min, relativeError } = quantizeWeights(values);
    layers.push({ name, bytes: bytes.length, relativeError });
    return constant({ name, shape, dtype: 'float32', quantization: { dtype: 'uint8', scale, min } }, bytes);
  };

  /** Names of the graph file: the output is always `logits`. */
  const nameOf = (name: string): string => (name === network.output ? 'logits' : name);

  const lower: { [Op in FrozenNode['op']]: (node: FrozenNode & { op: Op }) => object[] } = {
    input: ({ shape }) => {
      const dim = [-1, shape.height, shape.width, shape.channels].map((size) => ({ size: String(size) }));
      return [{ op: 'Placeholder', name: 'input', attr: { dtype: FLOAT, shape: { shape: { dim } } } }];
    },
    conv2d: (node) => [
      {
        op: '_FusedConv2D',
        name: nameOf(node.name),
        input: [nameOf(node.inputs[0]), weights(`${node.name}/kernel`, node.filterShape, node.filter), floats(`${node.name}/bias`, [node.bias.length], node.bias)],
        attr: {
          T: FLOAT,
          strides: integers([1, node.stride, node.stride, 1]),
          // SAME would pad a stride of 2 at the other side than PyTorch does.
          padding: base64(node.padding === 0 ? 'VALID' : 'EXPLICIT'),
          explicit_paddings: integers(node.padding === 0 ? [] : [0, 0, node.padding, node.padding, node.padding, node.padding, 0, 0]),
          dilations: integers([1, 1, 1, 1]),
          data_format: NHWC,
          ...fusedOps(node.activation === 'relu' ? ['BiasAdd', 'Relu'] : ['BiasAdd']),
        },
      },
    ],
    batchNorm: (node) => [
      { op: 'Mul', name: `${node.name}/scaled`, input: [nameOf(node.inputs[0]), floats(`${node.name}/scale`, [node.scale.length], node.scale)], attr: { T: FLOAT } },
      { op: 'AddV2', name: nameOf(node.name), input: [`${node.name}/scaled`, floats(`${node.name}/offset`, [node.offset.length], node.offset)], attr: { T: FLOAT } },
    ],
    add: (node) => {
      const sum = node.activation === 'relu' ? `${node.name}/sum` : nameOf(node.name);
      const add = { op: 'AddV2', name: sum, input: node.inputs.map(nameOf), attr: { T: FLOAT } };
      return node.activation === 'relu' ? [add, { op: 'Relu', name: nameOf(node.name), input: [sum], attr: { T: FLOAT } }] : [add];
    },
    relu: (node) => [{ op: 'Relu', name: nameOf(node.name), input: node.inputs.map(nameOf), attr: { T: FLOAT } }],
    maxPool: (node) => {
      const paddings = Int32Array.of(0, 0, node.padding, node.padding, node.padding, node.padding, 0, 0);
      const padded = { op: 'Pad', name: `${node.name}/padded`, input: [nameOf(node.inputs[0]), constant({ name: `${node.name}/paddings`, shape: [4, 2], dtype: 'int32' }, bytesOf(paddings))], attr: { T: FLOAT, Tpaddings: { type: 'DT_INT32' } } };
      const pool = {
        op: 'MaxPool',
        name: nameOf(node.name),
        input: [padded.name],
        attr: { T: FLOAT, ksize: integers([1, node.kernel, node.kernel, 1]), strides: integers([1, node.stride, node.stride, 1]), padding: base64('VALID'), data_format: NHWC },
      };
      return [padded, pool];
    },
    globalAveragePool: (node) => [
      {
        op: 'Mean',
        name: nameOf(node.name),
        input: [nameOf(node.inputs[0]), constant({ name: `${node.name}/axes`, shape: [2], dtype: 'int32' }, bytesOf(Int32Array.of(1, 2)))],
        attr: { T: FLOAT, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } },
      },
    ],
    linear: (node) => [
      {
        op: '_FusedMatMul',
        name: nameOf(node.name),
        input: [nameOf(node.inputs[0]), weights(`${node.name}/weights`, node.weightsShape, node.weights), floats(`${node.name}/bias`, [node.bias.length], node.bias)],
        attr: { T: FLOAT, transpose_a: { b: false }, transpose_b: { b: false }, ...fusedOps(['BiasAdd']) },
      },
    ],
  };
  for (const node of network.nodes) nodes.push(...(lower[node.op] as (node: FrozenNode) => object[])(node));

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

function fusedOps(ops: string[]): object {
  return { fused_ops: { list: { s: ops.map((op) => base64(op).s) } }, num_args: { i: '1' }, epsilon: { f: 0 } };
}

function bytesOf(values: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
