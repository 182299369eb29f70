/**
 * Checks a program before anything is computed with it: shapes and ranges, and that no accumulator can leave 32 bits, whatever the image
 * and in whatever order an implementation adds. Kernels, which check nothing, rely on it.
 */
import {
  LARGEST_ACTIVATION,
  LARGEST_MULTIPLIER,
  LARGEST_PRODUCT,
  largestActivation,
  MULTIPLIED_SHIFTS,
  PLAIN_SHIFTS,
  SHIFT_OF_HALVES,
  SHIFT_RANGE,
} from './arithmetic.ts';
import type { IntegerNode, IntegerOp, IntegerProgram, IntegerShape, Sides } from './program.ts';
import { sizeOfShape } from './shape.ts';

const LARGEST_INT32 = 2 ** 31 - 1;
const LARGEST_WEIGHT = 127;
const LARGEST_PIXEL = 255;
/** Integers up to here are float32 numbers, so that a logit is rounded once. */
const LARGEST_LOGIT = 2 ** 24;

/** The version of the format that is written; of version 1 more shifts are read. */
export type ProgramVersion = 1 | 2;

/** @throws Error in one line that names the node */
export function checkProgram({ name, nodes, activationBits = 7 }: IntegerProgram, version: ProgramVersion = 2): void {
  if (activationBits !== 7 && activationBits !== 8)
    throw new Error(`integer program ${name}: activationBits is ${activationBits as number}, allowed 7 and 8`);
  const limits: Limits = { activation: largestActivation(activationBits), version };
  const earlier = new Map<string, IntegerNode>();
  nodes.forEach((node, position) => {
    const refuse = (why: string): never => {
      throw new Error(`integer program ${name}, node "${node.name}" (${node.op}): ${why}`);
    };
    const inputs = node.inputs.map((input) => earlier.get(input) ?? refuse(`reads "${input}", which no earlier node is`));
    if (earlier.has(node.name)) refuse('has the name of an earlier node');
    if ((node.op === 'input') !== (position === 0)) refuse('the first node, and no other, is the input');
    if ((node.op === 'logits') !== (position === nodes.length - 1)) refuse('the last node, and no other, gives the logits');
    if (node.shape.length === 0 || !node.shape.every((size) => Number.isInteger(size) && size > 0)) refuse(`has the shape [${node.shape}]`);
    if (!(node.scale > 0) || !Number.isFinite(node.scale)) refuse(`has the scale ${node.scale}; expected a positive number`);
    within('zeroPoint', node.zeroPoint, 0, limits.activation, refuse);
    if ('low' in node) {
      within('low', node.low, 0, limits.activation, refuse);
      within('high', node.high, node.low, limits.activation, refuse);
    }
    checkNode(node, inputs, limits, refuse);
    earlier.set(node.name, node);
  });
  if (nodes.length < 2) throw new Error(`integer program ${name}: expected an input and logits at least, got ${nodes.length} nodes`);
}

type Refuse = (why: string) => never;

interface Limits {
  /** The largest value of an activation. */
  activation: number;
  version: ProgramVersion;
}

function within(what: string, value: number, low: number, high: number, refuse: Refuse): void {
  if (!Number.isInteger(value) || value < low || value > high) refuse(`${what} is ${value}, allowed ${low} to ${high}`);
}

type NumberArray = typeof Int8Array | typeof Uint8Array | typeof Int16Array | typeof Int32Array;

function arrayOf(what: string, type: NumberArray, values: ArrayLike<number>, expected: number, refuse: Refuse): void {
  if (!(values instanceof type)) refuse(`its ${what} are no ${type.name}`);
  if (values.length !== expected) refuse(`has ${values.length} ${what}, expected ${expected}`);
}

function shapeIs(node: IntegerNode, expected: IntegerShape, refuse: Refuse): void {
  if (String(node.shape) !== String(expected)) refuse(`has the shape [${node.shape}], its inputs make [${expected}]`);
}

/** Checks that requantizing accumulators up to `bound` in magnitude stays in 32 bits. */
function requantizes(
  bound: number,
  multiplier: number,
  shift: number,
  { version }: Limits,
  refuse: Refuse,
  shifts: readonly [number, number] = MULTIPLIED_SHIFTS,
): void {
  within('a multiplier', multiplier, 0, LARGEST_MULTIPLIER, refuse);
  const [least, most] = version === 1 ? SHIFT_RANGE : shifts;
  within('a shift', shift, least, most, refuse);
  if (bound > LARGEST_INT32) refuse(`an accumulator could reach ${bound}, which 32 bits do not hold`);
  if (version === 1 && shift < SHIFT_OF_HALVES && bound * multiplier >= LARGEST_PRODUCT)
    refuse(
      `an accumulator could reach ${bound}; times the multiplier ${multiplier} it must stay below ${LARGEST_PRODUCT} at a shift of ${shift}`,
    );
}

/** The same of accumulators that have no multiplier: adding the half that rounds stays in 32 bits too. */
function rounds(bound: number, shift: number, limits: Limits, refuse: Refuse): void {
  requantizes(bound, 1, shift, limits, refuse, PLAIN_SHIFTS);
  if (limits.version > 1 && bound + 2 ** (shift - 1) > LARGEST_INT32)
    refuse(`an accumulator could reach ${bound}, which with the half of a shift of ${shift} 32 bits do not hold`);
}

/** The largest magnitude that bias + Σ x · w can have, its parts in any order. @param largest of x */
export function accumulatorBound(
  weights: Int8Array,
  bias: number,
  output: number,
  size: number,
  largest: number = LARGEST_ACTIVATION,
): number {
  let sum = 0;
  for (let i = output * size; i < (output + 1) * size; i++) sum += Math.abs(weights[i]);
  return Math.abs(bias) + largest * sum;
}

function checkWeighted(
  node: Extract<IntegerNode, { weights: Int8Array }>,
  outputs: number,
  size: number,
  limits: Limits,
  refuse: Refuse,
): void {
  const { weights, bias, multiplier, shift } = node;
  arrayOf('weights', Int8Array, weights, outputs * size, refuse);
  arrayOf('biases', Int32Array, bias, outputs, refuse);
  arrayOf('multipliers', Int16Array, multiplier, outputs, refuse);
  arrayOf('shifts', Uint8Array, shift, outputs, refuse);
  if (weights.some((weight) => weight < -LARGEST_WEIGHT)) refuse(`has a weight of -128, allowed -${LARGEST_WEIGHT} to ${LARGEST_WEIGHT}`);
  for (let o = 0; o < outputs; o++) {
    const bound = accumulatorBound(weights, bias[o], o, size, limits.activation);
    requantizes(bound, multiplier[o], shift[o], limits, refuse);
    if (node.op === 'logits' && (bound * multiplier[o]) / 2 ** shift[o] >= LARGEST_LOGIT)
      refuse(`logit ${o} could reach ${LARGEST_LOGIT}, from where on float32 does not hold every integer`);
  }
}

const OPS: readonly IntegerOp[] = [
  'input',
  'convolution',
  'linear',
  'logits',
  'add',
  'affine',
  'maxPool',
  'averagePool',
  'globalAveragePool',
  'table',
  'multiply',
  'channelShuffle',
  'channelSlice',
  'concat',
  'padChannels',
  'subsample',
];

const windowed = (
  [height, width]: IntegerShape,
  { kernel, stride, padding: [top, left, bottom, right] }: { kernel: number; stride: number; padding: Sides },
): number[] => [top + height + bottom, left + width + right].map((size) => Math.floor((size - kernel) / stride) + 1);

/** Whole numbers, four of padding; a window of the padding alone would have no largest value. */
function checkWindow({ kernel, stride, padding }: { kernel: number; stride: number; padding: Sides }, refuse: Refuse): void {
  within('kernel', kernel, 1, LARGEST_INT32, refuse);
  within('stride', stride, 1, LARGEST_INT32, refuse);
  if (!Array.isArray(padding) || padding.length !== 4) refuse('its padding is no list of four: top, left, bottom, right');
  padding.forEach((side) => within('padding', side, 0, kernel - 1, refuse));
}

/** Checks a node whose values are its inputs' values: one scale and one zero point. */
function sameScale(node: IntegerNode, inputs: IntegerNode[], refuse: Refuse): void {
  const other = inputs.find(({ scale, zeroPoint }) => scale !== node.scale || zeroPoint !== node.zeroPoint);
  if (other)
    refuse(
      `has the scale ${node.scale} and zero point ${node.zeroPoint}; its input "${other.name}" has ${other.scale} and ${other.zeroPoint}, and it changes no value`,
    );
}

function checkMean(
  { bias, factor, multiplier, shift }: { bias: number; factor: number; multiplier: number; shift: number },
  area: number,
  limits: Limits,
  refuse: Refuse,
): void {
  within('factor', factor, 1, LARGEST_MULTIPLIER, refuse);
  requantizes(limits.activation * area * factor + Math.abs(bias), multiplier, shift, limits, refuse);
}

function checkNode(node: IntegerNode, inputs: IntegerNode[], limits: Limits, refuse: Refuse): void {
  if (!OPS.includes(node.op)) refuse(`"${node.op}" is no operation of integer programs`);
  const shapes = inputs.map(({ shape }) => shape);
  const count =
    node.op === 'input' ? 0 : node.op === 'add' || node.op === 'multiply' ? 2 : node.op === 'concat' ? Math.max(1, inputs.length) : 1;
  if (inputs.length !== count) refuse(`has ${inputs.length} inputs, expected ${count}`);
  const [from] = shapes;
  const mapsOnly = !['add', 'affine', 'table', 'multiply', 'linear', 'logits'].includes(node.op);
  if (mapsOnly && [...shapes, ...(node.op === 'globalAveragePool' ? [] : [node.shape])].some((shape) => shape.length !== 3))
    refuse('takes and gives feature maps');

  switch (node.op) {
    case 'input':
    case 'affine': {
      const channels = node.shape.at(-1)!;
      if (from) shapeIs(node, from, refuse);
      arrayOf('factors', Int16Array, node.factor, channels, refuse);
      arrayOf('offsets', Int32Array, node.offset, channels, refuse);
      const largest = node.op === 'input' ? LARGEST_PIXEL : limits.activation;
      node.factor.forEach((factor, c) => rounds(Math.abs(factor) * largest + Math.abs(node.offset[c]), node.shift, limits, refuse));
      return;
    }
    case 'convolution': {
      checkWindow(node, refuse);
      const [outputs, { groups }] = [node.shape[2], node];
      if (from[2] % groups !== 0 || outputs % groups !== 0) refuse(`${from[2]} and ${outputs} channels do not make ${groups} equal groups`);
      shapeIs(node, [...windowed(from, node), outputs], refuse);
      within('paddingValue', node.paddingValue, inputs[0].zeroPoint, inputs[0].zeroPoint, refuse);
      return checkWeighted(node, outputs, (node.kernel ** 2 * from[2]) / groups, limits, refuse);
    }
    case 'linear':
    case 'logits':
      if (node.shape.length !== 1 || from.length !== 1) refuse('takes and gives vectors');
      return checkWeighted(node, node.shape[0], from[0], limits, refuse);
    case 'add':
      if (node.factors.length !== 2) refuse(`has ${node.factors.length} factors, expected 2`);
      shapes.forEach((shape) => shapeIs(node, shape, refuse));
      node.factors.forEach((factor) => within('a factor', factor, 0, LARGEST_MULTIPLIER, refuse));
      return rounds(limits.activation * (node.factors[0] + node.factors[1]) + Math.abs(node.offset), node.shift, limits, refuse);
    case 'averagePool':
      checkWindow(node, refuse);
      shapeIs(node, [...windowed(from, node), from[2]], refuse);
      within('paddingValue', node.paddingValue, inputs[0].zeroPoint, inputs[0].zeroPoint, refuse);
      return checkMean(node, node.kernel ** 2, limits, refuse);
    case 'globalAveragePool':
      shapeIs(node, [from[2]], refuse);
      return checkMean(node, sizeOfShape(from) / from[2], limits, refuse);
    case 'table':
      shapeIs(node, from, refuse);
      arrayOf('entries', Uint8Array, node.table, limits.activation + 1, refuse);
      return node.table.forEach((value) => within('an entry', value, 0, limits.activation, refuse));
    case 'multiply': {
      shapeIs(node, from, refuse);
      const gate = shapes[1].length === 1 ? [from.at(-1)!] : from;
      if (String(shapes[1]) !== String(gate))
        refuse(`multiplies [${from}] by [${shapes[1]}]; expected the same shape or one value a channel`);
      if (node.zeroPoints.length !== 2) refuse(`has ${node.zeroPoints.length} zeroPoints, expected 2`);
      inputs.forEach(({ zeroPoint }, i) => within('a zero point', node.zeroPoints[i], zeroPoint, zeroPoint, refuse));
      return requantizes(limits.activation ** 2, node.multiplier, node.shift, limits, refuse);
    }
    case 'maxPool':
      checkWindow(node, refuse);
      shapeIs(node, [...windowed(from, node), from[2]], refuse);
      break;
    case 'channelShuffle':
      shapeIs(node, from, refuse);
      if (from[2] % node.groups !== 0) refuse(`${from[2]} channels do not make ${node.groups} equal groups`);
      break;
    case 'channelSlice':
      shapeIs(node, [from[0], from[1], node.shape[2]], refuse);
      within('start', node.start, 0, from[2] - node.shape[2], refuse);
      break;
    case 'concat':
      shapes.forEach((shape) => shapeIs({ ...node, shape: node.shape.slice(0, 2) }, shape.slice(0, 2), refuse));
      shapeIs(node, [from[0], from[1], shapes.reduce((sum, shape) => sum + shape[2], 0)], refuse);
      break;
    case 'padChannels':
      shapeIs(node, [from[0], from[1], node.shape[2]], refuse);
      within('before', node.before, 0, node.shape[2] - from[2], refuse);
      break;
    case 'subsample':
      shapeIs(node, [Math.ceil(from[0] / node.stride), Math.ceil(from[1] / node.stride), from[2]], refuse);
      break;
  }
  sameScale(node, inputs, refuse);
}
