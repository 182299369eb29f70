/**
 * A frozen network written as an ONNX model (ModelProto, opset 17) that ONNX Runtime and others open: input `input`
 * `[batch, C, H, W]` float32, normalised; output `logits` `[batch, classes]`; weights inside the file, float32.
 */
import type { Preprocessing } from '@sld-edge/runtime';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { frozenFormOf } from '../networks/operations/index.ts';
import { OPSET, type OnnxNode } from '../networks/operations/onnx-def.ts';
import { encodeModel, type OnnxModelProto, type OnnxTensor } from './onnx-protobuf.ts';

/**
 * Largest difference of ONNX Runtime's logits from the graph model's, relative to the largest logit: both compute in float32, in another
 * order.
 */
export const LOGIT_TOLERANCE = 1e-4;

const PRODUCER = { name: 'sld-edge', version: '0.1.0' };

/** The file's description of itself beside the graph, in `metadata_props` as JSON. */
export interface OnnxDescription {
  labels: string[];
  preprocessing: Preprocessing;
}

/**
 * The same network gives the same bytes.
 * @throws Error for a network whose output is no vector of its classes
 */
export function writeOnnxModel(network: FrozenNetwork, { labels, preprocessing }: OnnxDescription): Uint8Array {
  const output = network.nodes.find(({ name }) => name === network.output)!;
  if (String(output.shape) !== String([network.classes]))
    throw new Error(`${network.name} gives [${output.shape}] for an image; an ONNX model of it expects ${network.classes} logits`);

  const nodes: OnnxNode[] = [];
  const constants: OnnxTensor[] = [];
  /** Names of the file: the output is always `logits`. */
  const nameOf = (name: string): string => (name === network.output ? 'logits' : name);
  for (const node of network.nodes) {
    const constant = (key: string, shape: number[], data: OnnxTensor['data']): string => {
      const name = `${node.name}/${key}`;
      constants.push({ name, shape, data });
      return name;
    };
    const lowered = frozenFormOf(node).toOnnx(node, {
      name: nameOf(node.name),
      inputs: node.inputs.map(nameOf),
      floats: (key, values, shape) => constant(key, shape, values),
      integers: (key, values, shape = [values.length]) => constant(key, shape, BigInt64Array.from(values, BigInt)),
    });
    nodes.push(...lowered);
  }

  return encodeModel(modelOf(network, { nodes, constants }, { labels, preprocessing }));
}

/** The model around a graph's nodes: what all of ours have in common. @param more of the description */
export function modelOf(
  { name, inputShape: { height, width, channels }, classes }: Pick<FrozenNetwork, 'name' | 'inputShape' | 'classes'>,
  graph: { nodes: OnnxNode[]; constants: OnnxTensor[] },
  { labels, preprocessing }: OnnxDescription,
  more = '',
): OnnxModelProto {
  return {
    producer: PRODUCER,
    opset: OPSET,
    description: `${name}, ${classes} classes${more}`,
    graph: {
      name,
      ...graph,
      inputs: [
        { name: 'input', shape: ['batch', channels, height, width], description: 'images, NCHW, normalised as "preprocessing" says' },
      ],
      outputs: [{ name: 'logits', shape: ['batch', classes], description: 'one for each of "labels"' }],
    },
    metadata: { labels: JSON.stringify(labels), preprocessing: JSON.stringify({ ...preprocessing, layout: 'nchw' }) },
  };
}
