/** The resizer's two loops in WebAssembly, assembled when they are first needed. */
import { assemble, FunctionBuilder, i32, type Code, type Local } from '../../wasm/assembler.ts';
import { WEIGHT_BITS } from '../filter-weights.ts';
import { i16, i32x4, loadNumber, u8 } from './lanes.ts';

/** Pixels that `wide` and `narrow` take at a time. */
export const GROUP_TAPS = 8;
/** Bytes of weights that a group of them takes. */
export const GROUP_BYTES = { wide: 96, narrow: 48 } as const;
/** A wide weight is `high · 2^LOW_BITS + low`, two signed numbers of 16 bits, which the dot product multiplies by. */
export const LOW_BITS = 8;
/** Weights below 2^16, as those of a shrinkage to a 64th and less, are "narrow": one number, `weight - 2^NARROW_BIAS_BITS`. */
export const NARROW_LIMIT = 1 << 16;
export const NARROW_BIAS_BITS = 15;
/** Most groups of narrow weights: of each, 16-bit lanes add up two levels. */
export const NARROW_GROUPS = 128;

type Kind = keyof typeof GROUP_BYTES;

/** In a swizzle: a zero. */
const NONE = 0x80;
const widened = (...bytes: number[]): number[] => bytes.flatMap((byte) => [byte, NONE]);
/** Of four pixels, RGB: the reds, then the greens, as 16-bit lanes; the blues in the lower or the upper half. */
const REDS_GREENS = widened(0, 3, 6, 9, 1, 4, 7, 10);
const BLUES_LOW = widened(2, 5, 8, 11, NONE, NONE, NONE, NONE);
const BLUES_HIGH = widened(NONE, NONE, NONE, NONE, 2, 5, 8, 11);

const increase = (local: Local, by: Code): Code => local.set(i32.add(local.get, by));
const accumulate = (sum: Local, value: Code): Code => sum.set(i32x4.add(sum.get, value));
/** `high · 2^LOW_BITS + low`, of sums of products. */
const combined = (high: Local, low: Local): Code => i32x4.add(i32x4.shiftLeft(high.get, LOW_BITS), low.get);
/** Weighted sums to levels, rounded; not yet limited to 255. */
const toLevels = (sums: Code): Code => i32x4.shiftRight(i32x4.add(sums, i32x4.spread(i32.constant(1 << (WEIGHT_BITS - 1)))), WEIGHT_BITS);

/**
 * `wide` and `narrow`: for each result of `offsets` (byte offsets of its first source pixel, from `offsets` to before
 * `offsetsEnd`), in each of `2 · rowPairs` rows, the weighted sum of `8 · groups` RGB pixels, as one RGB pixel. A fourth
 * byte is written, too, and then written over by the next result. Two rows at a time share the loads of the weights.
 *
 * A group's weights are three vectors: those for the first four reds and greens (w0…w3, w0…w3), for the next four
 * (w4…w7, w4…w7) and for the eight blues (w0…w7). Wide: of the high parts, then of the low parts. Narrow: what the bias
 * took away is added in the end, as 2^15 times the sum of the levels.
 */
function rows(kind: Kind): FunctionBuilder {
  const loop = new FunctionBuilder({ source: 'i32', sourceStride: 'i32', rowPairs: 'i32', offsets: 'i32', offsetsEnd: 'i32', weights: 'i32', groups: 'i32', target: 'i32', targetStride: 'i32' });
  const { source, sourceStride, rowPairs, offsets, offsetsEnd, weights, groups, target, targetStride } = loop.parameters;
  const [pair, group, weightAt, upperRow, to] = Array.from({ length: 5 }, () => loop.local('i32'));
  /** The second sum of each: of the products with the low parts, or of the levels. */
  const both = [0, 1].map(() => ({
    from: loop.local('i32'),
    redsGreens: loop.local('v128'),
    blues: loop.local('v128'),
    redsGreensRest: loop.local('v128'),
    bluesRest: loop.local('v128'),
    firstFour: loop.local('v128'),
    nextFour: loop.local('v128'),
    eightBlues: loop.local('v128'),
  }));
  type Row = (typeof both)[number];
  const weight = loop.local('v128');
  const each = (code: (row: Row) => Code): Code => both.flatMap(code);
  const addDots = (index: number, sum: keyof Omit<Row, 'from'>, values: keyof Omit<Row, 'from'>): Code => [
    ...weight.set(u8.load(weightAt.get, 16 * index)),
    ...each((row) => accumulate(row[sum], i16.dot(row[values].get, weight.get))),
  ];

  const rest: Code =
    kind === 'wide'
      ? [...addDots(3, 'redsGreensRest', 'firstFour'), ...addDots(4, 'redsGreensRest', 'nextFour'), ...addDots(5, 'bluesRest', 'eightBlues')]
      : each(({ redsGreensRest, bluesRest, firstFour, nextFour, eightBlues }) => [
          ...redsGreensRest.set(i16.add(i16.add(redsGreensRest.get, firstFour.get), nextFour.get)),
          ...bluesRest.set(i16.add(bluesRest.get, eightBlues.get)),
        ]);
  const oneGroup: Code = [
    ...each(({ from, firstFour, nextFour, eightBlues }) => [
      ...firstFour.set(u8.load(from.get)),
      ...nextFour.set(u8.load(from.get, 12)),
      ...eightBlues.set(u8.or(u8.swizzle(firstFour.get, BLUES_LOW), u8.swizzle(nextFour.get, BLUES_HIGH))),
      ...firstFour.set(u8.swizzle(firstFour.get, REDS_GREENS)),
      ...nextFour.set(u8.swizzle(nextFour.get, REDS_GREENS)),
      ...increase(from, i32.constant(3 * GROUP_TAPS)),
    ]),
    ...addDots(0, 'redsGreens', 'firstFour'),
    ...addDots(1, 'redsGreens', 'nextFour'),
    ...addDots(2, 'blues', 'eightBlues'),
    ...rest,
    ...increase(weightAt, i32.constant(GROUP_BYTES[kind])),
  ];

  const total = (sum: Local, restOfIt: Local): Code =>
    kind === 'wide' ? combined(sum, restOfIt) : i32x4.add(sum.get, i32x4.shiftLeft(i16.addPairs(restOfIt.get), NARROW_BIAS_BITS));
  const store = ({ redsGreens, blues, redsGreensRest, bluesRest }: Row): Code => [
    ...redsGreens.set(total(redsGreens, redsGreensRest)),
    ...blues.set(total(blues, bluesRest)),
    ...blues.set(i32x4.add(blues.get, i32x4.shuffle(blues.get, blues.get, [2, 3, 2, 3]))),
    // Red, green and blue in three lanes: halves of reds and greens lie side by side.
    ...redsGreens.set(toLevels(i32x4.add(i32x4.shuffle(redsGreens.get, blues.get, [0, 2, 4, 4]), i32x4.shuffle(redsGreens.get, blues.get, [1, 3, 5, 5])))),
    ...redsGreens.set(i32x4.narrow(redsGreens.get, redsGreens.get)),
    ...i32x4.storeFirst(to.get, i16.narrow(redsGreens.get, redsGreens.get)),
    ...increase(to, targetStride.get),
  ];
  const onePair: Code = [
    ...each(({ redsGreens, blues, redsGreensRest, bluesRest }) => [redsGreens, blues, redsGreensRest, bluesRest].flatMap((sum) => sum.set(i32x4.zero))),
    ...both[0].from.set(i32.add(upperRow.get, loadNumber(offsets.get))),
    ...both[1].from.set(i32.add(both[0].from.get, sourceStride.get)),
    ...weightAt.set(weights.get),
    ...FunctionBuilder.times(group, groups.get, oneGroup),
    ...each(store),
    ...increase(upperRow, i32.shiftLeft(sourceStride.get, 1)),
  ];
  loop.body = FunctionBuilder.while(i32.less(offsets.get, offsetsEnd.get), [
    ...upperRow.set(source.get),
    ...to.set(target.get),
    ...FunctionBuilder.times(pair, rowPairs.get, onePair),
    // The last group leaves `weightAt` behind this result's weights.
    ...weights.set(weightAt.get),
    ...increase(target, i32.constant(3)),
    ...increase(offsets, i32.constant(4)),
  ]);
  return loop;
}

/**
 * `column`: one row of results, 16 bytes at a time, each the weighted sum of `2 · pairs` rows of the source. A pair's
 * weights are four 16-bit numbers: the high parts of both, the low parts of both. Up to 15 bytes behind `targetEnd` are
 * written, too.
 */
function column(): FunctionBuilder {
  const loop = new FunctionBuilder({ source: 'i32', stride: 'i32', pairs: 'i32', weights: 'i32', target: 'i32', targetEnd: 'i32' });
  const { source, stride, pairs, weights, target, targetEnd } = loop.parameters;
  const [from, weightAt, pair] = Array.from({ length: 3 }, () => loop.local('i32'));
  const [upper, lower, values, high, low] = Array.from({ length: 5 }, () => loop.local('v128'));
  const sums = Array.from({ length: 4 }, () => ({ high: loop.local('v128'), low: loop.local('v128') }));
  /** Levels of the two rows in turn, from eight bytes of each. */
  const interleaved = (start: number): Code => u8.shuffle(upper.get, lower.get, Array.from({ length: 16 }, (_, i) => (i % 2) * 16 + start + (i >> 1)));
  const onePair: Code = [
    ...high.set(i32x4.loadOne(weightAt.get, 0)),
    ...low.set(i32x4.loadOne(weightAt.get, 4)),
    ...upper.set(u8.load(from.get)),
    ...lower.set(u8.load(i32.add(from.get, stride.get))),
    ...sums.flatMap((sum, quarter) => [
      ...values.set((quarter % 2 === 0 ? u8.extendLow : u8.extendHigh)(interleaved(quarter < 2 ? 0 : 8))),
      ...accumulate(sum.high, i16.dot(values.get, high.get)),
      ...accumulate(sum.low, i16.dot(values.get, low.get)),
    ]),
    ...increase(from, i32.shiftLeft(stride.get, 1)),
    ...increase(weightAt, i32.constant(8)),
  ];
  const [first, second, third, fourth] = sums.map((sum) => toLevels(combined(sum.high, sum.low)));
  loop.body = FunctionBuilder.while(i32.less(target.get, targetEnd.get), [
    ...sums.flatMap((sum) => [...sum.high.set(i32x4.zero), ...sum.low.set(i32x4.zero)]),
    ...from.set(source.get),
    ...weightAt.set(weights.get),
    ...FunctionBuilder.times(pair, pairs.get, onePair),
    ...u8.store(target.get, i16.narrow(i32x4.narrow(first, second), i32x4.narrow(third, fourth))),
    ...increase(source, i32.constant(16)),
    ...increase(target, i32.constant(16)),
  ]);
  return loop;
}

type Rows = (source: number, sourceStride: number, rowPairs: number, offsets: number, offsetsEnd: number, weights: number, groups: number, target: number, targetStride: number) => void;

export interface ResizeLoops extends Record<Kind, Rows> {
  memory: Uint8Array;
  column(source: number, stride: number, pairs: number, weights: number, target: number, targetEnd: number): void;
}

const PAGE_BYTES = 65536;
/** Of the loops' memory; larger jobs than fit go the plain way. */
export const MEMORY_BYTES = 32 * PAGE_BYTES;

let loops: ResizeLoops | null | undefined;

/** The loops, made at the first call; null where WebAssembly or its SIMD is missing or forbidden. */
export function resizeLoops(): ResizeLoops | null {
  if (loops === undefined) {
    try {
      const pages = MEMORY_BYTES / PAGE_BYTES;
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
      const program = assemble({ wide: rows('wide'), narrow: rows('narrow'), column: column() });
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(program), { host: { memory } });
      loops = { ...(exports as unknown as Omit<ResizeLoops, 'memory'>), memory: new Uint8Array(memory.buffer) };
    } catch {
      loops = null;
    }
  }
  return loops;
}
