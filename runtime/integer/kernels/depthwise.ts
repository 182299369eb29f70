/**
 * Depthwise convolutions: eight channels of a pixel at once. Two places of the window are taken together: their activations and
 * weights lie by turns, so that `i32x4.dot_i16x8_s` multiplies and adds both. An odd last place has a partner of weight 0.
 */
import { FunctionBuilder, i32, type Code, type Local } from '../../wasm/assembler.ts';
import { scalar, vector } from '../../wasm/integers.ts';
import { advance, KernelBuilder, statements, times, WORD, type Kernel } from './kernel-builder.ts';
import { requantize8, WEIGHTED_FIELDS } from './requantize.ts';
import type { Storage } from './storage.ts';

export const DEPTHWISE_FIELDS = ['x', 'xRow', 'xStep', 'places', 'pairs', ...WEIGHTED_FIELDS] as const;

/** Bytes of the weights of a pair of places: eight channels, two places, 16 bits. */
const PAIR_BYTES = 32;
const CHANNELS_BYTES = 32;

/** @param pairs of places of windows of one size, unrolled; undefined: any size */
export function depthwiseKernel(storage: Storage, pairs?: number): Kernel {
  const k = new KernelBuilder<(typeof DEPTHWISE_FIELDS)[number]>(DEPTHWISE_FIELDS);
  const [pixelX, pixelY, x, y, w, bias, constants, place] = k.locals(8, 'i32');
  const [low, high, first, second] = k.locals(4);
  const half = k.splat64('half');
  const clamp = { low: k.splat16('low'), high: k.splat16('high') };

  const add = (sum: Local, zip: (a: Code, b: Code) => Code, offset: number): Code =>
    sum.set(vector.add32(sum.get, vector.dot16(zip(first.get, second.get), vector.load(w.get, offset))));
  /** @param places address of the offsets of both places */
  const pairAt = (places: Code, offset: number, weights: number): Code =>
    statements(
      first.set(storage.load(i32.add(x.get, scalar.load32(places, offset)))),
      second.set(storage.load(i32.add(x.get, scalar.load32(places, offset + WORD)))),
      add(low, vector.zipLow16, weights),
      add(high, vector.zipHigh16, weights + 16),
    );
  const products =
    pairs === undefined
      ? statements(
          place.set(k.field('places').get),
          times(
            k,
            k.field('pairs').get,
            statements(pairAt(place.get, 0, 0), advance(place, i32.constant(2 * WORD)), advance(w, i32.constant(PAIR_BYTES))),
          ),
        )
      : statements(
          ...Array.from({ length: pairs }, (_, i) => pairAt(k.field('places').get, 2 * WORD * i, PAIR_BYTES * i)),
          advance(w, i32.constant(pairs * PAIR_BYTES)),
        );

  const block = statements(
    low.set(vector.load(bias.get)),
    high.set(vector.load(bias.get, 16)),
    products,
    storage.store(y.get, requantize8([low.get, high.get], [vector.load(constants.get), vector.load(constants.get, 16)], half, clamp)),
    advance(x, i32.constant(8 * storage.bytes)),
    advance(y, i32.constant(8 * storage.bytes)),
    advance(bias, i32.constant(CHANNELS_BYTES)),
    advance(constants, i32.constant(CHANNELS_BYTES)),
  );
  const pixel = statements(
    x.set(pixelX.get),
    y.set(pixelY.get),
    w.set(k.field('weights').get),
    bias.set(k.field('bias').get),
    constants.set(k.field('constants').get),
    times(k, k.field('blocks').get, block),
    advance(pixelX, k.field('xStep').get),
    advance(pixelY, k.field('yStep').get),
  );
  const [xRow, yRow] = [k.field('x'), k.field('y')];
  return k.build(
    k.rows(
      [
        [xRow, 'xRow'],
        [yRow, 'yRow'],
      ],
      statements(pixelX.set(xRow.get), pixelY.set(yRow.get), FunctionBuilder.times(k.local(), k.field('columns').get, pixel)),
    ),
  );
}
