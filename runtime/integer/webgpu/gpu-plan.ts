/**
 * A program as a list of kernel calls on one buffer of words. What only moves channels, rows or columns is no step: what reads it has it
 * brought together, once. A sum is computed by the convolution before it where nothing else reads that one.
 */
import { placeBuffers } from '../plan/arena.ts';
import { mapShape } from '../plan/layout.ts';
import type { IntegerAdd, IntegerNode, IntegerProgram } from '../program.ts';
import { GpuPlanner, type GpuChannel, type GpuConstant, type GpuPlanOptions, type GpuStep, type GpuValue } from './gpu-planner.ts';
import { lowerAdd, lowerAffine, lowerInput, lowerMultiply, lowerPool, lowerTable, lowerWeighted } from './lower.ts';

export interface GpuPlan {
  steps: GpuStep[];
  constants: GpuConstant[];
  /** Vectors of four words that the constants take. */
  vectors: number;
  /** Bytes of an image's activations. */
  imageBytes: number;
  /** Places of each node's activations, if the plan keeps them; otherwise of none. */
  values: ReadonlyMap<string, GpuValue>;
}

/** @param program checked (`checkProgram`), of any version */
export function planForGpu(program: IntegerProgram, options: GpuPlanOptions): GpuPlan {
  const planner = new GpuPlanner(program.activationBits ?? 7, options);
  const values = new Map<string, GpuValue>();
  for (const node of program.nodes) {
    if (values.has(node.name)) continue;
    const sum = options.keepActivations ? undefined : sumAfter(node, program, values);
    const from = node.inputs.map((name) => values.get(name)!);
    values.set((sum ?? node).name, valueOf(planner, node, from, sum, sum && values.get(otherInput(sum, node))));
  }
  const imageBytes = placeBuffers(planner.buffers, 0);
  if (!options.keepActivations) values.clear();
  else values.delete(program.nodes.at(-1)!.name);
  return { steps: planner.steps, constants: planner.constants, vectors: planner.vectors, imageBytes, values };
}

const otherInput = ({ inputs }: IntegerAdd, { name }: IntegerNode): string => inputs[inputs[0] === name ? 1 : 0];

/** The sum that a convolution is to add: nothing else reads the convolution, and the other part is there. */
function sumAfter(node: IntegerNode, { nodes }: IntegerProgram, values: ReadonlyMap<string, GpuValue>): IntegerAdd | undefined {
  if (node.op !== 'convolution') return undefined;
  const [reader, ...others] = nodes.filter(({ inputs }) => inputs.includes(node.name));
  if (others.length > 0 || reader?.op !== 'add') return undefined;
  return values.has(otherInput(reader, node)) ? reader : undefined;
}

function valueOf(planner: GpuPlanner, node: IntegerNode, from: GpuValue[], sum?: IntegerAdd, other?: GpuValue): GpuValue {
  const [height, width, count] = mapShape(node.shape);
  const { zeroPoint } = sum ?? node;
  const moved = movedChannels(node, from);
  if (moved) return { height, width, channels: moved, zeroPoint };
  const [first, second] = from.map((value) => planner.readable(value));
  const summed = sum && { node: sum, other: planner.readable(other!) };
  const map = (() => {
    switch (node.op) {
      case 'input':
        return lowerInput(planner, node);
      case 'affine':
        return lowerAffine(planner, node, first);
      case 'convolution':
      case 'linear':
      case 'logits':
        return lowerWeighted(planner, node, first, from[0].channels.length, summed);
      case 'add':
        return lowerAdd(planner, node, first, second);
      case 'table':
        return lowerTable(planner, node, first);
      case 'multiply':
        return lowerMultiply(planner, node, first, second);
      case 'maxPool':
      case 'averagePool':
      case 'globalAveragePool':
        return lowerPool(planner, node, first);
      default:
        throw new Error(`"${node.op}" has no kernel`);
    }
  })();
  return { height, width, channels: Array.from({ length: count }, (_, channel) => ({ map, channel })), zeroPoint };
}

/** Channels of a node that changes no value; undefined for others. */
function movedChannels(node: IntegerNode, [from, ...more]: GpuValue[]): GpuChannel[] | undefined {
  const count = node.shape.at(-1)!;
  switch (node.op) {
    case 'channelShuffle': {
      const size = count / node.groups;
      return Array.from({ length: count }, (_, c) => from.channels[(c % node.groups) * size + Math.floor(c / node.groups)]);
    }
    case 'channelSlice':
      return from.channels.slice(node.start, node.start + count);
    case 'concat':
      return [from, ...more].flatMap(({ channels }) => channels);
    case 'padChannels':
      return Array.from({ length: count }, (_, c) => from.channels[c - node.before]);
    case 'subsample':
      return everyOther(from.channels, node);
    default:
      return undefined;
  }
}

/** The channels with every `stride`-th row and column alone; those of one map stay channels of one. */
function everyOther(
  channels: GpuChannel[],
  { stride, shape: [height, width] }: { stride: number; shape: readonly number[] },
): GpuChannel[] {
  const subsampled = new Map<object, NonNullable<GpuChannel>['map']>();
  return channels.map((source) => {
    if (!source) return undefined;
    const { map, channel } = source;
    const known = subsampled.get(map) ?? {
      buffer: map.buffer,
      height,
      width,
      rowWords: map.rowWords * stride,
      pixelWords: map.pixelWords * stride,
    };
    subsampled.set(map, known);
    return { map: known, channel };
  });
}
