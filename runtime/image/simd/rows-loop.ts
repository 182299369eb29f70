/** The loop that resamples rows by any filter, each result on its own. */
import { FunctionBuilder, i32, type Code } from '../../wasm/assembler.ts';
import { i32x4, loadNumber, u8 } from './lanes.ts';
import { addDot, increase, increaseBy, joined, narrowed, PAIR_BYTES, pixelPair, ROUNDING, ROWS_AT_ONCE, storePixels } from './sums.ts';

export type Rows = (
  offsets: number,
  offsetsEnd: number,
  weights: number,
  pairs: number,
  source: number,
  sourceStride: number,
  quads: number,
  target: number,
  targetStride: number,
) => void;

/**
 * Computes, for each result of `offsets` (byte offsets of its first source pixel, from `offsets` to before `offsetsEnd`), in each of `4 ·
 * quads` rows, the weighted sum of `2 · pairs` RGB pixels, as one RGB pixel; `weights`: as `writeSplit` writes them, `pairs` for each
 * result.
 */
export function rows(): FunctionBuilder {
  const loop = new FunctionBuilder({
    offsets: 'i32',
    offsetsEnd: 'i32',
    weights: 'i32',
    pairs: 'i32',
    source: 'i32',
    sourceStride: 'i32',
    quads: 'i32',
    target: 'i32',
    targetStride: 'i32',
  });
  const { offsets, offsetsEnd, weights, pairs, source, sourceStride, quads, target, targetStride } = loop.parameters;
  const [quad, pair, weightAt, upperRow, to] = Array.from({ length: 5 }, () => loop.local('i32'));
  const [values, high, low] = Array.from({ length: 3 }, () => loop.local('v128'));
  const four = Array.from({ length: ROWS_AT_ONCE }, () => ({ from: loop.local('i32'), high: loop.local('v128'), low: loop.local('v128') }));

  const onePair: Code = [
    ...high.set(i32x4.loadOne(weightAt.get)),
    ...low.set(i32x4.loadOne(weightAt.get, 4)),
    ...four.flatMap((row) => [
      ...values.set(pixelPair(u8.loadHalf(row.from.get), 0)),
      ...addDot(row.high, values.get, high.get),
      ...addDot(row.low, values.get, low.get),
      ...increaseBy(row.from, PAIR_BYTES),
    ]),
    ...increaseBy(weightAt, 8),
  ];
  const oneQuad: Code = [
    ...four.flatMap((row, index) => [
      ...row.from.set(index === 0 ? i32.add(upperRow.get, loadNumber(offsets.get)) : i32.add(four[index - 1].from.get, sourceStride.get)),
      ...row.high.set(i32x4.zero),
      ...row.low.set(i32x4.spread(i32.constant(ROUNDING))),
    ]),
    ...weightAt.set(weights.get),
    ...FunctionBuilder.times(pair, pairs.get, onePair),
    ...values.set(narrowed(four.map((row) => joined(row.high, row.low)))),
    ...storePixels(to, targetStride.get, values),
    ...increase(upperRow, i32.shiftLeft(sourceStride.get, 2)),
  ];
  loop.body = FunctionBuilder.while(i32.less(offsets.get, offsetsEnd.get), [
    ...upperRow.set(source.get),
    ...to.set(target.get),
    ...FunctionBuilder.times(quad, quads.get, oneQuad),
    // The last quad leaves `weightAt` behind this result's weights.
    ...weights.set(weightAt.get),
    ...increaseBy(target, 3),
    ...increaseBy(offsets, 4),
  ]);
  return loop;
}
