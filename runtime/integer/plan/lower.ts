/** Each kind of node as steps: which kernel, and with what. */
import { clamp, requantize } from '../arithmetic.ts';
import type { KernelName } from '../kernels/module.ts';
import type {
  IntegerAdd,
  IntegerAffine,
  IntegerAveragePool,
  IntegerConvolution,
  IntegerGlobalAveragePool,
  IntegerInput,
  IntegerLinear,
  IntegerLogits,
  IntegerMaxPool,
  IntegerMultiply,
  IntegerTable,
  Sides,
} from '../program.ts';
import { mapShape, NOTHING_AROUND, pointerTo, roundUp, type Pointer, type Value, type View } from './layout.ts';
import { OUTPUTS_OF_BLOCK, packDepthwise, packOutputs, packWeights } from './pack-weights.ts';
import { shifted, type Parameter, type Planner } from './planner.ts';

type Parameters = Record<string, Parameter>;

/** Weights that stay in the first cache with rows of a map of `SMALL_BAND` bytes, which are gone through together. */
const SMALL_WEIGHTS = 16 * 1024;
const SMALL_BAND = 12 * 1024;
/** Rows of a map that stay in the second cache while eight outputs at a time are gone through. */
const LARGE_BAND = 128 * 1024;

/** Threads share rows of a map; of so few they share channels, in so many parts. Both keep a map's part in one processor's cache. */
const FEW_ROWS = 8;
const MOST_PARTS = 8;

const clampOf = ({ low, high }: { low: number; high: number }): Parameters => ({ low, high });

export const read = (view: View, name: 'x' | 'other' = 'x'): Parameters => ({
  [name]: pointerTo(view),
  [`${name}Row`]: view.rowBytes,
  [`${name}Step`]: view.pixelBytes,
});

const written = (view: View): Parameters => ({ y: pointerTo(view), yRow: view.rowBytes, yStep: view.pixelBytes, columns: view.width });

const blocksOf = (channels: number): number => Math.ceil(channels / OUTPUTS_OF_BLOCK);

const constantsOf = (planner: Planner, { multiplier, shift }: IntegerConvolution | IntegerLinear | IntegerLogits): number[] =>
  Array.from(multiplier, (value, o) => planner.set.rounding.constant(value, shift[o]));

/** The sum that a convolution adds at its end, in place of a node of its own. */
export interface Added {
  node: IntegerAdd;
  other: View;
  /** Position of the convolution among the sum's inputs. */
  position: 0 | 1;
}

function sumParameters(planner: Planner, { factors, offset, shift }: IntegerAdd, position: 0 | 1): Parameters {
  const [own, other] = position === 0 ? factors : [factors[1], factors[0]];
  const bound = 255 * (own + other) + Math.abs(offset);
  return { factors: own | (other << 16), ...planner.set.rounding.sum(bound, offset, shift) };
}

export interface ConvolutionInput {
  value: Value;
  channels: number;
}

/** A dense convolution or one in groups, a linear layer being one of a single pixel. */
export function lowerConvolution(
  planner: Planner,
  node: IntegerConvolution | IntegerLinear | IntegerLogits,
  { value, channels }: ConvolutionInput,
  y: View | Pointer,
  added?: Added,
): void {
  const { kernel, stride, padding, groups } =
    node.op === 'convolution' ? node : { kernel: 1, stride: 1, padding: NOTHING_AROUND, groups: 1 };
  const x = planner.readable(value, padding);
  const [rows, columns, outputs] = mapShape(node.shape);
  const { set, bytes } = planner;
  const [inputsOfGroup, outputsOfGroup] = [channels / groups, outputs / groups];
  const stepBytes = set.channels * bytes;
  const constants = constantsOf(planner, node);
  const begin = pointerTo(x, -padding[0], -padding[1]);
  // A kernel's row is one run where no more lies between its pixels than fills them up.
  const room = x.pixelBytes / bytes;
  const inOneRun = groups === 1 && (kernel === 1 || room - channels < OUTPUTS_OF_BLOCK);

  const byOutputs = rows <= FEW_ROWS;

  const part = (firstBlock: number, blocks: number): void => {
    const beside = firstBlock > 0;
    const [first, last] = [firstBlock * OUTPUTS_OF_BLOCK, Math.min(outputs, (firstBlock + blocks) * OUTPUTS_OF_BLOCK) - 1];
    const firstChannel = Math.floor(first / outputsOfGroup) * inputsOfGroup;
    const count = (Math.floor(last / outputsOfGroup) + 1) * inputsOfGroup - firstChannel;
    const runs = inOneRun ? 1 : kernel;
    const chunks = Math.ceil((inOneRun ? (kernel - 1) * room + channels : count) / set.channels);
    const form = { outputs: last - first + 1, kernelRows: kernel, runs, chunks, channels: set.channels, bytes: set.weightBytes };
    const weights = packWeights(form, (output, row, run, position) => {
      const [column, channel] = inOneRun && kernel > 1 ? [Math.floor(position / room), position % room] : [run, position];
      const own = firstChannel + channel - Math.floor((first + output) / outputsOfGroup) * inputsOfGroup;
      const inside = column < kernel && channel < count && own >= 0 && own < inputsOfGroup;
      return inside ? node.weights[(((first + output) * kernel + row) * kernel + column) * inputsOfGroup + own] : 0;
    });
    const parameters: Parameters = {
      x: shifted(begin, firstChannel * bytes),
      xRow: stride * x.rowBytes,
      xStep: stride * x.pixelBytes,
      kernelRows: kernel,
      runs,
      chunks,
      runSkip: inOneRun ? 0 : x.pixelBytes - chunks * stepBytes,
      rowSkip: x.rowBytes - (inOneRun ? chunks * stepBytes : kernel * x.pixelBytes),
      weights: planner.constant(weights),
      bias: planner.constant(packOutputs(node.bias.subarray(first, last + 1))),
      constants: planner.constant(packOutputs(constants.slice(first, last + 1))),
      blocks,
      ...planner.set.rounding.half(node.op === 'logits' ? 0 : node.zeroPoint),
      ...(node.op === 'logits' ? { low: 0, high: 0 } : clampOf(node)),
    };
    if (!('rowBytes' in y))
      return planner.step('logits', 1, { ...parameters, y: shifted(y, first * 4), yRow: 0, yStep: 0, columns: 1 }, { beside });
    const offset = first * bytes;
    const output = { ...written(y), y: shifted(pointerTo(y), offset) };
    const band = Math.max(1, Math.floor((weights.length <= SMALL_WEIGHTS ? SMALL_BAND : LARGE_BAND) / (stride * x.rowBytes)));
    const steps = (kernelName: KernelName, more: Parameters): void =>
      planner.step(kernelName, rows, { ...parameters, ...output, ...more }, { band: Math.min(rows, band), beside });
    if (!added) return steps(columns === 1 && rows === 1 ? 'pixelConvolution' : 'convolution', {});
    steps('convolutionSum', {
      ...read(added.other, 'other'),
      other: shifted(pointerTo(added.other), offset),
      ...sumParameters(planner, added.node, added.position),
      sumLow: added.node.low,
      sumHigh: added.node.high,
    });
  };
  const blocks = blocksOf(outputs);
  for (const [first, count] of partsOf(blocks, groups > 1 ? blocks : byOutputs ? MOST_PARTS : 1)) part(first, count);
}

/** Blocks in at most so many parts of about one size. */
const partsOf = (blocks: number, most: number): [first: number, count: number][] =>
  Array.from({ length: Math.min(blocks, most) }, (_, i, parts = Math.min(blocks, most)) => {
    const [first, end] = [i, i + 1].map((at) => Math.floor((at * blocks) / parts));
    return [first, end - first];
  });

/** Bytes of a pair of places of eight channels. */
const DEPTHWISE_PAIR_BYTES = 32;

export function lowerDepthwise(planner: Planner, node: IntegerConvolution, { value, channels }: ConvolutionInput, y: View): void {
  const { kernel, stride, padding } = node;
  const x = planner.readable(value, padding);
  const offsets = Array.from(
    { length: kernel * kernel },
    (_, place) => Math.floor(place / kernel) * x.rowBytes + (place % kernel) * x.pixelBytes,
  );
  // An odd last place has a partner of weight 0.
  if (offsets.length % 2 === 1) offsets.push(offsets[offsets.length - 1]);
  const pairs = offsets.length / 2;
  const [places, weights, bias, constants] = [
    new Uint8Array(Int32Array.from(offsets).buffer),
    packDepthwise(node.weights, channels),
    packOutputs(node.bias),
    packOutputs(constantsOf(planner, node)),
  ].map((bytes) => planner.constant(bytes));
  for (const [first, blocks] of partsOf(blocksOf(channels), y.height <= FEW_ROWS ? MOST_PARTS : 1)) {
    const behind = (pointer: Pointer, bytesOfBlock: number): Pointer => shifted(pointer, first * bytesOfBlock);
    const parameters = {
      x: behind(pointerTo(x, -padding[0], -padding[1]), OUTPUTS_OF_BLOCK * planner.bytes),
      xRow: stride * x.rowBytes,
      xStep: stride * x.pixelBytes,
      places,
      pairs,
      weights: behind(weights, pairs * DEPTHWISE_PAIR_BYTES),
      bias: behind(bias, 4 * OUTPUTS_OF_BLOCK),
      constants: behind(constants, 4 * OUTPUTS_OF_BLOCK),
      ...written(y),
      y: behind(pointerTo(y), OUTPUTS_OF_BLOCK * planner.bytes),
      blocks,
      ...planner.set.rounding.half(node.zeroPoint),
      ...clampOf(node),
    };
    planner.step('depthwise', y.height, parameters, { beside: first > 0 });
  }
}

export function lowerAdd(planner: Planner, node: IntegerAdd, [first, second]: View[], y: View): void {
  planner.step('add', y.height, {
    ...read(first),
    ...read(second, 'other'),
    ...written(y),
    blocks: blocksOf(mapShape(node.shape)[2]),
    ...sumParameters(planner, node, 0),
    ...clampOf(node),
  });
}

export function lowerMultiply(planner: Planner, node: IntegerMultiply, [first, second]: View[], y: View): void {
  const other =
    second.height === first.height && second.width === first.width
      ? read(second, 'other')
      : { other: pointerTo(second), otherRow: 0, otherStep: 0 };
  planner.step('multiply', y.height, {
    ...read(first),
    ...other,
    ...written(y),
    blocks: blocksOf(mapShape(node.shape)[2]),
    zeroPoint: node.zeroPoints[0],
    otherZeroPoint: node.zeroPoints[1],
    constant: planner.set.rounding.constant(node.multiplier, node.shift),
    ...planner.set.rounding.half(node.zeroPoint),
    ...clampOf(node),
  });
}

export function lowerMean(planner: Planner, node: IntegerAveragePool | IntegerGlobalAveragePool, value: Value, y: View): void {
  const around: Sides = node.op === 'averagePool' ? node.padding : NOTHING_AROUND;
  const x = planner.readable(value, around);
  const [kernelRows, kernelColumns, stride] = node.op === 'averagePool' ? [node.kernel, node.kernel, node.stride] : [x.height, x.width, 1];
  planner.step('mean', y.height, {
    x: pointerTo(x, -around[0], -around[1]),
    xRow: stride * x.rowBytes,
    xStep: stride * x.pixelBytes,
    tap: x.pixelBytes,
    rowSkip: x.rowBytes - kernelColumns * x.pixelBytes,
    kernelRows,
    kernelColumns,
    ...written(y),
    blocks: blocksOf(value.channels.length),
    factor: node.factor,
    bias: node.bias,
    constant: planner.set.rounding.constant(node.multiplier, node.shift),
    ...planner.set.rounding.half(node.zeroPoint),
    ...clampOf(node),
  });
}

export function lowerMaxPool(planner: Planner, { kernel, stride, padding: [top, left] }: IntegerMaxPool, value: Value, y: View): void {
  const x = planner.readable(value);
  planner.step('largest', y.height, {
    x: pointerTo(x),
    rowBytes: x.rowBytes,
    tap: x.pixelBytes,
    height: x.height,
    width: x.width,
    kernel,
    stride,
    top,
    left,
    ...written(y),
    blocks: blocksOf(value.channels.length),
  });
}

/** A function of one value is a table of it, computed by the definition. */
export function lowerAffine(
  planner: Planner,
  { factor, offset, shift, low, high }: IntegerInput | IntegerAffine,
  x: Parameters,
  kernel: 'input' | 'table',
  y: View,
): void {
  const table = new Uint8Array(256 * factor.length);
  factor.forEach((value, c) => {
    for (let level = 0; level < 256; level++)
      table[256 * c + level] = clamp(requantize(Math.imul(level, value) + offset[c], 1, shift), low, high);
  });
  planner.step(kernel, y.height, { ...x, ...written(y), channels: factor.length, table: planner.constant(table), tableStep: 256 });
}

export function lowerTable(planner: Planner, { table }: IntegerTable, value: Value, y: View): void {
  planner.step('table', y.height, {
    ...read(planner.readable(value)),
    ...written(y),
    channels: value.channels.length,
    table: planner.constant(table),
    tableStep: 0,
  });
}

/** Channels of a pixel of the network's input: of few no more than there are, because its first convolution goes over all of them. */
export const channelsOfInput = (channels: number): number => (channels <= 4 ? channels : roundUp(channels, OUTPUTS_OF_BLOCK));
