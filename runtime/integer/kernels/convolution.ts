/**
 * Dense convolutions: a tile of some pixels by eight outputs. Outputs lie in lanes: one step multiplies the same few channels of
 * a pixel, in every lane, by weights of eight outputs, so that nothing is added across lanes at the end. A tile goes on in the next
 * row where its row ends. Weights lie in the order in which they are read (`plan/pack-weights.ts`).
 */
import { FunctionBuilder, i32, type Code, type Local } from '../../wasm/assembler.ts';
import { scalar, vector } from '../../wasm/integers.ts';
import { advance, KernelBuilder, statements, times, type Kernel } from './kernel-builder.ts';
import { addScaled, requantize8, WEIGHTED_FIELDS, type KernelRounding } from './requantize.ts';
import type { Storage } from './storage.ts';

/** One step of a tile: some channels of a pixel by eight outputs. */
export interface DotProduct {
  storage: Storage;
  /** Channels of one step: they fill 32 bits. */
  channels: 2 | 4;
  /** `sum` + products of the channels, in every lane of `pixel`, by those of the `weights` of four outputs. */
  step(sum: Code, pixel: Code, weights: Code): Code;
}

export const CONVOLUTION_FIELDS = ['x', 'xRow', 'xStep', 'kernelRows', 'runs', 'chunks', 'runSkip', 'rowSkip', ...WEIGHTED_FIELDS] as const;

/** Fields of a convolution that adds another map to its own: clamp((own · f₁ + other · f₂ + offset) >> shift). */
export const ADDED_FIELDS = [
  ...CONVOLUTION_FIELDS,
  'other',
  'otherRow',
  'otherStep',
  'factors',
  'offset',
  'shift',
  'sumLow',
  'sumHigh',
] as const;

/** Bytes of weights of one step. */
const STEP_BYTES = 32;
/** Bytes of eight biases or constants. */
const OUTPUTS_BYTES = 32;

interface Form {
  /** Number of pixels in one tile. */
  pixels: number;
  /** Kind of result that the sums become. */
  result: 'activations' | 'sum' | 'logits';
}

export function convolutionKernel({ storage, channels, step }: DotProduct, rounding: KernelRounding, { pixels, result }: Form): Kernel {
  const k = new KernelBuilder<(typeof ADDED_FIELDS)[number]>(result === 'sum' ? ADDED_FIELDS : CONVOLUTION_FIELDS);
  const [y, weights, bias, constants] = (['y', 'weights', 'bias', 'constants'] as const).map((name) => k.field(name));
  const [left, w] = k.locals(2, 'i32');
  const at = k.locals(pixels, 'i32');
  const sums = Array.from({ length: pixels }, () => k.locals(2) as [Local, Local]);
  const [weightsLow, weightsHigh, pixel] = k.locals(3);
  const half = k.splat64('half');
  const clamp = { low: k.splat16('low'), high: k.splat16('high') };

  // One step a turn: TurboFan places all loads of a turn before its products, and of several steps they do not fit the registers. Two
  // steps with a branch between them, which keeps their loads apart, took as long.
  const oneStep = statements(
    weightsLow.set(vector.load(w.get)),
    weightsHigh.set(vector.load(w.get, 16)),
    ...at.map((address, p) =>
      statements(
        pixel.set(vector.load32Splat(address.get)),
        sums[p][0].set(step(sums[p][0].get, pixel.get, weightsLow.get)),
        sums[p][1].set(step(sums[p][1].get, pixel.get, weightsHigh.get)),
      ),
    ),
    advance(w, i32.constant(STEP_BYTES)),
    ...at.map((address) => advance(address, i32.constant(channels * storage.bytes))),
  );
  const skip = (by: Code): Code => statements(...at.map((address) => advance(address, by)));
  const run = times(k, k.field('chunks').get, oneStep);
  const products = times(
    k,
    k.field('kernelRows').get,
    statements(times(k, k.field('runs').get, statements(run, skip(k.field('runSkip').get))), skip(k.field('rowSkip').get)),
  );

  const constantsAt: [Code, Code] = [vector.load(constants.get), vector.load(constants.get, 16)];
  const from = k.pixels('x');
  const to = k.pixels('y', ...(result === 'sum' ? (['other'] as const) : []));
  const writeActivations = (p: number): Code => {
    const own = requantize8(rounding, [sums[p][0].get, sums[p][1].get], constantsAt, half, clamp);
    if (result !== 'sum') return storage.store(to.at.y.get, own);
    const second = weightsHigh;
    const { before, value } = addScaled(rounding, weightsLow, own, second, {
      factors: k.splat32('factors'),
      offset: k.splat32('offset'),
      shift: k.field('shift').get,
      clamp: { low: k.splat16('sumLow'), high: k.splat16('sumHigh') },
    });
    return statements(before, second.set(storage.load(to.at.other.get)), storage.store(to.at.y.get, value));
  };
  const writeLogits = (p: number): Code =>
    statements(...[0, 1].map((part) => vector.store(to.at.y.get, rounding.round(sums[p][part].get, constantsAt[part], half), 16 * part)));
  const write = result === 'logits' ? writeLogits : writeActivations;

  /** Pixels beyond the last one are that one again, and are not written. */
  const ifThere = (p: number, code: Code): Code => (p === 0 ? code : FunctionBuilder.if(scalar.greater(left.get, i32.constant(p)), code));
  const tile = statements(
    ...at.map((address, p) => statements(p === 0 ? [] : ifThere(p, from.next), address.set(from.at.x.get))),
    ...[0, 1].map((part) => sums[0][part].set(vector.load(bias.get, 16 * part))),
    ...sums.slice(1).flatMap((sum) => sum.map((half, part) => half.set(sums[0][part].get))),
    w.set(weights.get),
    products,
    from.next,
    ...sums.map((_, p) => ifThere(p, statements(write(p), to.next))),
    advance(left, i32.constant(-pixels)),
  );
  const outputBytes = 8 * (result === 'logits' ? WORD_OF_LOGIT : storage.bytes);
  const block = statements(
    from.begin,
    to.begin,
    left.set(k.pixelCount),
    FunctionBuilder.while(scalar.greater(left.get, i32.constant(0)), tile),
    weights.set(w.get),
    advance(bias, i32.constant(OUTPUTS_BYTES)),
    advance(constants, i32.constant(OUTPUTS_BYTES)),
    advance(y, i32.constant(outputBytes)),
    ...(result === 'sum' ? [advance(k.field('other'), i32.constant(8 * storage.bytes))] : []),
  );
  return k.build(times(k, k.field('blocks').get, block));
}

const WORD_OF_LOGIT = 4;
