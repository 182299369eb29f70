/** Kernels that compute each value by itself: sums and products of two maps, eight channels at once; tables, one value at once. */
import { i32, type Code, type Local } from '../../wasm/assembler.ts';
import { scalar, vector } from '../../wasm/integers.ts';
import { advance, KernelBuilder, statements, times, type Kernel } from './kernel-builder.ts';
import { addScaled, requantize8, type KernelRounding } from './requantize.ts';
import type { Storage } from './storage.ts';

const PAIR = ['x', 'xRow', 'xStep', 'other', 'otherRow', 'otherStep', 'y', 'yRow', 'yStep', 'columns', 'blocks'] as const;
export const ADD_FIELDS = [...PAIR, 'factors', 'offset', 'shift', 'low', 'high'] as const;
/** A vector for the second map has steps of 0. */
export const MULTIPLY_FIELDS = [...PAIR, 'zeroPoint', 'otherZeroPoint', 'constant', 'half', 'halfHigh', 'low', 'high'] as const;

/** `body` for each eight channels of each pixel of two maps and the output, or for each one. */
export function ofPairs<Field extends string>(
  k: KernelBuilder<Field | (typeof PAIR)[number]>,
  storage: Storage,
  body: (x: Local, other: Local, y: Local) => Code,
  channels: 1 | 8 = 8,
): Code {
  const names = ['x', 'other', 'y'] as const;
  const rows = names.map((name) => k.field(name));
  const pixels = k.locals(3, 'i32');
  const [x, other, y] = k.locals(3, 'i32');
  const each = (into: Local[], from: Local[]): Code[] => into.map((local, i) => local.set(from[i].get));
  const pixel = statements(
    ...each([x, other, y], pixels),
    times(
      k,
      i32.mul(k.field('blocks').get, i32.constant(8 / channels)),
      statements(body(x, other, y), ...[x, other, y].map((pointer) => advance(pointer, i32.constant(channels * storage.bytes)))),
    ),
    ...names.map((name, i) => advance(pixels[i], k.field(`${name}Step`).get)),
  );
  return k.rows(
    names.map((name, i) => [rows[i], `${name}Row`]),
    statements(...each(pixels, rows), times(k, k.field('columns').get, pixel)),
  );
}

export function addKernel(storage: Storage, rounding: KernelRounding): Kernel {
  const k = new KernelBuilder<(typeof ADD_FIELDS)[number]>(ADD_FIELDS);
  const [first, second] = k.locals(2);
  const sum = {
    factors: k.splat32('factors'),
    offset: k.splat32('offset'),
    shift: k.field('shift').get,
    clamp: { low: k.splat16('low'), high: k.splat16('high') },
  };
  return k.build(
    ofPairs(k, storage, (x, other, y) => {
      const { before, value } = addScaled(rounding, first, storage.load(x.get), second, sum);
      return statements(before, second.set(storage.load(other.get)), storage.store(y.get, value));
    }),
  );
}

export function multiplyKernel(storage: Storage, rounding: KernelRounding): Kernel {
  const k = new KernelBuilder<(typeof MULTIPLY_FIELDS)[number]>(MULTIPLY_FIELDS);
  const [first, second] = k.locals(2);
  const [constant, zeroPoint, otherZeroPoint] = [k.splat32('constant'), k.splat16('zeroPoint'), k.splat16('otherZeroPoint')];
  const clamp = { low: k.splat16('low'), high: k.splat16('high') };
  const half = k.splat64('half');
  return k.build(
    ofPairs(k, storage, (x, other, y) =>
      statements(
        first.set(vector.sub16(storage.load(x.get), zeroPoint)),
        second.set(vector.sub16(storage.load(other.get), otherZeroPoint)),
        storage.store(
          y.get,
          requantize8(
            rounding,
            [vector.mulLow16(first.get, second.get), vector.mulHigh16(first.get, second.get)],
            [constant, constant],
            half,
            clamp,
          ),
        ),
      ),
    ),
  );
}

/** `tableStep`: bytes from one channel's table to the next one's, 0 if all share one. */
export const TABLE_FIELDS = ['x', 'xRow', 'xStep', 'y', 'yRow', 'yStep', 'columns', 'channels', 'table', 'tableStep'] as const;

/** @param from how the input lies: pixels are bytes */
export function tableKernel(from: Storage, storage: Storage): Kernel {
  const k = new KernelBuilder<(typeof TABLE_FIELDS)[number]>(TABLE_FIELDS);
  const [pixelX, pixelY, x, y, table] = k.locals(5, 'i32');
  const pixel = statements(
    x.set(pixelX.get),
    y.set(pixelY.get),
    table.set(k.field('table').get),
    times(
      k,
      k.field('channels').get,
      statements(
        storage.storeOne(y.get, scalar.load8(i32.add(table.get, from.loadOne(x.get)))),
        advance(x, i32.constant(from.bytes)),
        advance(y, i32.constant(storage.bytes)),
        advance(table, k.field('tableStep').get),
      ),
    ),
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
      statements(pixelX.set(xRow.get), pixelY.set(yRow.get), times(k, k.field('columns').get, pixel)),
    ),
  );
}
