/** Kernels that move activations: channels from place to place, and the padding around a map. */
import { FunctionBuilder, i32 } from '../../wasm/assembler.ts';
import { scalar } from '../../wasm/integers.ts';
import { advance, KernelBuilder, statements, times, WORD, type Kernel } from './kernel-builder.ts';
import type { Storage } from './storage.ts';

/** `xChannel`, `yChannel`: bytes from one channel to the next. */
export const COPY_FIELDS = ['x', 'xRow', 'xStep', 'xChannel', 'y', 'yRow', 'yStep', 'yChannel', 'columns', 'channels'] as const;

export function copyKernel(storage: Storage): Kernel {
  const k = new KernelBuilder<(typeof COPY_FIELDS)[number]>(COPY_FIELDS);
  const [pixelX, pixelY, x, y] = k.locals(4, 'i32');
  const pixel = statements(
    x.set(pixelX.get),
    y.set(pixelY.get),
    times(
      k,
      k.field('channels').get,
      statements(storage.storeOne(y.get, storage.loadOne(x.get)), advance(x, k.field('xChannel').get), advance(y, k.field('yChannel').get)),
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

/** `word`: activations that fill 32 bits; `words` of them from `y` on, every `yRow` bytes. */
export const FILL_FIELDS = ['y', 'yRow', 'words', 'word'] as const;

export function fillKernel(): Kernel {
  const k = new KernelBuilder<(typeof FILL_FIELDS)[number]>(FILL_FIELDS);
  const [yRow, y] = [k.field('y'), k.local()];
  return k.build(
    k.rows(
      [[yRow, 'yRow']],
      statements(
        y.set(yRow.get),
        FunctionBuilder.times(
          k.local(),
          k.field('words').get,
          statements(scalar.store32(y.get, k.field('word').get), advance(y, i32.constant(WORD))),
        ),
      ),
    ),
  );
}
