/**
 * Dense convolutions without SIMD: a tile of two pixels by eight outputs. The same channel of both pixels lies in the halves of one
 * number of 64 bits; its product by a weight is both products, of which the lower one's borrow is taken back at the end.
 */
import { FunctionBuilder, i32, type Code, type Local } from '../../../wasm/assembler.ts';
import { scalar } from '../../../wasm/integers.ts';
import { ADDED_FIELDS, CONVOLUTION_FIELDS } from '../convolution.ts';
import { advance, KernelBuilder, statements, times, WORD, type Kernel } from '../kernel-builder.ts';
import type { KernelRounding } from '../requantize.ts';
import type { Storage } from '../storage.ts';
import { addScaledOne, setClamped } from './value.ts';

const OUTPUTS = 8;
const PIXELS = 2;

/** @param channels of one step, in whose order the weights, of one byte each, are packed */
export function scalarConvolution(
  storage: Storage,
  rounding: KernelRounding,
  channels: number,
  result: 'activations' | 'sum' | 'logits',
): Kernel {
  const k = new KernelBuilder<(typeof ADDED_FIELDS)[number]>(result === 'sum' ? ADDED_FIELDS : CONVOLUTION_FIELDS);
  const [x, y, weights, bias, constants] = (['x', 'y', 'weights', 'bias', 'constants'] as const).map((name) => k.field(name));
  const [xRow, yRow, tileX, tileY, left, w, first, second, value] = k.locals(9, 'i32');
  const sums = k.locals(OUTPUTS, 'i64');
  const both = k.local('i64');
  const half = k.long('half');
  const other = result === 'sum' ? { x: k.field('other'), row: k.local(), tile: k.local(), step: k.field('otherStep').get } : undefined;

  const step = statements(
    ...Array.from({ length: channels }, (_, c) =>
      statements(
        both.set(
          scalar.addLong(
            scalar.load8Long(first.get, c * storage.bytes),
            scalar.asUpperHalf(scalar.load8Long(second.get, c * storage.bytes)),
          ),
        ),
        ...sums.map((sum, o) =>
          sum.set(scalar.addLong(sum.get, scalar.multiplyLong(both.get, scalar.load8SignedLong(w.get, o * channels + c)))),
        ),
      ),
    ),
    advance(w, i32.constant(OUTPUTS * channels)),
    ...[first, second].map((pixel) => advance(pixel, i32.constant(channels * storage.bytes))),
  );
  const skip = (by: Code): Code => statements(advance(first, by), advance(second, by));
  const run = statements(times(k, k.field('chunks').get, step), skip(k.field('runSkip').get));
  const products = times(k, k.field('kernelRows').get, statements(times(k, k.field('runs').get, run), skip(k.field('rowSkip').get)));

  const clamp = result === 'logits' ? undefined : { low: k.field('low').get, high: k.field('high').get };
  /** Adds the other map's value to `value`. */
  const addOther = (pixel: number, o: number): Code =>
    addScaledOne(rounding, value, storage.loadOne(i32.add(other!.tile.get, i32.mul(other!.step, i32.constant(pixel))), o * storage.bytes), {
      factors: k.field('factors').get,
      offset: k.field('offset').get,
      shift: k.field('shift').get,
      clamp: { low: k.field('sumLow').get, high: k.field('sumHigh').get },
    });
  const write = (pixel: number): Code => {
    const target = i32.add(tileY.get, i32.mul(k.field('yStep').get, i32.constant(pixel)));
    return statements(
      ...sums.map((sum, o) => {
        const lower = scalar.lowerHalf(sum.get);
        const own = pixel === 0 ? lower : scalar.upperHalf(scalar.subtractLong(sum.get, scalar.toLong(lower)));
        const rounded = rounding.round(own, scalar.load32(constants.get, o * WORD), half);
        if (!clamp) return scalar.store32(target, rounded, o * WORD);
        return statements(
          setClamped(value, rounded, clamp),
          ...(other ? [addOther(pixel, o)] : []),
          storage.storeOne(target, value.get, o * storage.bytes),
        );
      }),
    );
  };

  /** A pixel beyond the row is the last one again, and is not written. */
  const tile = statements(
    first.set(tileX.get),
    second.set(scalar.select(i32.add(tileX.get, k.field('xStep').get), tileX.get, scalar.greater(left.get, i32.constant(1)))),
    ...sums.flatMap((sum, o) => {
      const own = scalar.toLong(scalar.load32(bias.get, o * WORD));
      return [sum.set(scalar.addLong(own, scalar.asUpperHalf(own)))];
    }),
    w.set(weights.get),
    products,
    write(0),
    FunctionBuilder.if(scalar.greater(left.get, i32.constant(1)), write(1)),
  );
  const nextTile = (pointer: Local, step: Code): Code => advance(pointer, i32.mul(step, i32.constant(PIXELS)));
  const row = statements(
    tileX.set(xRow.get),
    tileY.set(yRow.get),
    ...(other ? [other.tile.set(other.row.get)] : []),
    left.set(k.field('columns').get),
    FunctionBuilder.while(
      scalar.greater(left.get, i32.constant(0)),
      statements(
        tile,
        nextTile(tileX, k.field('xStep').get),
        nextTile(tileY, k.field('yStep').get),
        ...(other ? [nextTile(other.tile, other.step)] : []),
        advance(left, i32.constant(-PIXELS)),
      ),
    ),
  );
  const { restart } = k.rowsAgain();
  const block = statements(
    restart,
    xRow.set(x.get),
    yRow.set(y.get),
    ...(other ? [other.row.set(other.x.get)] : []),
    k.rows([[xRow, 'xRow'], [yRow, 'yRow'], ...(other ? [[other.row, 'otherRow'] as [Local, 'otherRow']] : [])], row),
    weights.set(w.get),
    advance(bias, i32.constant(OUTPUTS * WORD)),
    advance(constants, i32.constant(OUTPUTS * WORD)),
    advance(y, i32.constant(OUTPUTS * (result === 'logits' ? WORD : storage.bytes))),
    ...(other ? [advance(other.x, i32.constant(OUTPUTS * storage.bytes))] : []),
  );
  return k.build(times(k, k.field('blocks').get, block));
}
