import { assemble, op, repeat, type Code, type WasmFunction } from './assembler.ts';

/** Bytes of weights that eight taps of a result take; see `rows`. */
export const GROUP_BYTES = { wide: 96, narrow: 48 } as const;
/** Weights below 2^16, as those of a shrinkage to a 64th and less, are "narrow". */
export const NARROW_LIMIT = 1 << 16;
/** What is taken from narrow weights, to make signed 16-bit numbers of them. */
export const NARROW_BIAS_BITS = 15;
/** Most groups of eight narrow taps: of each, 16-bit lanes add up two levels. */
export const NARROW_GROUPS = 128;
/** Pixels that `rows` takes at a time. */
export const GROUP_TAPS = 8;
/** A weight is `high · 2^LOW_BITS + low`: two signed 16-bit numbers, which the dot product multiplies by. */
export const LOW_BITS = 8;

const ROUNDING = 1 << 21;
const WEIGHT_BITS = 22;
/** In a swizzle: a zero. */
const NONE = 0x80;

const lanes = (...bytes: number[]): number[] => bytes.flatMap((byte) => [byte, NONE]);
/** Of four pixels, RGB: the reds, then the greens, each widened to 16 bits; the blues to the lower or the upper half. */
const REDS_GREENS = lanes(0, 3, 6, 9, 1, 4, 7, 10);
const BLUES_LOW = lanes(2, 5, 8, 11, NONE, NONE, NONE, NONE);
const BLUES_HIGH = lanes(NONE, NONE, NONE, NONE, 2, 5, 8, 11);
/** A shuffle of 32-bit lanes of two vectors, 0…3 and 4…7. */
const shuffle32 = (...four: number[]): Code => op.shuffle(four.flatMap((lane) => [0, 1, 2, 3].map((byte) => lane * 4 + byte)));
const ZERO = op.constant(new Array<number>(16).fill(0));

/** sum = (high << LOW_BITS) + low + extra, vectors of 32-bit lanes. */
const combined = (high: number, low: number): Code => [...op.get(high), ...op.i32(LOW_BITS), ...op.shiftLeft32, ...op.get(low), ...op.add32];
const accumulate = (sum: number, value: Code): Code => [...op.get(sum), ...value, ...op.add32, ...op.set(sum)];
/** Four levels of four sums, as 8-bit lanes, limited to 0…255. */
const toLevels: Code = [...op.i32(ROUNDING), ...op.splat32, ...op.add32, ...op.i32(WEIGHT_BITS), ...op.shiftRight32];
const increase = (local: number, by: Code): Code => [...op.get(local), ...by, ...op.add, ...op.set(local)];

/**
 * `wide(source, sourceStride, rowPairs, offsets, offsetsEnd, weights, groups, target, targetStride)`: for each result of
 * `offsets` (byte offsets of its first source pixel), in each row, the weighted sum of `8 · groups` RGB pixels, as one
 * RGB pixel (and `narrow`, likewise). A fourth byte is written, too, and then written over by the next. Two rows at a time share the weights.
 *
 * A group's weights are three vectors of high parts: those for the first four reds and greens (h0…h3, h0…h3), for the
 * next four (h4…h7, h4…h7) and for the eight blues (h0…h7); then the same of the low parts.
 *
 * Narrow weights are one signed number each, `weight - 2^15`, and three vectors a group. What that takes away is added
 * in the end: 2^15 times the sum of the levels.
 */
function rows(kind: keyof typeof GROUP_BYTES): WasmFunction {
  const [source, sourceStride, rowPairs, offsets, offsetsEnd, weights, groups, target, targetStride] = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const [pair, group, weight, upperRow, to] = [9, 10, 11, 12, 13];
  const from = [14, 15];
  const sums = [16, 20].map((first) => ({ redsGreens: first, blues: first + 1, redsGreensLow: first + 2, bluesLow: first + 3 }));
  const pixels = [24, 25];
  const nextPixels = [26, 27];
  const [vectorWeight, first, second] = [28, 29, 30];
  /** Adds the products of both rows' values with one vector of weights. */
  const addDots = (index: number, sum: keyof (typeof sums)[0], values: (row: number) => Code): Code => [
    ...op.get(weight), ...op.load(16 * index), ...op.set(vectorWeight),
    ...[0, 1].flatMap((row) => accumulate(sums[row][sum], [...values(row), ...op.get(vectorWeight), ...op.dot])),
  ];
  const each = (make: (row: number) => Code): Code => [0, 1].flatMap(make);
  const swizzled = (vector: number, lanesOf: readonly number[]): Code => [...op.get(vector), ...op.constant(lanesOf), ...op.swizzle];
  // Blues, and the first and next four reds and greens, each in place of the pixels when these are no longer needed.
  const blues = [first, second];
  const lowParts: Code = [
    ...addDots(3, 'redsGreensLow', (row) => op.get(pixels[row])),
    ...addDots(4, 'redsGreensLow', (row) => op.get(nextPixels[row])),
    ...addDots(5, 'bluesLow', (row) => op.get(blues[row])),
  ];
  const levelSums: Code = each((row) => [
    ...op.get(sums[row].redsGreensLow), ...op.get(pixels[row]), ...op.add16, ...op.get(nextPixels[row]), ...op.add16, ...op.set(sums[row].redsGreensLow),
    ...op.get(sums[row].bluesLow), ...op.get(blues[row]), ...op.add16, ...op.set(sums[row].bluesLow),
  ]);
  const total = (main: number, rest: number): Code =>
    kind === 'wide' ? combined(main, rest) : [...op.get(rest), ...op.addPairs16, ...op.i32(NARROW_BIAS_BITS), ...op.shiftLeft32, ...op.get(main), ...op.add32];
  const oneGroup: Code = [
    ...each((row) => [...op.get(from[row]), ...op.load(0), ...op.set(pixels[row]), ...op.get(from[row]), ...op.load(12), ...op.set(nextPixels[row])]),
    ...each((row) => [...swizzled(pixels[row], BLUES_LOW), ...swizzled(nextPixels[row], BLUES_HIGH), ...op.or, ...op.set(blues[row])]),
    ...each((row) => [...swizzled(pixels[row], REDS_GREENS), ...op.set(pixels[row]), ...swizzled(nextPixels[row], REDS_GREENS), ...op.set(nextPixels[row])]),
    ...addDots(0, 'redsGreens', (row) => op.get(pixels[row])),
    ...addDots(1, 'redsGreens', (row) => op.get(nextPixels[row])),
    ...addDots(2, 'blues', (row) => op.get(blues[row])),
    ...(kind === 'wide' ? lowParts : levelSums),
    ...each((row) => increase(from[row], op.i32(24))),
    ...increase(weight, op.i32(GROUP_BYTES[kind])),
    ...op.get(group), ...op.i32(1), ...op.sub, ...op.tee(group),
  ];
  const store = (row: number): Code => [
    ...total(sums[row].redsGreens, sums[row].redsGreensLow), ...op.set(first),
    ...total(sums[row].blues, sums[row].bluesLow), ...op.set(second),
    ...op.get(second), ...op.get(second), ...op.get(second), ...shuffle32(2, 3, 2, 3), ...op.add32, ...op.set(second),
    ...op.get(first), ...op.get(second), ...shuffle32(0, 2, 4, 4),
    ...op.get(first), ...op.get(second), ...shuffle32(1, 3, 5, 5),
    ...op.add32, ...toLevels, ...op.set(first),
    ...op.get(to), ...op.get(first), ...op.get(first), ...op.narrow32, ...op.tee(first), ...op.get(first), ...op.narrow16, ...op.store32Lane(0),
    ...increase(to, op.get(targetStride)),
  ];
  const onePair: Code = [
    ...sums.flatMap((row) => Object.values(row)).flatMap((sum) => [...ZERO, ...op.set(sum)]),
    ...op.get(upperRow), ...op.get(offsets), ...op.load32(), ...op.add, ...op.tee(from[0]),
    ...op.get(sourceStride), ...op.add, ...op.set(from[1]),
    ...op.get(weights), ...op.set(weight),
    ...op.get(groups), ...op.set(group),
    ...repeat(oneGroup),
    ...each(store),
    ...increase(upperRow, [...op.get(sourceStride), ...op.get(sourceStride), ...op.add]),
    ...op.get(pair), ...op.i32(1), ...op.sub, ...op.tee(pair),
  ];
  const oneResult: Code = [
    ...op.get(source), ...op.set(upperRow),
    ...op.get(target), ...op.set(to),
    ...op.get(rowPairs), ...op.set(pair),
    ...repeat(onePair),
    // The last group leaves `weight` behind this result's weights.
    ...op.get(weight), ...op.set(weights),
    ...increase(target, op.i32(3)),
    ...increase(offsets, op.i32(4)),
    ...op.get(offsets), ...op.get(offsetsEnd), ...op.lessThan,
  ];
  return { name: kind, parameters: 9, integers: 7, vectors: 15, body: repeat(oneResult) };
}

/**
 * `column(source, stride, pairs, weights, target, targetEnd)`: one row of results, 16 bytes at a time, each the weighted
 * sum of `2 · pairs` rows of the source. A pair's weights are four 16-bit numbers: the high parts of both, the low parts
 * of both. Up to 15 bytes behind `targetEnd` are written, too.
 */
function column(): WasmFunction {
  const [source, stride, pairs, weights, target, targetEnd] = [0, 1, 2, 3, 4, 5];
  const [from, weight, pair] = [6, 7, 8];
  const [upper, lower, high, low, lanes16] = [9, 10, 11, 12, 13];
  const sums = [14, 15, 16, 17];
  const sumsLow = [18, 19, 20, 21];
  const interleaved = (start: number): Code => op.shuffle(Array.from({ length: 16 }, (_, i) => (i % 2) * 16 + start + (i >> 1)));
  const quarter = (extend: Code, index: number, pixels: number): Code => [
    ...op.get(pixels), ...extend, ...op.set(lanes16),
    ...accumulate(sums[index], [...op.get(lanes16), ...op.get(high), ...op.dot]),
    ...accumulate(sumsLow[index], [...op.get(lanes16), ...op.get(low), ...op.dot]),
  ];
  const onePair: Code = [
    ...op.get(weight), ...op.load32Splat(0), ...op.set(high),
    ...op.get(weight), ...op.load32Splat(4), ...op.set(low),
    ...op.get(from), ...op.load(), ...op.set(upper),
    ...increase(from, op.get(stride)),
    ...op.get(from), ...op.load(), ...op.set(lower),
    ...increase(from, op.get(stride)),
    ...op.get(upper), ...op.get(lower), ...interleaved(8),
    ...op.get(upper), ...op.get(lower), ...interleaved(0), ...op.set(upper), ...op.set(lower),
    ...quarter(op.extendLow8, 0, upper),
    ...quarter(op.extendHigh8, 1, upper),
    ...quarter(op.extendLow8, 2, lower),
    ...quarter(op.extendHigh8, 3, lower),
    ...increase(weight, op.i32(8)),
    ...op.get(pair), ...op.i32(1), ...op.sub, ...op.tee(pair),
  ];
  const levels = (index: number): Code => [...combined(sums[index], sumsLow[index]), ...toLevels];
  const sixteen: Code = [
    ...[...sums, ...sumsLow].flatMap((sum) => [...ZERO, ...op.set(sum)]),
    ...op.get(source), ...op.set(from),
    ...op.get(weights), ...op.set(weight),
    ...op.get(pairs), ...op.set(pair),
    ...repeat(onePair),
    ...op.get(target), ...levels(0), ...levels(1), ...op.narrow32, ...levels(2), ...levels(3), ...op.narrow32, ...op.narrow16, ...op.store(),
    ...increase(source, op.i32(16)),
    ...increase(target, op.i32(16)),
    ...op.get(target), ...op.get(targetEnd), ...op.lessThan,
  ];
  return { name: 'column', parameters: 6, integers: 3, vectors: 13, body: repeat(sixteen) };
}

type Rows = (source: number, sourceStride: number, rowPairs: number, offsets: number, offsetsEnd: number, weights: number, groups: number, target: number, targetStride: number) => void;

export interface ResizeLoops {
  memory: Uint8Array;
  wide: Rows;
  narrow: Rows;
  column(source: number, stride: number, pairs: number, weights: number, target: number, targetEnd: number): void;
}

const PAGE_BYTES = 65536;
/** Of the loops' memory; larger jobs than fit go the plain way. */
export const MEMORY_BYTES = 32 * PAGE_BYTES;

let loops: ResizeLoops | null | undefined;

/** The two loops, made at the first call; null where WebAssembly or its SIMD is missing or forbidden. */
export function resizeLoops(): ResizeLoops | null {
  if (loops === undefined) {
    try {
      const pages = MEMORY_BYTES / PAGE_BYTES;
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble([rows('wide'), rows('narrow'), column()], pages)), { env: { memory } });
      loops = { ...(exports as unknown as Omit<ResizeLoops, 'memory'>), memory: new Uint8Array(memory.buffer) };
    } catch {
      loops = null;
    }
  }
  return loops;
}
