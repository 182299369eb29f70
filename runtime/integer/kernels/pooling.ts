/** Pools: eight channels of a pixel at once. */
import { FunctionBuilder, i32, type Code, type Local } from '../../wasm/assembler.ts';
import { scalar, vector } from '../../wasm/integers.ts';
import { advance, KernelBuilder, statements, times, type Kernel } from './kernel-builder.ts';
import { requantize8, type KernelRounding } from './requantize.ts';
import type { Storage } from './storage.ts';

/** `rowSkip` leads from the end of a window's row to the begin of its next. */
export const MEAN_FIELDS = [
  'x',
  'xRow',
  'xStep',
  'tap',
  'rowSkip',
  'kernelRows',
  'kernelColumns',
  'y',
  'yRow',
  'yStep',
  'columns',
  'blocks',
  'factor',
  'bias',
  'constant',
  'half',
  'halfHigh',
  'low',
  'high',
] as const;

/** The mean of windows that lie in the map and what surrounds it. */
export function meanKernel(storage: Storage, rounding: KernelRounding): Kernel {
  const k = new KernelBuilder<(typeof MEAN_FIELDS)[number]>(MEAN_FIELDS);
  const [pixelX, pixelY, block, x] = k.locals(4, 'i32');
  const [low, high, value] = k.locals(3);
  const constant = k.splat32('constant');
  const accumulator = (sum: Code): Code => vector.add32(vector.mul32(sum, k.splat32('factor')), k.splat32('bias'));
  const zero = vector.splat32(i32.constant(0));
  const window = times(
    k,
    k.field('kernelRows').get,
    statements(
      times(
        k,
        k.field('kernelColumns').get,
        statements(
          value.set(storage.load(x.get)),
          low.set(vector.add32(low.get, vector.extendLow16(value.get))),
          high.set(vector.add32(high.get, vector.extendHigh16(value.get))),
          advance(x, k.field('tap').get),
        ),
      ),
      advance(x, k.field('rowSkip').get),
    ),
  );
  const offset = i32.mul(block.get, i32.constant(8 * storage.bytes));
  const pixel = statements(
    block.set(i32.constant(0)),
    times(
      k,
      k.field('blocks').get,
      statements(
        x.set(i32.add(pixelX.get, offset)),
        low.set(zero),
        high.set(zero),
        window,
        storage.store(
          i32.add(pixelY.get, offset),
          requantize8(rounding, [accumulator(low.get), accumulator(high.get)], [constant, constant], k.splat64('half'), {
            low: k.splat16('low'),
            high: k.splat16('high'),
          }),
        ),
        advance(block, i32.constant(1)),
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

export const LARGEST_FIELDS = [
  'x',
  'rowBytes',
  'tap',
  'height',
  'width',
  'kernel',
  'stride',
  'top',
  'left',
  'y',
  'yRow',
  'yStep',
  'columns',
  'blocks',
] as const;

/** Computes where the window of the output at `position` begins and ends within `size`. */
export const clippedWindow = (
  k: KernelBuilder<(typeof LARGEST_FIELDS)[number]>,
  begin: Local,
  end: Local,
  position: Code,
  before: Code,
  size: Code,
): Code =>
  statements(
    begin.set(i32.sub(i32.mul(position, k.field('stride').get), before)),
    end.set(scalar.min(i32.add(begin.get, k.field('kernel').get), size)),
    begin.set(scalar.max(begin.get, i32.constant(0))),
  );

/** The largest value of what of a window lies in the map. */
export function largestKernel(storage: Storage): Kernel {
  const k = new KernelBuilder<(typeof LARGEST_FIELDS)[number]>(LARGEST_FIELDS);
  const [top, bottom, left, right, column, pixelY, block, x, row, at] = k.locals(10, 'i32');
  const most = k.local('v128');
  const offset = i32.mul(block.get, i32.constant(8 * storage.bytes));
  const window = statements(
    row.set(top.get),
    FunctionBuilder.while(
      i32.less(row.get, bottom.get),
      statements(
        x.set(
          i32.add(
            i32.add(k.field('x').get, offset),
            i32.add(i32.mul(row.get, k.field('rowBytes').get), i32.mul(left.get, k.field('tap').get)),
          ),
        ),
        at.set(left.get),
        FunctionBuilder.while(
          i32.less(at.get, right.get),
          statements(most.set(vector.max16(most.get, storage.load(x.get))), advance(x, k.field('tap').get), advance(at, i32.constant(1))),
        ),
        advance(row, i32.constant(1)),
      ),
    ),
  );
  const pixel = statements(
    clippedWindow(k, left, right, column.get, k.field('left').get, k.field('width').get),
    block.set(i32.constant(0)),
    times(
      k,
      k.field('blocks').get,
      statements(
        most.set(vector.splat32(i32.constant(0))),
        window,
        storage.store(i32.add(pixelY.get, offset), most.get),
        advance(block, i32.constant(1)),
      ),
    ),
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
