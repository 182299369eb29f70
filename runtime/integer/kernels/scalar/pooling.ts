/** Pools without SIMD, one channel of a pixel at once. */
import { FunctionBuilder, i32, type Code, type Local } from '../../../wasm/assembler.ts';
import { scalar } from '../../../wasm/integers.ts';
import { advance, KernelBuilder, statements, times, type Kernel } from '../kernel-builder.ts';
import { clippedWindow, LARGEST_FIELDS, MEAN_FIELDS } from '../pooling.ts';
import type { KernelRounding } from '../requantize.ts';
import type { Storage } from '../storage.ts';
import { setClamped } from './value.ts';

const channelsOf = (blocks: Code): Code => i32.mul(blocks, i32.constant(8));

export function scalarMean(storage: Storage, { round }: KernelRounding): Kernel {
  const k = new KernelBuilder<(typeof MEAN_FIELDS)[number]>(MEAN_FIELDS);
  const [pixelX, pixelY, from, x, y, sum] = k.locals(6, 'i32');
  const window = times(
    k,
    k.field('kernelRows').get,
    statements(
      times(k, k.field('kernelColumns').get, statements(sum.set(i32.add(sum.get, storage.loadOne(x.get))), advance(x, k.field('tap').get))),
      advance(x, k.field('rowSkip').get),
    ),
  );
  const accumulator = i32.add(i32.mul(sum.get, k.field('factor').get), k.field('bias').get);
  const channel = statements(
    x.set(from.get),
    sum.set(i32.constant(0)),
    window,
    setClamped(sum, round(accumulator, k.field('constant').get, k.long('half')), { low: k.field('low').get, high: k.field('high').get }),
    storage.storeOne(y.get, sum.get),
    ...[from, y].map((pointer) => advance(pointer, i32.constant(storage.bytes))),
  );
  const pixel = statements(
    from.set(pixelX.get),
    y.set(pixelY.get),
    times(k, channelsOf(k.field('blocks').get), channel),
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

export function scalarLargest(storage: Storage): Kernel {
  const k = new KernelBuilder<(typeof LARGEST_FIELDS)[number]>(LARGEST_FIELDS);
  const [top, bottom, left, right, column, pixelY, y, from, x, row, at, most] = k.locals(12, 'i32');
  const more = (value: Code): Code => scalar.max(most.get, value);
  const forEach = (position: Local, begin: Code, end: Code, body: Code): Code =>
    statements(
      position.set(begin),
      FunctionBuilder.while(i32.less(position.get, end), statements(body, advance(position, i32.constant(1)))),
    );
  const window = forEach(
    row,
    top.get,
    bottom.get,
    statements(
      x.set(i32.add(from.get, i32.add(i32.mul(row.get, k.field('rowBytes').get), i32.mul(left.get, k.field('tap').get)))),
      forEach(at, left.get, right.get, statements(most.set(more(storage.loadOne(x.get))), advance(x, k.field('tap').get))),
    ),
  );
  const channel = statements(
    most.set(i32.constant(0)),
    window,
    storage.storeOne(y.get, most.get),
    ...[from, y].map((pointer) => advance(pointer, i32.constant(storage.bytes))),
  );
  const pixel = statements(
    clippedWindow(k, left, right, column.get, k.field('left').get, k.field('width').get),
    from.set(k.field('x').get),
    y.set(pixelY.get),
    times(k, channelsOf(k.field('blocks').get), channel),
    advance(pixelY, k.field('yStep').get),
    advance(column, i32.constant(1)),
  );
  const yRow = k.field('y');
  return k.build(
    k.rows(
      [[yRow, 'yRow']],
      statements(
        clippedWindow(k, top, bottom, k.row, k.field('top').get, k.field('height').get),
        column.set(i32.constant(0)),
        pixelY.set(yRow.get),
        times(k, k.field('columns').get, pixel),
      ),
    ),
  );
}
