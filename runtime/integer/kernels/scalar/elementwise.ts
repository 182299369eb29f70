/** Sums and products of two maps without SIMD, one value at once. */
import { i32 } from '../../../wasm/assembler.ts';
import { ADD_FIELDS, MULTIPLY_FIELDS, ofPairs } from '../elementwise.ts';
import { KernelBuilder, statements, type Kernel } from '../kernel-builder.ts';
import type { KernelRounding } from '../requantize.ts';
import type { Storage } from '../storage.ts';
import { addScaledOne, setClamped } from './value.ts';

export function scalarAdd(storage: Storage, rounding: KernelRounding): Kernel {
  const k = new KernelBuilder<(typeof ADD_FIELDS)[number]>(ADD_FIELDS);
  const value = k.local();
  const sum = {
    factors: k.field('factors').get,
    offset: k.field('offset').get,
    shift: k.field('shift').get,
    clamp: { low: k.field('low').get, high: k.field('high').get },
  };
  return k.build(
    ofPairs(
      k,
      storage,
      (x, other, y) =>
        statements(
          value.set(storage.loadOne(x.get)),
          addScaledOne(rounding, value, storage.loadOne(other.get), sum),
          storage.storeOne(y.get, value.get),
        ),
      1,
    ),
  );
}

export function scalarMultiply(storage: Storage, { round }: KernelRounding): Kernel {
  const k = new KernelBuilder<(typeof MULTIPLY_FIELDS)[number]>(MULTIPLY_FIELDS);
  const value = k.local();
  const clamp = { low: k.field('low').get, high: k.field('high').get };
  return k.build(
    ofPairs(
      k,
      storage,
      (x, other, y) => {
        const first = i32.sub(storage.loadOne(x.get), k.field('zeroPoint').get);
        const second = i32.sub(storage.loadOne(other.get), k.field('otherZeroPoint').get);
        return statements(
          setClamped(value, round(i32.mul(first, second), k.field('constant').get, k.long('half')), clamp),
          storage.storeOne(y.get, value.get),
        );
      },
      1,
    ),
  );
}
