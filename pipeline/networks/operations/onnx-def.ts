/**
 * Nodes of an ONNX graph. Feature maps are NCHW there, `[B, C, H, W]`, as ONNX's convolutions and pools have them, so that
 * channels are dimension 1; sequences `[B, T, D]` and vectors `[B, F]` lie as they do everywhere.
 */
import { sidesOf, type Padding } from '../../engines/padding.ts';
import type { Activation, ActivationShape } from './operation.ts';

/** The version of ONNX's operators that the nodes are of. */
export const OPSET = 17;

/** In an ONNX graph, of a feature map. */
export const CHANNEL_AXIS = 1;

export type OnnxAttribute = { int: number } | { ints: number[] } | { float: number };

export interface OnnxNode {
  /** The operator's name in ONNX's default domain. */
  op: string;
  /** The node's, and its one output's. */
  name: string;
  inputs: string[];
  attributes: Record<string, OnnxAttribute>;
}

/** Context of an operation that is written into an ONNX file. */
export interface OnnxScope {
  /** The name that the node's value must have. */
  name: string;
  inputs: string[];
  /** Writes a float32 tensor of the node; returns its name in the file. @param shape [] for a scalar */
  floats(key: string, values: Float32Array, shape: number[]): string;
  /** Writes an int64 tensor (axes, sizes, paddings) of the node; returns its name in the file. */
  integers(key: string, values: number[], shape?: number[]): string;
}

export const onnxNode = (op: string, name: string, inputs: string[], attributes: Record<string, OnnxAttribute> = {}): OnnxNode => ({
  op,
  name,
  inputs,
  attributes,
});

/** The last node of `nodes` followed by an activation, where there is one. @param nodes makes them, given the last one's name */
export function withOnnxActivation({ name, floats }: OnnxScope, activation: Activation, nodes: (name: string) => OnnxNode[]): OnnxNode[] {
  if (activation === 'none') return nodes(name);
  const before = `${name}/linear`;
  return [...nodes(before), activationNode(name, before, activation, floats)];
}

export function activationNode(
  name: string,
  input: string,
  activation: Exclude<Activation, 'none'>,
  floats: OnnxScope['floats'],
): OnnxNode {
  if (activation === 'relu') return onnxNode('Relu', name, [input]);
  return onnxNode('Clip', name, [input, floats('least', Float32Array.of(0), []), floats('most', Float32Array.of(6), [])]);
}

/** The shape of a value per channel or feature, as it is multiplied with or added to an activation. */
export const perChannelShape = (activation: ActivationShape, count: number): number[] =>
  activation.length === 3 ? [count, 1, 1] : [count];

/** Attributes of a convolution or pool. */
export const windowAttributes = ({
  kernel,
  stride,
  padding,
}: {
  kernel: number;
  stride: number;
  padding: Padding;
}): Record<string, OnnxAttribute> => ({
  kernel_shape: { ints: [kernel, kernel] },
  strides: { ints: [stride, stride] },
  pads: { ints: [...sidesOf(padding)] },
});
