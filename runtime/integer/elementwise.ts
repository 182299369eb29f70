/** Operations on each value by itself: the input's pixels, sums, factors and offsets per channel. */
import { clamp, requantize } from './arithmetic.ts';
import type { IntegerAdd, IntegerAffine, IntegerInput, IntegerMultiply, IntegerTable } from './program.ts';

/** The same for pixels and for activations. */
export function interpretAffine({
  factor,
  offset,
  shift,
  low,
  high,
}: IntegerInput | IntegerAffine): (input: Uint8Array, output: Uint8Array) => void {
  const channels = factor.length;
  return (x, out) => {
    for (let i = 0; i < out.length; i += channels) {
      for (let c = 0; c < channels; c++) out[i + c] = clamp(requantize(Math.imul(x[i + c], factor[c]) + offset[c], 1, shift), low, high);
    }
  };
}

export function interpretAdd({ factors, offset, shift, low, high }: IntegerAdd): (inputs: Uint8Array[], output: Uint8Array) => void {
  const [first, second] = factors;
  return ([a, b], out) => {
    for (let i = 0; i < out.length; i++)
      out[i] = clamp(requantize(Math.imul(a[i], first) + Math.imul(b[i], second) + offset, 1, shift), low, high);
  };
}

export function interpretTable({ table }: IntegerTable): (input: Uint8Array, output: Uint8Array) => void {
  return (x, out) => {
    for (let i = 0; i < out.length; i++) out[i] = table[x[i]];
  };
}

/** The second input is as large as the first, or one value a channel. */
export function interpretMultiply({
  zeroPoints: [first, second],
  multiplier,
  shift,
  zeroPoint,
  low,
  high,
}: IntegerMultiply): (inputs: Uint8Array[], output: Uint8Array) => void {
  return ([a, b], out) => {
    for (let i = 0, k = 0; i < out.length; i++) {
      out[i] = clamp(requantize(Math.imul(a[i] - first, b[k] - second), multiplier, shift) + zeroPoint, low, high);
      if (++k === b.length) k = 0;
    }
  };
}
