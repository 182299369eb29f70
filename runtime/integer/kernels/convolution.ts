/**
 * Dense convolutions: a tile of some pixels by eight outputs. Outputs lie in lanes: one step multiplies the same few channels of
 * a pixel, in every lane, by weights of eight outputs, so that nothing is added across lanes at the end. Weights lie in the order
 * in which they are read (`plan/pack-weights.ts`).
 */
import { FunctionBuilder, i32, type Code, type Local } from '../../wasm/assembler.ts';
import { scalar, vector } from '../../wasm/integers.ts';
import { advance, KernelBuilder, statements, times, type Kernel } from './kernel-builder.ts';
import { addScaled, requantize4, requantize8, WEIGHTED_FIELDS } from './requantize.ts';
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
  /** Number of pixels of a row in one tile. */
  pixels: number;
  /** Kind of result that the sums become. */
  result: 'activations' | 'sum' | 'logits';
}

export function convolutionKernel({ storage, channels, step }: DotProduct, { pixels, result }: Form): Kernel {
  const k = new KernelBuilder<(typeof ADDED_FIELDS)[number]>(result === 'sum' ? ADDED_FIELDS : CONVOLUTION_FIELDS);
  const [x, y, weights, bias, constants] = (['x', 'y', 'weights', 'bias', 'constants'] as const).map((name) => k.field(name));
  const [xRow, yRow] = k.locals(2, 'i32');
  const [tileX, tileY, left, w] = k.locals(4, 'i32');
  const at = k.locals(pixels, 'i32');
  const sums = Array.from({ length: pixels }, () => k.locals(2) as [Local, Local]);
  const [weightsLow, weightsHigh, pixel] = k.locals(3);
  const half = k.splat64('half');
  const clamp = { low: k.splat16('low'), high: k.splat16('high') };

  // One step a turn: TurboFan places all loads of a turn before its products, and of several steps they do not fit the registers.
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
  const other = result === 'sum' ? { x: k.field('other'), row: k.local(), tile: k.local(), step: k.field('otherStep').get } : undefined;
  const writeActivations = (p: number): Code => {
    const target = i32.add(tileY.get, i32.mul(k.field('yStep').get, i32.constant(p)));
    const own = requantize8([sums[p][0].get, sums[p][1].get], constantsAt, half, clamp);
    if (!other) return storage.store(target, own);
    const second = weightsHigh;
    const { before, value } = addScaled(weightsLow, own, second, {
      factors: k.splat32('factors'),
      offset: k.splat32('offset'),
      shift: k.field('shift').get,
      clamp: { low: k.splat16('sumLow'), high: k.splat16('sumHigh') },
    });
    return statements(
      before,
      second.set(storage.load(i32.add(other.tile.get, i32.mul(other.step, i32.constant(p))))),
      storage.store(target, value),
    );
  };
  const writeLogits = (p: number): Code =>
    statements(...[0, 1].map((part) => vector.store(tileY.get, requantize4(sums[p][part].get, constantsAt[part], half), 16 * part)));
  const write = result === 'logits' ? writeLogits : writeActivations;

  /** Pixels beyond the row are the last one again, and are not written. */
  const tile = statements(
    ...at.map((address, p) =>
      address.set(
        p === 0
          ? tileX.get
          : scalar.select(i32.add(at[p - 1].get, k.field('xStep').get), at[p - 1].get, scalar.greater(left.get, i32.constant(p))),
      ),
    ),
    ...sums.flatMap(([low, high]) => [low.set(vector.load(bias.get)), high.set(vector.load(bias.get, 16))]),
    w.set(weights.get),
    products,
    ...sums.map((_, p) => (p === 0 ? write(p) : FunctionBuilder.if(scalar.greater(left.get, i32.constant(p)), write(p)))),
  );
  const nextTile = (pointer: Local, step: Code): Code => advance(pointer, i32.mul(step, i32.constant(pixels)));
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
        advance(left, i32.constant(-pixels)),
      ),
    ),
  );
  const { restart } = k.rowsAgain();
  const outputBytes = 8 * (result === 'logits' ? WORD_OF_LOGIT : storage.bytes);
  const block = statements(
    restart,
    xRow.set(x.get),
    yRow.set(y.get),
    ...(other ? [other.row.set(other.x.get)] : []),
    k.rows([[xRow, 'xRow'], [yRow, 'yRow'], ...(other ? [[other.row, 'otherRow'] as [Local, 'otherRow']] : [])], row),
    weights.set(w.get),
    advance(bias, i32.constant(OUTPUTS_BYTES)),
    advance(constants, i32.constant(OUTPUTS_BYTES)),
    advance(y, i32.constant(outputBytes)),
    ...(other ? [advance(other.x, i32.constant(8 * storage.bytes))] : []),
  );
  return k.build(times(k, k.field('blocks').get, block));
}

const WORD_OF_LOGIT = 4;
