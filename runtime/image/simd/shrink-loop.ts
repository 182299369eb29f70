/** The loop that shrinks rows, each source pixel read once. */
import { FunctionBuilder, i32, type Code } from '../../wasm/assembler.ts';
import { i32x4, loadNumber, u8 } from './lanes.ts';
import { addDot, increase, increaseBy, narrowed, PAIR_BYTES, pixelPair, ROUNDING, ROWS_AT_ONCE, storePixels, toLevels } from './sums.ts';

/** Bytes of a span in the loop's table: the byte offset of its first pixel, how many four pixels it has, 1 if two more follow. */
export const SPAN_BYTES = 12;
/** Bytes that a row keeps from one span to the next: the sums of the result that has begun. */
export const STATE_BYTES = 16;

export type Shrink = (
  table: number,
  tableEnd: number,
  weights: number,
  factor: number,
  remainders: number,
  remainderPairs: number,
  lowest: number,
  highest: number,
  state: number,
  source: number,
  sourceStride: number,
  quads: number,
  target: number,
  targetStride: number,
) => void;

/**
 * Computes, for each span of the table (spans.ts) in each of `4 · quads` rows, the weighted sums of its pixels for the result that ends
 * with it and for the one that begins with it; the former is written, as an RGB pixel. The first span ends no result: what it writes lies
 * before the row, and is written over by the row before, which ends later. `state` begins as zeros, and as the last span begins no result,
 * it ends so.
 *
 * A sum of products with shortened weights, times `factor`, lacks `lowest` to `highest` to the sum wanted. Where these would make different
 * levels, the products with the remainders are added; elsewhere they cannot matter.
 */
export function shrink(): FunctionBuilder {
  const loop = new FunctionBuilder({
    table: 'i32',
    tableEnd: 'i32',
    weights: 'i32',
    factor: 'i32',
    remainders: 'i32',
    remainderPairs: 'i32',
    lowest: 'i32',
    highest: 'i32',
    state: 'i32',
    source: 'i32',
    sourceStride: 'i32',
    quads: 'i32',
    target: 'i32',
    targetStride: 'i32',
  });
  const {
    table,
    tableEnd,
    weights,
    factor,
    remainders,
    remainderPairs,
    lowest,
    highest,
    state,
    source,
    sourceStride,
    quads,
    target,
    targetStride,
  } = loop.parameters;
  const [quad, counter, weightAt, upperRow, rowState, to, remainderAt, from] = Array.from({ length: 8 }, () => loop.local('i32'));
  const [values, endingWeights, startingWeights, differing, factors, low, range] = Array.from({ length: 7 }, () => loop.local('v128'));
  const four = Array.from({ length: ROWS_AT_ONCE }, () => ({
    from: loop.local('i32'),
    pixels: loop.local('v128'),
    ending: loop.local('v128'),
    starting: loop.local('v128'),
  }));
  type Row = (typeof four)[number];
  const each = (code: (row: Row, index: number) => Code): Code => four.flatMap(code);

  const addPair = (index: 0 | 1): Code => [
    ...endingWeights.set(i32x4.loadOne(weightAt.get, 8 * index)),
    ...startingWeights.set(i32x4.loadOne(weightAt.get, 8 * index + 4)),
    ...each(({ pixels, ending, starting }) => [
      ...values.set(pixelPair(pixels.get, index)),
      ...addDot(ending, values.get, endingWeights.get),
      ...addDot(starting, values.get, startingWeights.get),
    ]),
  ];
  const advance = (pairs: number): Code => [...each((row) => increaseBy(row.from, PAIR_BYTES * pairs)), ...increaseBy(weightAt, 8 * pairs)];
  const addSpan: Code = [
    ...FunctionBuilder.times(counter, loadNumber(table.get, 4), [
      ...each(({ from, pixels }) => pixels.set(u8.load(from.get))),
      ...addPair(0),
      ...addPair(1),
      ...advance(2),
    ]),
    ...FunctionBuilder.if(loadNumber(table.get, 8), [
      ...each(({ from, pixels }) => pixels.set(u8.loadHalf(from.get))),
      ...addPair(0),
      ...advance(1),
    ]),
  ];

  /** Bits in which the levels differ that the least and the most make of a sum; `ending` has `lowest` in it. */
  const difference = ({ ending }: Row): Code => u8.xor(toLevels(ending.get), toLevels(i32x4.add(ending.get, range.get)));
  const addRemainders = (row: Row, index: number): Code =>
    FunctionBuilder.if(u8.anyTrue(difference(row)), [
      // The result that ends began with the span before.
      ...from.set(i32.add(upperRow.get, loadNumber(i32.sub(table.get, i32.constant(SPAN_BYTES))))),
      ...Array.from({ length: index }, () => increase(from, sourceStride.get)).flat(),
      ...remainderAt.set(remainders.get),
      ...row.ending.set(i32x4.add(i32x4.sub(row.ending.get, low.get), i32x4.spread(i32.constant(ROUNDING)))),
      ...FunctionBuilder.times(counter, remainderPairs.get, [
        ...addDot(row.ending, pixelPair(u8.loadHalf(from.get), 0), i32x4.loadOne(remainderAt.get)),
        ...increaseBy(from, PAIR_BYTES),
        ...increaseBy(remainderAt, 4),
      ]),
    ]);
  const finish: Code = [
    ...each(({ ending }) => ending.set(i32x4.add(i32x4.mul(ending.get, factors.get), low.get))),
    ...differing.set(four.map(difference).reduce(u8.or)),
    ...FunctionBuilder.if(u8.anyTrue(differing.get), each(addRemainders)),
    ...values.set(narrowed(four.map(({ ending }) => ending.get))),
    ...storePixels(to, targetStride.get, values),
  ];

  const oneQuad: Code = [
    ...each(({ from, ending, starting }, index) => [
      ...from.set(index === 0 ? i32.add(upperRow.get, loadNumber(table.get)) : i32.add(four[index - 1].from.get, sourceStride.get)),
      ...ending.set(u8.load(rowState.get, STATE_BYTES * index)),
      ...starting.set(i32x4.zero),
    ]),
    ...weightAt.set(weights.get),
    ...addSpan,
    ...each(({ starting }, index) => u8.store(rowState.get, starting.get, STATE_BYTES * index)),
    ...finish,
    ...increase(upperRow, i32.shiftLeft(sourceStride.get, 2)),
    ...increaseBy(rowState, STATE_BYTES * ROWS_AT_ONCE),
  ];
  loop.body = [
    ...factors.set(i32x4.spread(factor.get)),
    ...low.set(i32x4.spread(i32.add(lowest.get, i32.constant(ROUNDING)))),
    ...range.set(i32x4.spread(i32.sub(highest.get, lowest.get))),
    ...increaseBy(target, -3),
    ...FunctionBuilder.while(i32.less(table.get, tableEnd.get), [
      ...upperRow.set(source.get),
      ...rowState.set(state.get),
      ...to.set(target.get),
      ...FunctionBuilder.times(quad, quads.get, oneQuad),
      // The last quad leaves `weightAt` behind this span's weights.
      ...weights.set(weightAt.get),
      ...increase(remainders, i32.shiftLeft(remainderPairs.get, 2)),
      ...increaseBy(table, SPAN_BYTES),
      ...increaseBy(target, 3),
    ]),
  ];
  return loop;
}
