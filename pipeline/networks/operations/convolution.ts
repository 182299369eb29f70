/** Parts that the convolutions share: state entries, folding, attributes in a graph file. */
import { kaimingNormal, normalOf, uniformWithin } from '../initialisation.ts';
import { sidesOf, type Padding } from '../../engines/padding.ts';
import { layouts, type Layout } from '../layout.ts';
import { base64, integerList, NHWC } from './graph-def.ts';
import { onnxNode, windowAttributes, withOnnxActivation, type OnnxNode, type OnnxScope } from './onnx-def.ts';
import type { Activation, EntrySpec, FrozenBase, FrozenForm } from './operation.ts';
import type { Window } from './windows.ts';

export interface ConvolutionAttributes extends Window {
  name: string;
  outChannels: number;
  bias: boolean;
  /**
   * `kaiming`: normal of variance 2 / fan-out; `uniform`: PyTorch's default, ±1/√fan-in, the bias too; `transformer`: normal of
   * deviation 0.02. Other biases start at 0.
   */
  start: 'kaiming' | 'uniform' | 'transformer';
  /** The weights of a 1x1 convolution are a linear layer's, [out, in]. */
  flat?: true;
}

/** @param inputsPerGroup input channels that each output channel sees */
export function convolutionEntries(
  { name, outChannels, kernel, bias, start, flat }: ConvolutionAttributes,
  inputsPerGroup: number,
  layout: Layout,
): EntrySpec[] {
  const area = kernel ** 2;
  const uniform = uniformWithin(1 / Math.sqrt(inputsPerGroup * area));
  const weight: EntrySpec = {
    name: `${name}.weight`,
    shape: flat ? [outChannels, inputsPerGroup] : [outChannels, inputsPerGroup, kernel, kernel],
    trainable: true,
    layout: flat ? layouts.pointwise : layout,
    initialise: { kaiming: kaimingNormal(outChannels * area), uniform, transformer: normalOf(0.02) }[start],
  };
  if (!bias) return [weight];
  return [
    weight,
    {
      name: `${name}.bias`,
      shape: [outChannels],
      trainable: true,
      layout: layouts.same,
      initialise: start === 'uniform' ? uniform : () => {},
    },
  ];
}

/** A frozen convolution of one kernel, its bias, and the activation that it computes in the same pass. */
export interface FrozenConvolution extends Window {
  constants: { kernel: { shape: number[]; data: Float32Array; isWeight: true }; bias: { shape: number[]; data: Float32Array } };
  activation: Activation;
}

/** @param inputsPerGroup, layout as of `convolutionEntries` @param value the state's entry of a name */
export function freezeConvolution(
  { name, kernel, outChannels, stride, padding, bias }: ConvolutionAttributes,
  inputsPerGroup: number,
  layout: Layout,
  value: (name: string) => Float32Array,
): FrozenConvolution {
  const { data, shape } = layout.toDevice(value(`${name}.weight`), [outChannels, inputsPerGroup, kernel, kernel]);
  const offsets = bias ? value(`${name}.bias`).slice() : new Float32Array(outChannels);
  return {
    constants: { kernel: { data, shape, isWeight: true }, bias: { data: offsets, shape: [outChannels] } },
    kernel,
    stride,
    padding,
    activation: 'none',
  };
}

/** `FrozenForm.unfreeze` of a convolution of one kernel. @param shape of the weights, PyTorch's */
export function unfreezeConvolution(
  node: FrozenConvolution & { name: string },
  layout: Layout,
  shape: number[],
): ReturnType<NonNullable<FrozenForm<FrozenBase>['unfreeze']>> {
  return unfrozenConvolution(node, layout.fromDevice(node.constants.kernel.data, shape).slice(), shape, node.constants.bias.data.slice());
}

/** The trainable form of a frozen convolution, from weights in PyTorch's layout. */
export function unfrozenConvolution(
  { name, kernel, stride, padding }: Window & { name: string },
  weight: Float32Array,
  shape: number[],
  bias: Float32Array,
): ReturnType<NonNullable<FrozenForm<FrozenBase>['unfreeze']>> {
  return {
    attributes: { name, outChannels: bias.length, kernel, stride, padding, bias: true, start: 'kaiming' } satisfies ConvolutionAttributes,
    entries: [
      [`${name}.weight`, { shape, data: weight }],
      [`${name}.bias`, { shape: [bias.length], data: bias }],
    ],
  };
}

/** `FrozenForm.foldScale` of a convolution of one kernel. */
export function foldIntoConvolution(
  { activation, constants: { kernel, bias } }: FrozenConvolution,
  scale: Float32Array,
  offset: Float32Array,
): boolean {
  if (activation !== 'none') return false;
  scaleOutputs(kernel.data, bias.data, scale, offset);
  return true;
}

/** The filter's innermost dimensions are the output's channels, so that they repeat with period `scale.length`. */
export function scaleOutputs(filter: Float32Array, bias: Float32Array, scale: Float32Array, offset: Float32Array): void {
  for (let i = 0; i < filter.length; i++) filter[i] *= scale[i % scale.length];
  for (let c = 0; c < bias.length; c++) bias[c] = bias[c] * scale[c] + offset[c];
}

/** Attributes of a convolution in a graph file. SAME would pad a stride of 2 at the other side than PyTorch does. */
export function convolutionAttributes(stride: number, padding: Padding): Record<string, object> {
  const [top, left, bottom, right] = sidesOf(padding);
  return {
    strides: integerList([1, stride, stride, 1]),
    padding: base64(padding === 0 ? 'VALID' : 'EXPLICIT'),
    explicit_paddings: integerList(padding === 0 ? [] : [0, 0, top, bottom, left, right, 0, 0]),
    dilations: integerList([1, 1, 1, 1]),
    data_format: NHWC,
  };
}

/** A convolution in an ONNX graph, which computes groups of any size. @param weights in PyTorch's layout, [out, in / groups, k, k] */
export function onnxConvolution(
  node: Window & { activation: Activation },
  scope: OnnxScope,
  { filter, shape, bias, groups }: { filter: Float32Array; shape: number[]; bias: Float32Array; groups: number },
): OnnxNode[] {
  const operands = [scope.inputs[0], scope.floats('kernel', filter, shape), scope.floats('bias', bias, [bias.length])];
  return withOnnxActivation(scope, node.activation, (name) => [
    onnxNode('Conv', name, operands, { ...windowAttributes(node), group: { int: groups } }),
  ]);
}
