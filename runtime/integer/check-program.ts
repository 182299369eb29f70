/**
 * What must hold of a program before anything is computed with it: shapes and ranges, and that no accumulator can leave 32 bits,
 * whatever the image and in whatever order an implementation adds. Kernels, which check nothing, rely on it.
 */
import { LARGEST_ACTIVATION, LARGEST_MULTIPLIER, LARGEST_PRODUCT, SHIFT_OF_HALVES, SHIFT_RANGE } from './arithmetic.ts';
import { sizeOfShape } from './interpreter.ts';
import type { IntegerNode, IntegerOp, IntegerProgram, IntegerShape } from './program.ts';

const LARGEST_INT32 = 2 ** 31 - 1;
const LARGEST_WEIGHT = 127;
const LARGEST_PIXEL = 255;
/** Integers up to here are float32 numbers, so that a logit is rounded once. */
const LARGEST_LOGIT = 2 ** 24;

/** @throws Error in one line that names the node */
export function checkProgram({ name, nodes }: IntegerProgram): void {
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
    within('zeroPoint', node.zeroPoint, 0, LARGEST_ACTIVATION, refuse);
    if ('low' in node) {
      within('low', node.low, 0, LARGEST_ACTIVATION, refuse);
      within('high', node.high, node.low, LARGEST_ACTIVATION, refuse);
    }
    checkNode(node, inputs, refuse);
    earlier.set(node.name, node);
  });
  if (nodes.length < 2) throw new Error(`integer program ${name}: expected an input and logits at least, got ${nodes.length} nodes`);
}

type Refuse = (why: string) => never;

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

/** That requantizing accumulators up to `bound` in magnitude stays in 32 bits. */
function requantizes(bound: number, multiplier: number, shift: number, refuse: Refuse): void {
  within('a multiplier', multiplier, 0, LARGEST_MULTIPLIER, refuse);
  within('a shift', shift, SHIFT_RANGE[0], SHIFT_RANGE[1], refuse);
  if (bound > LARGEST_INT32) refuse(`an accumulator could reach ${bound}, which 32 bits do not hold`);
  if (shift < SHIFT_OF_HALVES && bound * multiplier >= LARGEST_PRODUCT) refuse(`an accumulator could reach ${bound}; times the multiplier ${multiplier} it must stay below ${LARGEST_PRODUCT} at a shift of ${shift}`);
}

/** The largest magnitude that bias + Σ x · w can have, its parts in any order. */
export function accumulatorBound(weights: Int8Array, bias: number, output: number, size: number): number {
  let sum = 0;
  for (let i = output * size; i < (output + 1) * size; i++) sum += Math.abs(weights[i]);
  return Math.abs(bias) + LARGEST_ACTIVATION * sum;
}

function checkWeighted(node: Extract<IntegerNode, { weights: Int8Array }>, outputs: number, size: number, refuse: Refuse): void {
  const { weights, bias, multiplier, shift } = node;
  arrayOf('weights', Int8Array, weights, outputs * size, refuse);
  arrayOf('biases', Int32Array, bias, outputs, refuse);
  arrayOf('multipliers', Int16Array, multiplier, outputs, refuse);
  arrayOf('shifts', Uint8Array, shift, outputs, refuse);
  if (weights.some((weight) => weight < -LARGEST_WEIGHT)) refuse(`has a weight of -128, allowed -${LARGEST_WEIGHT} to ${LARGEST_WEIGHT}`);
  for (let o = 0; o < outputs; o++) {
    const bound = accumulatorBound(weights, bias[o], o, size);
    requantizes(bound, multiplier[o], shift[o], refuse);
    if (node.op === 'logits' && (bound * multiplier[o]) / 2 ** shift[o] >= LARGEST_LOGIT) refuse(`logit ${o} could reach ${LARGEST_LOGIT}, from where on float32 does not hold every integer`);
  }
}

const OPS: readonly IntegerOp[] = ['input', 'convolution', 'linear', 'logits', 'add', 'affine', 'maxPool', 'averagePool', 'globalAveragePool', 'channelShuffle', 'channelSlice', 'concat', 'padChannels', 'subsample'];

const windowed = ([height, width]: IntegerShape, { kernel, stride, padding }: { kernel: number; stride: number; padding: number }): number[] => [height, width].map((size) => Math.floor((size + 2 * padding - kernel) / stride) + 1);

/** What holds of nodes whose values are their inputs' values: one scale and one zero point. */
function sameScale(node: IntegerNode, inputs: IntegerNode[], refuse: Refuse): void {
  const other = inputs.find(({ scale, zeroPoint }) => scale !== node.scale || zeroPoint !== node.zeroPoint);
  if (other) refuse(`has the scale ${node.scale} and zero point ${node.zeroPoint}; its input "${other.name}" has ${other.scale} and ${other.zeroPoint}, and it changes no value`);
}

function checkNode(node: IntegerNode, inputs: IntegerNode[], refuse: Refuse): void {
  if (!OPS.includes(node.op)) refuse(`"${node.op}" is no operation of integer programs`);
  const shapes = inputs.map(({ shape }) => shape);
  const count = node.op === 'input' ? 0 : node.op === 'add' ? 2 : node.op === 'concat' ? Math.max(1, inputs.length) : 1;
  if (inputs.length !== count) refuse(`has ${inputs.length} inputs, expected ${count}`);
  const [from] = shapes;
  const mapsOnly = !['add', 'affine', 'linear', 'logits'].includes(node.op);
  if (mapsOnly && [...shapes, ...(node.op === 'globalAveragePool' ? [] : [node.shape])].some((shape) => shape.length !== 3)) refuse('takes and gives feature maps');

  switch (node.op) {
    case 'input':
    case 'affine': {
      const channels = node.shape.at(-1)!;
      if (from) shapeIs(node, from, refuse);
      arrayOf('factors', Int16Array, node.factor, channels, refuse);
      arrayOf('offsets', Int32Array, node.offset, channels, refuse);
      const largest = node.op === 'input' ? LARGEST_PIXEL : LARGEST_ACTIVATION;
      node.factor.forEach((factor, c) => requantizes(Math.abs(factor) * largest + Math.abs(node.offset[c]), 1, node.shift, refuse));
      return;
    }
    case 'convolution': {
      const [outputs, { groups }] = [node.shape[2], node];
      if (from[2] % groups !== 0 || outputs % groups !== 0) refuse(`${from[2]} and ${outputs} channels do not make ${groups} equal groups`);
      shapeIs(node, [...windowed(from, node), outputs], refuse);
      within('paddingValue', node.paddingValue, inputs[0].zeroPoint, inputs[0].zeroPoint, refuse);
      return checkWeighted(node, outputs, (node.kernel ** 2 * from[2]) / groups, refuse);
    }
    case 'linear':
    case 'logits':
      if (node.shape.length !== 1 || from.length !== 1) refuse('takes and gives vectors');
      return checkWeighted(node, node.shape[0], from[0], refuse);
    case 'add':
      if (node.factors.length !== 2) refuse(`has ${node.factors.length} factors, expected 2`);
      shapes.forEach((shape) => shapeIs(node, shape, refuse));
      node.factors.forEach((factor) => within('a factor', factor, 0, LARGEST_MULTIPLIER, refuse));
      return requantizes(LARGEST_ACTIVATION * (node.factors[0] + node.factors[1]) + Math.abs(node.offset), 1, node.shift, refuse);
    case 'averagePool':
      shapeIs(node, [...windowed(from, node), from[2]], refuse);
      within('paddingValue', node.paddingValue, inputs[0].zeroPoint, inputs[0].zeroPoint, refuse);
      return requantizes(LARGEST_ACTIVATION * node.kernel ** 2 + Math.abs(node.bias), node.multiplier, node.shift, refuse);
    case 'globalAveragePool':
      shapeIs(node, [from[2]], refuse);
      return requantizes(LARGEST_ACTIVATION * (sizeOfShape(from) / from[2]) + Math.abs(node.bias), node.multiplier, node.shift, refuse);
    case 'maxPool':
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
