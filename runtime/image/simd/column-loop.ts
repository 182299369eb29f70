/** The loop that resamples columns. */
import { FunctionBuilder, i32, type Code } from '../../wasm/assembler.ts';
import { i32x4, u8 } from './lanes.ts';
import { addDot, increase, increaseBy, joined, narrowed, ROUNDING } from './sums.ts';

export type Column = (source: number, stride: number, pairs: number, weights: number, target: number, targetEnd: number) => void;

/**
 * One row of results, 16 bytes at a time, each the weighted sum of `2 · pairs` rows of the source; `weights`: as `writeSplit`
 * writes them. Up to 15 bytes behind `targetEnd` are written, too.
 */
export function column(): FunctionBuilder {
  const loop = new FunctionBuilder({ source: 'i32', stride: 'i32', pairs: 'i32', weights: 'i32', target: 'i32', targetEnd: 'i32' });
  const { source, stride, pairs, weights, target, targetEnd } = loop.parameters;
  const [from, weightAt, pair] = Array.from({ length: 3 }, () => loop.local('i32'));
  const [upper, lower, values, high, low] = Array.from({ length: 5 }, () => loop.local('v128'));
  const sums = Array.from({ length: 4 }, () => ({ high: loop.local('v128'), low: loop.local('v128') }));
  /** Levels of the two rows in turn, from eight bytes of each. */
  const interleaved = (start: number): Code =>
    u8.shuffle(
      upper.get,
      lower.get,
      Array.from({ length: 16 }, (_, i) => (i % 2) * 16 + start + (i >> 1)),
    );
  const onePair: Code = [
    ...high.set(i32x4.loadOne(weightAt.get, 0)),
    ...low.set(i32x4.loadOne(weightAt.get, 4)),
    ...upper.set(u8.load(from.get)),
    ...lower.set(u8.load(i32.add(from.get, stride.get))),
    ...sums.flatMap((sum, quarter) => [
      ...values.set((quarter % 2 === 0 ? u8.extendLow : u8.extendHigh)(interleaved(quarter < 2 ? 0 : 8))),
      ...addDot(sum.high, values.get, high.get),
      ...addDot(sum.low, values.get, low.get),
    ]),
    ...increase(from, i32.shiftLeft(stride.get, 1)),
    ...increaseBy(weightAt, 8),
  ];
  loop.body = FunctionBuilder.while(i32.less(target.get, targetEnd.get), [
    ...sums.flatMap((sum) => [...sum.high.set(i32x4.zero), ...sum.low.set(i32x4.spread(i32.constant(ROUNDING)))]),
    ...from.set(source.get),
    ...weightAt.set(weights.get),
    ...FunctionBuilder.times(pair, pairs.get, onePair),
    ...u8.store(target.get, narrowed(sums.map(({ high, low }) => joined(high, low)))),
    ...increaseBy(source, 16),
    ...increaseBy(target, 16),
  ]);
  return loop;
}
