/**
 * Depthwise convolutions: eight channels of a pixel at once. Two places of the window are taken together: their activations and
 * weights lie by turns, so that `i32x4.dot_i16x8_s` multiplies and adds both. An odd last place has a partner of weight 0.
 */
import { FunctionBuilder, i32, type Code, type Local } from '../../wasm/assembler.ts';
import { scalar, vector } from '../../wasm/integers.ts';
import { advance, KernelBuilder, statements, times, WORD, type Kernel } from './kernel-builder.ts';
import { requantize8, WEIGHTED_FIELDS, type KernelRounding } from './requantize.ts';
import type { Storage } from './storage.ts';

export const DEPTHWISE_FIELDS = ['x', 'xRow', 'xStep', 'places', 'pairs', ...WEIGHTED_FIELDS] as const;

/** Bytes of the weights of a pair of places: eight channels, two places, 16 bits. */
const PAIR_BYTES = 32;
const CHANNELS_BYTES = 32;

/** Pixels of a tile, which share what is loaded of weights. */
const PIXELS = 3;

/** A tile goes on in the next row where its row ends. */
export function depthwiseKernel(storage: Storage, rounding: KernelRounding): Kernel {
  const k = new KernelBuilder<(typeof DEPTHWISE_FIELDS)[number]>(DEPTHWISE_FIELDS);
  const [left, offset, w, bias, constants, place, firstAt, secondAt] = k.locals(8, 'i32');
  const [from, to] = [k.pixels('x'), k.pixels('y')];
  const [xAt, yAt] = [k.locals(PIXELS, 'i32'), k.locals(PIXELS, 'i32')];
  const sums = Array.from({ length: PIXELS }, () => k.locals(2) as [Local, Local]);
  const [weightsLow, weightsHigh, first, second] = k.locals(4);
  const half = k.splat64('half');
  const clamp = { low: k.splat16('low'), high: k.splat16('high') };

  const add = (sum: Local, zip: (a: Code, b: Code) => Code, weights: Local): Code =>
    sum.set(vector.add32(sum.get, vector.dot16(zip(first.get, second.get), weights.get)));
  const pair = statements(
    weightsLow.set(vector.load(w.get)),
    weightsHigh.set(vector.load(w.get, 16)),
    firstAt.set(i32.add(scalar.load32(place.get), offset.get)),
    secondAt.set(i32.add(scalar.load32(place.get, WORD), offset.get)),
    ...sums.map(([low, high], p) =>
      statements(
        first.set(storage.load(i32.add(xAt[p].get, firstAt.get))),
        second.set(storage.load(i32.add(xAt[p].get, secondAt.get))),
        add(low, vector.zipLow16, weightsLow),
        add(high, vector.zipHigh16, weightsHigh),
      ),
    ),
    advance(place, i32.constant(2 * WORD)),
    advance(w, i32.constant(PAIR_BYTES)),
  );
  /** Pixels beyond the last one are that one again. */
  const ifThere = (p: number, code: Code): Code => (p === 0 ? code : FunctionBuilder.if(scalar.greater(left.get, i32.constant(p)), code));
  const block = statements(
    ...[0, 1].map((part) => sums[0][part].set(vector.load(bias.get, 16 * part))),
    ...sums.slice(1).flatMap((sum) => sum.map((half, part) => half.set(sums[0][part].get))),
    place.set(k.field('places').get),
    times(k, k.field('pairs').get, pair),
    ...sums.map(([low, high], p) =>
      storage.store(
        i32.add(yAt[p].get, offset.get),
        requantize8(rounding, [low.get, high.get], [vector.load(constants.get), vector.load(constants.get, 16)], half, clamp),
      ),
    ),
    advance(offset, i32.constant(8 * storage.bytes)),
    advance(bias, i32.constant(CHANNELS_BYTES)),
    advance(constants, i32.constant(CHANNELS_BYTES)),
  );
  const tile = statements(
    ...xAt.map((address, p) =>
      statements(p === 0 ? [] : ifThere(p, statements(from.next, to.next)), address.set(from.at.x.get), yAt[p].set(to.at.y.get)),
    ),
    from.next,
    to.next,
    offset.set(i32.constant(0)),
    w.set(k.field('weights').get),
    bias.set(k.field('bias').get),
    constants.set(k.field('constants').get),
    times(k, k.field('blocks').get, block),
    advance(left, i32.constant(-PIXELS)),
  );
  return k.build(
    statements(from.begin, to.begin, left.set(k.pixelCount), FunctionBuilder.while(scalar.greater(left.get, i32.constant(0)), tile)),
  );
}
