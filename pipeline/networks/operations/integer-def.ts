/** Nodes of an integer program (docs/integer-arithmetic.md): what the operations need to state theirs. */
import { accumulatorBound, type IntegerNode } from '@sld-edge/runtime/integer';
import { fixedPoint, LARGEST_FACTOR, linearFixedPoint, type FixedPoint } from './fixed-point.ts';
import { sidesOf, type Padding } from '../../engines/padding.ts';
import { findScales, INT8_CHANNELS, roundToLevels, type Scale, type Weights } from '../rounding.ts';
import type { Activation, ActivationShape } from './operation.ts';

/** Scale of activations: q stands for scale · (q - zeroPoint). */
export interface ActivationScale {
  scale: number;
  /** 0 to 127, with activations of 8 bits to 255. */
  zeroPoint: number;
}

export interface IntegerOperand extends ActivationScale {
  name: string;
  shape: ActivationShape;
}

/** Context of an operation in the lowering to integers. */
export interface IntegerScope {
  name: string;
  inputs: IntegerOperand[];
  /** Output scale as calibration found it; it has no meaning for the node that gives the logits. */
  output: ActivationScale;
  /** True if this node gives the logits. */
  isOutput: boolean;
  /** A pixel's level, 0 to 255, is the network's input factor[c] · level + offset[c]. */
  pixels: { factor: number[]; offset: number[] };
  /** The program's largest activation, 127 or 255. */
  largest: number;
  /** Scale of each output's weights where they lie on levels already (`round-layer.ts`); otherwise the largest weight is level 127. */
  weightScales?: Float64Array;
}

type Base = Pick<IntegerNode, 'name' | 'inputs' | 'shape' | 'scale' | 'zeroPoint'>;

/** Fields that every node has. */
export const integerBase = ({ name, inputs, output }: IntegerScope, shape: ActivationShape): Base => ({
  name,
  inputs: inputs.map((input) => input.name),
  shape,
  scale: output.scale,
  zeroPoint: output.zeroPoint,
});

/** Bounds at which an activation cuts off, as levels. */
export function integerClamp(
  { output: { scale, zeroPoint }, largest }: Pick<IntegerScope, 'output' | 'largest'>,
  activation: Activation,
): { low: number; high: number } {
  const low = activation === 'none' ? 0 : zeroPoint;
  return { low, high: activation === 'relu6' ? Math.max(low, Math.min(largest, zeroPoint + Math.round(6 / scale))) : largest };
}

export interface IntegerWeights {
  weights: Int8Array;
  bias: Int32Array;
  multiplier: Int16Array;
  shift: Uint8Array;
}

/** Weights smaller than that step of the output are as good as 0: the least factor from accumulator to output. */
const SMALLEST_FACTOR = 2 ** -24;
/** Leaves an accumulator room for the products. */
const LARGEST_BIAS = 2 ** 29;

/** Least scale of an output's weights: with a smaller one its bias would leave 32 bits, or its accumulator no multiplier. */
export const leastWeightScale = (bias: number, input: ActivationScale, outputScale: number): number =>
  Math.max((outputScale / input.scale) * SMALLEST_FACTOR, Math.abs(bias) / (input.scale * LARGEST_BIAS));

/** The scale of each output's weights. @param stated by whoever rounded them; otherwise the largest weight is 127 */
function weightScales(weights: Weights, bias: Float32Array, input: ActivationScale, outputScale: number, stated?: Float64Array): Scale[] {
  const found = stated ? Array.from(stated) : findScales(weights, INT8_CHANNELS).map(({ scale }) => scale);
  return found.map((scale, o) => ({ scale: Math.max(scale, leastWeightScale(bias[o], input, outputScale)) }));
}

/** @param data `[outputs, …]` */
const rowsOf = (data: Float32Array, outputs: number): Weights => ({ data, shape: [outputs, data.length / outputs], outputAxis: 0 });

/**
 * Weights of 8 bits per output, their biases and multipliers.
 * @param weights `[outputs, …]`
 * @param stated scale of each output's weights (`IntegerScope.weightScales`)
 * @throws Error where no multiplier will do (`fixedPoint`)
 */
export function integerWeights(
  weights: Float32Array,
  bias: Float32Array,
  input: ActivationScale,
  outputScale: number,
  stated?: Float64Array,
): IntegerWeights {
  const outputs = bias.length;
  const size = weights.length / outputs;
  const rows = rowsOf(weights, outputs);
  const scales = weightScales(rows, bias, input, outputScale, stated);
  const levels = Int8Array.from(roundToLevels(rows, INT8_CHANNELS, scales));
  const made: IntegerWeights = {
    weights: levels,
    bias: new Int32Array(outputs),
    multiplier: new Int16Array(outputs),
    shift: new Uint8Array(outputs),
  };
  for (let o = 0; o < outputs; o++) {
    const sum = levels.subarray(o * size, (o + 1) * size).reduce((sum, level) => sum + level, 0);
    const unit = input.scale * scales[o].scale;
    made.bias[o] = Math.round(bias[o] / unit) - input.zeroPoint * sum;
    const { multiplier, shift } = fixedPoint(unit / outputScale);
    made.multiplier[o] = multiplier;
    made.shift[o] = shift;
  }
  return made;
}

/** A convolution's filter `[k, k, inputs, outputs]` as `[outputs, k, k, inputs]`; a linear layer's `[inputs, outputs]` too. */
export function outputsFirst(filter: Float32Array, outputs: number): Float32Array {
  const size = filter.length / outputs;
  const moved = new Float32Array(filter.length);
  for (let i = 0; i < size; i++) for (let o = 0; o < outputs; o++) moved[o * size + i] = filter[i * outputs + o];
  return moved;
}

export interface ConvolutionWeights {
  /** `[outputs, k, k, inputs / groups]`. */
  weights: Float32Array;
  bias: Float32Array;
  groups: number;
}

export function integerConvolution(
  node: { shape: ActivationShape; kernel: number; stride: number; padding: Padding; activation: Activation },
  scope: IntegerScope,
  { weights, bias, groups }: ConvolutionWeights,
): IntegerNode {
  const [input] = scope.inputs;
  const { kernel, stride, padding } = node;
  return {
    op: 'convolution',
    ...integerBase(scope, node.shape),
    ...integerWeights(weights, bias, input, scope.output.scale, scope.weightScales),
    ...integerClamp(scope, node.activation),
    kernel,
    stride,
    padding: sidesOf(padding),
    groups,
    paddingValue: input.zeroPoint,
  };
}

/** x ↦ factor[c]·x + offset[c] per channel, of activations or of pixels. */
export function integerAffine(
  scope: IntegerScope,
  factor: number[],
  offset: number[],
  activation: Activation,
  op: 'affine' | 'input' = 'affine',
): Omit<Extract<IntegerNode, { op: 'affine' }>, 'op' | 'shape'> {
  const { scale, zeroPoint } = scope.output;
  // Pixels are what they are: level 0 stands for the offset.
  const input = op === 'input' ? { scale: 1, zeroPoint: 0 } : scope.inputs[0];
  const steps = factor.map((value) => (value * input.scale) / scale);
  const made = linearFixedPoint(
    steps,
    offset.map((value, c) => value / scale + zeroPoint - steps[c] * input.zeroPoint),
    op === 'input' ? 255 : scope.largest,
    scope.largest,
  );
  return {
    ...integerBase(scope, []),
    ...integerClamp(scope, activation),
    factor: Int16Array.from(made.factors),
    offset: Int32Array.from(made.offsets),
    shift: made.shift,
  };
}

/** Any function of one activation, to the nearest level. */
export function integerTable(scope: IntegerScope, shape: ActivationShape, value: (x: number) => number): IntegerNode {
  const {
    inputs: [input],
    output,
    largest,
  } = scope;
  const levelOf = (real: number): number => Math.min(largest, Math.max(0, Math.round(real / output.scale) + output.zeroPoint));
  const table = Uint8Array.from({ length: largest + 1 }, (_, level) => levelOf(value(input.scale * (level - input.zeroPoint))));
  return { op: 'table', ...integerBase(scope, shape), table };
}

/** A sum of `area` activations as their mean at the output's scale. */
export function integerMean({ inputs: [input], output }: IntegerScope, area: number): FixedPoint & { bias: number; factor: number } {
  const steps = input.scale / (area * output.scale);
  let factor = 1;
  while (steps / factor > LARGEST_FACTOR) factor *= 2;
  return { bias: -factor * area * input.zeroPoint, factor, ...fixedPoint(steps / factor) };
}

/** Logits are whole multiples of one step for all classes; this many times finer than the coarsest accumulator, and no multiplier needs a short shift. */
const LOGIT_STEP = 8;
const LARGEST_LOGIT = 2 ** 24;

/** The last layer: its step is a multiple of the coarsest accumulator's, chosen here, so that calibration has no say in it. */
export function integerLogits(scope: IntegerScope, shape: ActivationShape, weights: Float32Array, bias: Float32Array): IntegerNode {
  const {
    inputs: [input],
    largest,
    weightScales: stated,
  } = scope;
  // Its own step does not matter to the scales of weights unless they are all but zero.
  const coarsest = weightScales(rowsOf(weights, bias.length), bias, input, input.scale * 2 ** -12, stated).reduce(
    (most, { scale }) => Math.max(most, scale),
    0,
  );
  for (let scale = input.scale * coarsest * LOGIT_STEP; ; scale *= 2) {
    const made = integerWeights(weights, bias, input, scale, stated);
    const size = weights.length / bias.length;
    const most = bias.reduce(
      (most, _, o) =>
        Math.max(most, (accumulatorBound(made.weights, made.bias[o], o, size, largest) * made.multiplier[o]) / 2 ** made.shift[o]),
      0,
    );
    if (most < LARGEST_LOGIT) return { op: 'logits', ...integerBase(scope, shape), ...made, scale, zeroPoint: 0 };
  }
}
