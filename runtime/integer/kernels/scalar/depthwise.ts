/** Depthwise convolutions without SIMD: one channel of a pixel at once. Weights lie as for SIMD: eight channels by pairs of places. */
import { FunctionBuilder, i32 } from '../../../wasm/assembler.ts';
import { scalar } from '../../../wasm/integers.ts';
import { DEPTHWISE_FIELDS } from '../depthwise.ts';
import { advance, KernelBuilder, statements, times, WORD, type Kernel } from '../kernel-builder.ts';
import type { KernelRounding } from '../requantize.ts';
import type { Storage } from '../storage.ts';
import { setClamped } from './value.ts';

const CHANNELS = 8;
/** Bytes of two places' weights of a channel, and of eight channels. */
const [PAIR_BYTES, PAIRS_BYTES] = [4, 4 * CHANNELS];

export function scalarDepthwise(storage: Storage, { round }: KernelRounding): Kernel {
  const k = new KernelBuilder<(typeof DEPTHWISE_FIELDS)[number]>(DEPTHWISE_FIELDS);
  const [pixelX, pixelY, x, y, w, own, bias, constants, place, sum] = k.locals(10, 'i32');
  const product = (offset: 0 | 1) =>
    i32.mul(
      storage.loadOne(i32.add(x.get, scalar.load32(place.get, offset * WORD))),
      scalar.load16Signed(own.get, (offset * PAIR_BYTES) / 2),
    );
  const channel = statements(
    own.set(w.get),
    place.set(k.field('places').get),
    sum.set(scalar.load32(bias.get)),
    times(
      k,
      k.field('pairs').get,
      statements(
        sum.set(i32.add(sum.get, i32.add(product(0), product(1)))),
        advance(place, i32.constant(2 * WORD)),
        advance(own, i32.constant(PAIRS_BYTES)),
      ),
    ),
    setClamped(sum, round(sum.get, scalar.load32(constants.get), k.long('half')), { low: k.field('low').get, high: k.field('high').get }),
    storage.storeOne(y.get, sum.get),
    ...[x, y].map((pointer) => advance(pointer, i32.constant(storage.bytes))),
    ...[bias, constants].map((pointer) => advance(pointer, i32.constant(WORD))),
    advance(w, i32.constant(PAIR_BYTES)),
  );
  const block = statements(
    times(k, i32.constant(CHANNELS), channel),
    // `own` stands behind the last channel's pairs: the next block begins where its first channel would.
    w.set(i32.sub(own.get, i32.constant((CHANNELS - 1) * PAIR_BYTES))),
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
