/** Integer programs drawn at random, to compare kernels with the interpreter: every operation, edge shapes, all paddings, groups. */
import { largestActivation, type ActivationBits } from '../integer/arithmetic.ts';
import { checkProgram } from '../integer/check-program.ts';
import type { IntegerNode, IntegerProgram, Sides } from '../integer/program.ts';
import { sizeOfShape } from '../integer/shape.ts';

/** Numbers in [0, 1) (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const LARGEST_PROGRAM = 30;
const LARGEST_SIDE = 13;
const LARGEST_CHANNELS = 40;

type Made = Exclude<IntegerNode, { op: 'logits' }>;
type Draw = { number(low: number, high: number): number; of<T>(values: readonly T[]): T; chance(part: number): boolean };

/** The same seed gives the same program. @param bits of its activations; by default the seed's choice */
export function randomProgram(seed: number, bits?: ActivationBits): IntegerProgram {
  const random = randomNumbers(seed);
  const draw: Draw = {
    number: (low, high) => low + Math.floor(random() * (high - low + 1)),
    of: (values) => values[Math.floor(random() * values.length)],
    chance: (part) => random() < part,
  };
  const activationBits = bits ?? (draw.chance(0.3) ? 8 : 7);
  const largest = largestActivation(activationBits);
  // Two, so that activations can be joined as well as not.
  const zeroPoints = [0, draw.number(0, largest)];
  const nodes: Made[] = [inputOf(draw, largest, zeroPoints)];
  const wanted = draw.number(1, LARGEST_PROGRAM - 4);
  for (let tries = 0; nodes.length < wanted && tries < 10 * wanted; tries++) {
    const from = draw.chance(0.6) ? nodes[nodes.length - 1] : draw.of(nodes);
    const made = draw.of(from.shape.length === 3 ? MAP_NODES : VECTOR_NODES)({
      draw,
      largest,
      from,
      nodes,
      base: baseOf(draw, nodes.length, from, largest, zeroPoints),
    });
    if (made && sizeOfShape(made.shape) <= 8192) nodes.push(made);
  }
  let last = nodes[nodes.length - 1];
  if (last.shape.length === 3)
    nodes.push((last = meanOf({ draw, largest, from: last, nodes, base: baseOf(draw, nodes.length, last, largest, zeroPoints) })));
  const classes = draw.number(1, 20);
  const logits: IntegerNode = {
    op: 'logits',
    name: 'logits',
    inputs: [last.name],
    shape: [classes],
    scale: 1,
    zeroPoint: 0,
    ...weightsOf(draw, classes, last.shape[0], largest, 4096),
  };
  const program: IntegerProgram = { name: `random ${seed}`, activationBits, nodes: [...nodes, logits] };
  checkProgram(program);
  return program;
}

/** Images of a random program. */
export function randomPixels(program: IntegerProgram, seed: number, images: number): Uint8Array {
  const random = randomNumbers(seed ^ 0x5eed);
  return Uint8Array.from({ length: images * sizeOfShape(program.nodes[0].shape) }, () => Math.floor(random() * 256));
}

interface Base {
  name: string;
  inputs: string[];
  scale: number;
  zeroPoint: number;
  low: number;
  high: number;
}

function baseOf(draw: Draw, position: number, from: Made, largest: number, zeroPoints: number[]): Base {
  const zeroPoint = draw.of(zeroPoints);
  const low = draw.chance(0.5) ? zeroPoint : 0;
  return {
    name: `n${position}`,
    inputs: [from.name],
    scale: 1,
    zeroPoint,
    low,
    high: draw.chance(0.8) ? largest : draw.number(low, largest),
  };
}

function inputOf(draw: Draw, largest: number, zeroPoints: number[]): Made {
  const channels = draw.of([1, 3, 3, draw.number(1, 9)]);
  const shape = [draw.number(1, LARGEST_SIDE), draw.number(1, LARGEST_SIDE), channels];
  const shift = draw.number(6, 16);
  const factor = Int16Array.from({ length: channels }, () =>
    Math.round(((0.7 + (0.6 * draw.number(0, 100)) / 100) * largest * 2 ** shift) / 255 / (shift > 14 ? 4 : 1)),
  );
  const offset = Int32Array.from({ length: channels }, () => draw.number(-(2 ** shift), 20 * 2 ** shift));
  return { op: 'input', ...baseOf(draw, 0, { name: '' } as Made, largest, zeroPoints), inputs: [], shape, factor, offset, shift };
}

/** A multiplier and a shift that bring accumulators of about this size to about half of `range`. */
function scaledTo(draw: Draw, typical: number, range: number): { multiplier: number; shift: number } {
  const factor = Math.min(0.249, (range * (0.2 + 0.1 * draw.number(0, 8))) / Math.max(1, typical));
  let shift = 17;
  while (shift < 32 && factor * 2 ** (shift + 1) < 32_767) shift++;
  return { multiplier: Math.max(1, Math.min(32_767, Math.round(factor * 2 ** shift))), shift };
}

function weightsOf(draw: Draw, outputs: number, size: number, largest: number, range: number) {
  const steep = draw.number(1, 127);
  const weights = Int8Array.from({ length: outputs * size }, () => (draw.chance(0.02) ? draw.of([-127, 127]) : draw.number(-steep, steep)));
  const typical = (Math.sqrt(size) * steep * largest) / 3;
  const requantize = Array.from({ length: outputs }, () => scaledTo(draw, typical, range));
  return {
    weights,
    bias: Int32Array.from({ length: outputs }, () => Math.round((draw.number(-100, 100) / 100) * typical)),
    multiplier: Int16Array.from(requantize, ({ multiplier }) => multiplier),
    shift: Uint8Array.from(requantize, ({ shift }) => shift),
  };
}

interface Scope {
  draw: Draw;
  largest: number;
  from: Made;
  nodes: Made[];
  base: Base;
}
type Maker = (scope: Scope) => Made | undefined;

const divisorsOf = (value: number): number[] => Array.from({ length: value }, (_, i) => i + 1).filter((divisor) => value % divisor === 0);

/** A window that fits, with any padding at each side. */
function windowOf(
  draw: Draw,
  [height, width]: readonly number[],
): { kernel: number; stride: number; padding: Sides; rows: number; columns: number } | undefined {
  const kernel = draw.of([1, 1, 2, 3, 3, 3, 5]);
  const stride = draw.of([1, 1, 2, 3]);
  const even = draw.number(0, kernel - 1);
  const padding = (draw.chance(0.6)
    ? [even, even, even, even]
    : Array.from({ length: 4 }, () => draw.number(0, kernel - 1))) as unknown as Sides;
  const [rows, columns] = [height + padding[0] + padding[2], width + padding[1] + padding[3]].map(
    (size) => Math.floor((size - kernel) / stride) + 1,
  );
  return rows < 1 || columns < 1 ? undefined : { kernel, stride, padding, rows, columns };
}

const convolution: Maker = ({ draw, largest, from, base }) => {
  const window = windowOf(draw, from.shape);
  if (!window) return undefined;
  const channels = from.shape[2];
  const groups = draw.chance(0.5) ? 1 : draw.of(divisorsOf(channels));
  const outputs =
    groups === channels && draw.chance(0.7) ? channels : groups * draw.number(1, Math.max(1, Math.floor(LARGEST_CHANNELS / groups)));
  const { rows, columns, ...rest } = window;
  return {
    op: 'convolution',
    ...base,
    shape: [rows, columns, outputs],
    ...weightsOf(draw, outputs, (window.kernel ** 2 * channels) / groups, largest, largest),
    ...rest,
    groups,
    paddingValue: from.zeroPoint,
  };
};

const depthwise: Maker = (scope) => {
  const window = windowOf(scope.draw, scope.from.shape);
  if (!window) return undefined;
  const channels = scope.from.shape[2];
  const { rows, columns, ...rest } = window;
  return {
    op: 'convolution',
    ...scope.base,
    shape: [rows, columns, channels],
    ...weightsOf(scope.draw, channels, window.kernel ** 2, scope.largest, scope.largest),
    ...rest,
    groups: channels,
    paddingValue: scope.from.zeroPoint,
  };
};

const linear: Maker = ({ draw, largest, from, base }) => {
  const outputs = draw.number(1, LARGEST_CHANNELS);
  return { op: 'linear', ...base, shape: [outputs], ...weightsOf(draw, outputs, from.shape[0], largest, largest) };
};

const add: Maker = ({ draw, from, nodes, base }) => {
  const others = nodes.filter(({ shape }) => String(shape) === String(from.shape));
  const shift = draw.number(2, 14);
  const factors = [0, 0].map(() => draw.number(1, Math.min(32_767, Math.round(1.2 * 2 ** shift))));
  return {
    op: 'add',
    ...base,
    inputs: [from.name, draw.of(others).name],
    shape: from.shape,
    factors,
    offset: draw.number(-50, 20) * 2 ** shift,
    shift,
  };
};

const affine: Maker = ({ draw, from, base }) => {
  const channels = from.shape.at(-1)!;
  const shift = draw.number(2, 12);
  return {
    op: 'affine',
    ...base,
    shape: from.shape,
    factor: Int16Array.from({ length: channels }, () => draw.number(-(2 ** shift), 2 ** (shift + 1))),
    offset: Int32Array.from({ length: channels }, () => draw.number(-30, 60) * 2 ** shift),
    shift,
  };
};

const table: Maker = ({ draw, largest, from, base: { name, inputs, scale, zeroPoint } }) => ({
  op: 'table',
  name,
  inputs,
  scale,
  zeroPoint,
  shape: from.shape,
  table: Uint8Array.from({ length: largest + 1 }, () => draw.number(0, largest)),
});

const multiply: Maker = ({ draw, largest, from, nodes, base }) => {
  const others = nodes.filter(
    ({ shape }) => String(shape) === String(from.shape) || (shape.length === 1 && shape[0] === from.shape.at(-1)),
  );
  const other = draw.of(others);
  return {
    op: 'multiply',
    ...base,
    inputs: [from.name, other.name],
    shape: from.shape,
    zeroPoints: [from.zeroPoint, other.zeroPoint],
    ...scaledTo(draw, (largest * largest) / 4, largest),
  };
};

const maxPool: Maker = ({ draw, from, base: { name, inputs } }) => {
  const window = windowOf(draw, from.shape);
  if (!window) return undefined;
  const { rows, columns, ...rest } = window;
  return { op: 'maxPool', name, inputs, scale: from.scale, zeroPoint: from.zeroPoint, shape: [rows, columns, from.shape[2]], ...rest };
};

const averagePool: Maker = ({ draw, largest, from, base }) => {
  const window = windowOf(draw, from.shape);
  if (!window) return undefined;
  const { rows, columns, ...rest } = window;
  return {
    op: 'averagePool',
    ...base,
    shape: [rows, columns, from.shape[2]],
    ...rest,
    paddingValue: from.zeroPoint,
    ...sumsOf(draw, window.kernel ** 2, largest, from),
  };
};

function sumsOf(draw: Draw, area: number, largest: number, from: Made) {
  const factor = draw.of([1, 4, 8]);
  return { factor, bias: -factor * area * from.zeroPoint, ...scaledTo(draw, (area * factor * largest) / 2, largest) };
}

const meanOf = ({ draw, largest, from, base }: Scope): Made => ({
  op: 'globalAveragePool',
  ...base,
  shape: [from.shape[2]],
  ...sumsOf(draw, from.shape[0] * from.shape[1], largest, from),
});

const moves = ({ scale, zeroPoint }: Made, { name, inputs }: Base) => ({ name, inputs, scale, zeroPoint });

const channelShuffle: Maker = ({ draw, from, base }) => ({
  op: 'channelShuffle',
  ...moves(from, base),
  shape: from.shape,
  groups: draw.of(divisorsOf(from.shape[2])),
});

const channelSlice: Maker = ({ draw, from, base }) => {
  const start = draw.number(0, from.shape[2] - 1);
  return { op: 'channelSlice', ...moves(from, base), shape: [from.shape[0], from.shape[1], draw.number(1, from.shape[2] - start)], start };
};

const concat: Maker = ({ draw, from, nodes, base }) => {
  const others = nodes.filter(
    ({ shape, zeroPoint }) =>
      shape.length === 3 && shape[0] === from.shape[0] && shape[1] === from.shape[1] && zeroPoint === from.zeroPoint,
  );
  const parts = [from, ...Array.from({ length: draw.number(1, 2) }, () => draw.of(others))];
  const channels = parts.reduce((sum, { shape }) => sum + shape[2], 0);
  return channels > 2 * LARGEST_CHANNELS
    ? undefined
    : { op: 'concat', ...moves(from, base), inputs: parts.map(({ name }) => name), shape: [from.shape[0], from.shape[1], channels] };
};

const padChannels: Maker = ({ draw, from, base }) => {
  const before = draw.number(0, 9);
  return {
    op: 'padChannels',
    ...moves(from, base),
    shape: [from.shape[0], from.shape[1], before + from.shape[2] + draw.number(0, 9)],
    before,
  };
};

const subsample: Maker = ({ draw, from, base }) => {
  const stride = draw.number(1, 3);
  return {
    op: 'subsample',
    ...moves(from, base),
    shape: [Math.ceil(from.shape[0] / stride), Math.ceil(from.shape[1] / stride), from.shape[2]],
    stride,
  };
};

/** Convolutions and sums as often as networks have them. */
const MAP_NODES: Maker[] = [
  convolution,
  convolution,
  convolution,
  depthwise,
  add,
  add,
  affine,
  table,
  multiply,
  maxPool,
  averagePool,
  channelShuffle,
  channelSlice,
  concat,
  padChannels,
  subsample,
  meanOf,
];
const VECTOR_NODES: Maker[] = [linear, linear, add, affine, table, multiply];
