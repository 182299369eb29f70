/** An ONNX model of a package with what other runtimes' callers expect around it: their input's name and type, calibrated logits. */
import { onnxNode, type OnnxNode } from '../../networks/operations/onnx-def.ts';
import { encodeModel, type OnnxTensor, type OnnxValue } from '../onnx-protobuf.ts';
import { decodeModel } from '../onnx-protobuf-reader.ts';

export interface OnnxWrapping {
  /** Input of the new model. */
  input: OnnxValue;
  /** Nodes that make `input`, the old model's, of the new one; none: it is the same under another name. */
  before: { nodes: OnnxNode[]; constants: OnnxTensor[] };
  /** Divisor of the logits, so that their softmax are the probabilities. */
  temperature: number;
  /**
   * Outputs: `logits` are divided by the temperature; or `probabilities` come before them, and `logits` stay as the network computes them.
   */
  outputs: 'calibrated logits' | 'probabilities and logits';
  metadata: Record<string, string>;
}

const UNCALIBRATED = 'logits/uncalibrated';
const CALIBRATED = 'probabilities/logits';
/** Name of the output that wrapped models have where they are asked for it. */
export const PROBABILITIES = 'probabilities';
const INVERSE = 'logits/inverse_temperature';

/** @throws Error in one line where `model` is none of a package */
export function wrapOnnxModel(model: Uint8Array, { input, before, temperature, outputs, metadata }: OnnxWrapping): Uint8Array {
  const { graph, ...rest } = decodeModel(model);
  const isCalibrated = temperature === 1;
  const withProbabilities = outputs === 'probabilities and logits';
  const renamed = new Map<string, string>([
    ...(before.nodes.length > 0 ? [] : [['input', input.name] as const]),
    ...(isCalibrated || withProbabilities ? [] : [['logits', UNCALIBRATED] as const]),
  ]);
  const nameOf = (name: string): string => renamed.get(name) ?? name;
  const nodes = graph.nodes.map((node) => ({ ...node, name: nameOf(node.name), inputs: node.inputs.map(nameOf) }));
  const calibrated = isCalibrated || !withProbabilities ? 'logits' : CALIBRATED;
  const scaled = isCalibrated ? [] : [onnxNode('Mul', calibrated, [nameOf('logits'), INVERSE])];
  const inverse = isCalibrated ? [] : [{ name: INVERSE, shape: [], data: Float32Array.of(1 / temperature) }];
  const [logits] = graph.outputs;
  return encodeModel({
    ...rest,
    metadata,
    graph: {
      ...graph,
      nodes: [
        ...before.nodes,
        ...nodes,
        ...scaled,
        ...(withProbabilities ? [onnxNode('Softmax', PROBABILITIES, [calibrated], { axis: { int: -1 } })] : []),
      ],
      constants: [...before.constants, ...graph.constants, ...inverse],
      inputs: [input],
      outputs: withProbabilities
        ? [{ ...logits, name: PROBABILITIES, description: 'calibrated, one for each of "labels"' }, logits]
        : [logits],
    },
  });
}

/** Shares of red, green and blue in 65,536ths, as `runtime/image/grey.ts` has them (ITU-R 601, Pillow's mode "L"). */
const LUMA = [19595, 38470, 7471];
const ONE = 65_536;

/** A convolution named `name` that makes one channel of three, `[B, 3, H, W]` to `[B, 1, H, W]`. @param bias added to it */
export function lumaConvolution(name: string, input: string, bias = 0): { nodes: OnnxNode[]; constants: OnnxTensor[] } {
  const constants: OnnxTensor[] = [
    { name: `${name}/luma_weights`, shape: [1, 3, 1, 1], data: Float32Array.from(LUMA, (share) => share / ONE) },
    { name: `${name}/luma_bias`, shape: [1], data: Float32Array.of(bias) },
  ];
  return { nodes: [onnxNode('Conv', name, [input, ...constants.map((constant) => constant.name)])], constants };
}
