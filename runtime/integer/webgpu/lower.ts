/** Lowering of nodes to kernel calls: each function takes maps that are readable, and gives the map that the node makes. */
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
} from '../program.ts';
import { sizeOfShape } from '../shape.ts';
import type { GpuMap, GpuPlanner } from './gpu-planner.ts';
import { packWeights, wordsOf } from './pack-weights.ts';

const sizeOf = ({ height, width, pixelWords }: GpuMap): number => height * width * pixelWords;

const bytesAs32 = (byte: number): number => Math.imul(byte, 0x1010101);

/** Factor and offset of four channels by turns. */
function channelTable(planner: GpuPlanner, { factor, offset }: IntegerInput | IntegerAffine): number {
  const table = new Int32Array(8 * wordsOf(factor.length));
  factor.forEach((value, c) => {
    const at = 8 * (c >> 2) + (c & 3);
    table[at] = value;
    table[at + 4] = offset[c];
  });
  return planner.known(table);
}

export function lowerInput(planner: GpuPlanner, node: IntegerInput): GpuMap {
  const map = planner.allocate(node.shape);
  const { shift, low, high } = node;
  planner.step('input', sizeOf(map), {
    y: map.buffer,
    words: map.pixelWords,
    channels: node.shape[2],
    imageBytes: sizeOfShape(node.shape),
    table: channelTable(planner, node),
    shift,
    low,
    high,
  });
  return map;
}

export function lowerAffine(planner: GpuPlanner, node: IntegerAffine, x: GpuMap): GpuMap {
  const map = planner.allocate(node.shape);
  const { shift, low, high } = node;
  const table = channelTable(planner, node);
  planner.step('affine', sizeOf(map), { x: x.buffer, y: map.buffer, words: map.pixelWords, table, shift, low, high });
  return map;
}

/** The part of a convolution that a following sum adds. */
export interface FusedSum {
  node: IntegerAdd;
  other: GpuMap;
}

/** The whole of a node that multiplies by weights; a vector is a map of one pixel. */
export function lowerWeighted(
  planner: GpuPlanner,
  node: IntegerConvolution | IntegerLinear | IntegerLogits,
  x: GpuMap,
  channels: number,
  sum?: FusedSum,
): GpuMap {
  const map = planner.allocate(node.shape);
  const { kernel, stride, padding, groups, paddingValue } =
    node.op === 'convolution' ? node : { kernel: 1, stride: 1, padding: [0, 0, 0, 0], groups: 1, paddingValue: 0 };
  const { weights, words, outputs } = packWeights(node, { channels, groups, taps: kernel * kernel }, planner.offset);
  const pixels = map.width === 1 || node.op === 'logits' ? 1 : 4;
  const tiles = Math.ceil(map.width / pixels);
  const shared = {
    x: x.buffer,
    xWords: x.pixelWords,
    height: x.height,
    width: x.width,
    y: map.buffer,
    yWords: map.pixelWords,
    columns: map.width,
    tiles,
    blocks: map.pixelWords,
    kernel,
    stride,
    top: padding[0],
    left: padding[1],
    outside: bytesAs32(paddingValue),
    flip: bytesAs32(planner.offset),
    words,
    weights: planner.known(weights),
    outputs: planner.known(outputs),
  };
  const threads = map.height * tiles * map.pixelWords;
  if (node.op === 'logits') {
    planner.step('logits1', threads, { ...shared, classes: node.shape[0] });
    return map;
  }
  const activations = { ...shared, zeroPoint: node.zeroPoint, low: node.low, high: node.high };
  planner.step(
    `${sum ? 'sum' : 'activations'}${pixels}`,
    threads,
    sum ? { ...activations, ...sumParameters(sum, node.name) } : activations,
  );
  return map;
}

function sumParameters({ node: { factors, inputs, offset, shift, low, high }, other }: FusedSum, own: string) {
  const [ownFactor, otherFactor] = inputs[0] === own ? factors : [factors[1], factors[0]];
  return { other: other.buffer, ownFactor, otherFactor, offset, shift, sumLow: low, sumHigh: high };
}

export function lowerAdd(planner: GpuPlanner, node: IntegerAdd, first: GpuMap, second: GpuMap): GpuMap {
  const map = planner.allocate(node.shape);
  const { factors, offset, shift, low, high } = node;
  planner.step('add', sizeOf(map), {
    first: first.buffer,
    second: second.buffer,
    y: map.buffer,
    firstFactor: factors[0],
    secondFactor: factors[1],
    offset,
    shift,
    low,
    high,
  });
  return map;
}

export function lowerTable(planner: GpuPlanner, node: IntegerTable, x: GpuMap): GpuMap {
  const map = planner.allocate(node.shape);
  planner.step('table', sizeOf(map), { x: x.buffer, y: map.buffer, table: planner.known(node.table) });
  return map;
}

export function lowerMultiply(planner: GpuPlanner, node: IntegerMultiply, first: GpuMap, second: GpuMap): GpuMap {
  const map = planner.allocate(node.shape);
  const { zeroPoints, multiplier, shift, zeroPoint, low, high } = node;
  planner.step('multiply', sizeOf(map), {
    first: first.buffer,
    second: second.buffer,
    secondWords: sizeOf(second),
    y: map.buffer,
    firstZero: zeroPoints[0],
    secondZero: zeroPoints[1],
    multiplier,
    shift,
    zeroPoint,
    low,
    high,
  });
  return map;
}

type Pool = IntegerMaxPool | IntegerAveragePool | IntegerGlobalAveragePool;

export function lowerPool(planner: GpuPlanner, node: Pool, x: GpuMap): GpuMap {
  const map = planner.allocate(node.shape);
  const isGlobal = node.op === 'globalAveragePool';
  const window = {
    x: x.buffer,
    height: x.height,
    width: x.width,
    y: map.buffer,
    words: map.pixelWords,
    columns: map.width,
    kernelRows: isGlobal ? x.height : node.kernel,
    kernelColumns: isGlobal ? x.width : node.kernel,
    stride: isGlobal ? 1 : node.stride,
    top: isGlobal ? 0 : node.padding[0],
    left: isGlobal ? 0 : node.padding[1],
  };
  if (node.op === 'maxPool') planner.step('maxPool', sizeOf(map), window);
  else {
    const { factor, bias, multiplier, shift, zeroPoint, low, high } = node;
    const outside = isGlobal ? 0 : node.paddingValue;
    planner.step('averagePool', sizeOf(map), { ...window, outside, factor, bias, multiplier, shift, zeroPoint, low, high });
  }
  return map;
}
