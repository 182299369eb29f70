/**
 * A program as a list of kernel calls on one memory. What only moves channels, rows or columns is no step: what reads it is told
 * where each channel lies, and weights are packed accordingly; it is copied only where the order of channels has changed. A sum
 * is computed by the convolution before it where nothing else reads that one.
 */
import type { KernelSet } from '../kernels/module.ts';
import type { IntegerAdd, IntegerConvolution, IntegerNode, IntegerProgram, Sides } from '../program.ts';
import { sizeOfShape } from '../shape.ts';
import { mapShape, NOTHING_AROUND, type Buffer, type Pointer, type Value, type View } from './layout.ts';
import {
  channelsOfInput,
  lowerAdd,
  lowerAffine,
  lowerConvolution,
  lowerDepthwise,
  lowerMaxPool,
  lowerMean,
  lowerMultiply,
  lowerTable,
  read,
} from './lower.ts';
import { OUTPUTS_OF_BLOCK } from './pack-weights.ts';
import { Planner, type Data, type Step } from './planner.ts';

export interface Plan {
  steps: Step[];
  buffers: Buffer[];
  data: Data[];
  /** Places of one image's pixels and of its logits. */
  pixels: Pointer;
  logits: Pointer;
  /** Places of each node's activations after a run, by name, if the plan keeps them; otherwise empty. */
  values: Map<string, Value>;
}

export interface PlanOptions {
  /** Keeps every node's activations, to be compared: nothing is computed on the way, no memory is used twice. */
  keepActivations?: boolean;
}

/**
 * @param program checked (`checkProgram`)
 * @throws NeedsDoubles where a shift of version 1 needs other kernels
 */
export function planProgram(program: IntegerProgram, set: KernelSet, { keepActivations = false }: PlanOptions = {}): Plan {
  if (set.sevenBits && program.activationBits === 8)
    throw new Error(`the relaxed dot product takes activations of 7 bits; ${program.name} has 8`);
  const planner = new Planner(set);
  const readers = readersOf(program);
  const around = paddingAround(program);
  const values = new Map<string, Value>();
  const [input] = program.nodes;
  const pixels: Pointer = { buffer: planner.buffer(sizeOfShape(input.shape), true), offset: 0 };
  const logits: Pointer = {
    buffer: planner.buffer(4 * OUTPUTS_OF_BLOCK * Math.ceil(program.nodes.at(-1)!.shape[0] / OUTPUTS_OF_BLOCK), true),
    offset: 0,
  };

  const output = (node: IntegerNode, channelsOfPixel?: number): View =>
    planner.allocate(node.shape, around.get(node.name) ?? NOTHING_AROUND, node.zeroPoint, channelsOfPixel);
  const isGiven = (node: IntegerNode, view: View): void => {
    values.set(
      node.name,
      valueOf(
        node,
        Array.from({ length: node.shape.at(-1)! }, (_, channel) => ({ view, channel })),
      ),
    );
  };
  /** The sum that the convolution is to add, where nothing else reads it and the other part is there. */
  const sumAfter = (node: IntegerConvolution): IntegerAdd | undefined => {
    const [reader, ...others] = readers.get(node.name) ?? [];
    if (keepActivations || others.length > 0 || reader?.op !== 'add') return undefined;
    const other = reader.inputs[reader.inputs[0] === node.name ? 1 : 0];
    return other !== node.name && values.has(other) ? reader : undefined;
  };

  for (const node of program.nodes) {
    if (values.has(node.name)) continue;
    planner.node = node.name;
    const from = node.inputs.map((name) => values.get(name)!);
    const moved = movedChannels(node, from);
    if (moved) {
      values.set(node.name, valueOf(node, moved));
      continue;
    }
    switch (node.op) {
      case 'input': {
        const [, width, channels] = mapShape(node.shape);
        const given = output(node, channelsOfInput(channels));
        lowerAffine(planner, node, { x: pixels, xRow: width * channels, xStep: channels }, 'input', given);
        isGiven(node, given);
        continue;
      }
      case 'convolution': {
        const [channels, outputs] = [from[0].channels.length, node.shape[2]];
        if (node.groups === channels && outputs === channels) {
          const given = output(node);
          lowerDepthwise(planner, node, { value: from[0], channels }, given);
          isGiven(node, given);
          continue;
        }
        const sum = sumAfter(node);
        planner.readable(from[0], node.padding);
        const position = sum?.inputs[0] === node.name ? 0 : 1;
        const added = sum && ({ node: sum, other: planner.readable(values.get(sum.inputs[1 - position])!), position } as const);
        const given = output(sum ?? node);
        lowerConvolution(planner, node, { value: from[0], channels }, given, added);
        isGiven(sum ?? node, given);
        continue;
      }
      case 'logits':
        lowerConvolution(planner, node, { value: from[0], channels: from[0].channels.length }, logits);
        continue;
      default: {
        const views = from.map((value) => planner.readable(value));
        const given = output(node);
        if (node.op === 'linear') lowerConvolution(planner, node, { value: from[0], channels: from[0].channels.length }, given);
        else if (node.op === 'add') lowerAdd(planner, node, views, given);
        else if (node.op === 'multiply') lowerMultiply(planner, node, views, given);
        else if (node.op === 'affine') lowerAffine(planner, node, read(views[0]), 'table', given);
        else if (node.op === 'table') lowerTable(planner, node, from[0], given);
        else if (node.op === 'maxPool') lowerMaxPool(planner, node, from[0], given);
        else if (node.op === 'averagePool' || node.op === 'globalAveragePool') lowerMean(planner, node, from[0], given);
        isGiven(node, given);
      }
    }
  }
  if (keepActivations) for (const buffer of planner.buffers) buffer.lastStep = Infinity;
  return {
    steps: planner.steps,
    buffers: planner.buffers,
    data: planner.data,
    pixels,
    logits,
    values: keepActivations ? values : new Map(),
  };
}

function valueOf({ shape, zeroPoint }: IntegerNode, channels: Value['channels']): Value {
  const [height, width] = mapShape(shape);
  return { height, width, channels, zeroPoint };
}

function readersOf({ nodes }: IntegerProgram): Map<string, IntegerNode[]> {
  const readers = new Map<string, IntegerNode[]>();
  for (const node of nodes) for (const name of node.inputs) readers.set(name, [...(readers.get(name) ?? []), node]);
  return readers;
}

/** Padding that each node's map needs around it, so that its readers pad nothing: the largest padding of its readers. */
function paddingAround({ nodes }: IntegerProgram): Map<string, Sides> {
  const around = new Map<string, Sides>();
  const widen = (name: string, by: Sides | undefined): void => {
    if (by) around.set(name, (around.get(name) ?? NOTHING_AROUND).map((side, i) => Math.max(side, by[i])) as unknown as Sides);
  };
  for (const node of [...nodes].reverse()) {
    if (node.op === 'convolution' || node.op === 'averagePool') widen(node.inputs[0], node.padding);
    if (node.op === 'channelSlice') widen(node.inputs[0], around.get(node.name));
  }
  return around;
}

/** Finds the channels of a node that only moves them; undefined for any other node. */
function movedChannels(node: IntegerNode, from: Value[]): Value['channels'] | undefined {
  const [first] = from;
  switch (node.op) {
    case 'concat':
      return from.flatMap(({ channels }) => channels);
    case 'channelSlice':
      return first.channels.slice(node.start, node.start + node.shape[2]);
    case 'channelShuffle': {
      const size = first.channels.length / node.groups;
      return first.channels.map((_, c) => first.channels[(c % node.groups) * size + Math.floor(c / node.groups)]);
    }
    case 'padChannels':
      return Array.from({ length: node.shape[2] }, (_, c) => first.channels[c - node.before]);
    case 'subsample': {
      const thinned = new Map<View, View>();
      return first.channels.map((source) => {
        if (!source) return undefined;
        const view = thinned.get(source.view) ?? everyNth(source.view, node.stride, node.shape);
        thinned.set(source.view, view);
        return { view, channel: source.channel };
      });
    }
    default:
      return undefined;
  }
}

const everyNth = (view: View, stride: number, [height, width]: readonly number[]): View => ({
  ...view,
  height,
  width,
  rowBytes: stride * view.rowBytes,
  pixelBytes: stride * view.pixelBytes,
  around: NOTHING_AROUND,
});
