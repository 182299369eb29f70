/** Pools. */
import { clamp, requantize } from './arithmetic.ts';
import type { IntegerAveragePool, IntegerGlobalAveragePool, IntegerMaxPool, IntegerShape } from './program.ts';

export function interpretMaxPool(
  { shape: [rows, columns, channels], kernel, stride, padding: [top, left] }: IntegerMaxPool,
  [height, width]: IntegerShape,
): (input: Uint8Array, output: Uint8Array) => void {
  return (x, out) => {
    // No activation is below 0, so that outside the map nothing is ever the largest.
    out.fill(0);
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at += channels) {
        forWindow(row * stride - top, column * stride - left, kernel, height, width, (pixel) => {
          for (let c = 0, i = pixel * channels; c < channels; c++, i++) if (x[i] > out[at + c]) out[at + c] = x[i];
        });
      }
    }
  };
}

export function interpretAveragePool(
  node: IntegerAveragePool,
  [height, width]: IntegerShape,
): (input: Uint8Array, output: Uint8Array) => void {
  const {
    shape,
    kernel,
    stride,
    padding: [top, left],
    paddingValue,
    factor,
    bias,
    multiplier,
    shift,
    zeroPoint,
    low,
    high,
  } = node;
  const [rows, columns, channels] = shape;
  const sums = new Int32Array(channels);
  return (x, out) => {
    for (let row = 0, at = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, at += channels) {
        let outside = kernel * kernel;
        sums.fill(0);
        forWindow(row * stride - top, column * stride - left, kernel, height, width, (pixel) => {
          outside--;
          for (let c = 0, i = pixel * channels; c < channels; c++, i++) sums[c] += x[i];
        });
        for (let c = 0; c < channels; c++)
          out[at + c] = clamp(requantize(factor * (sums[c] + outside * paddingValue) + bias, multiplier, shift) + zeroPoint, low, high);
      }
    }
  };
}

export function interpretGlobalAveragePool({
  factor,
  bias,
  multiplier,
  shift,
  zeroPoint,
  low,
  high,
}: IntegerGlobalAveragePool): (input: Uint8Array, output: Uint8Array) => void {
  return (x, out) => {
    const channels = out.length;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = c; i < x.length; i += channels) sum += x[i];
      out[c] = clamp(requantize(factor * sum + bias, multiplier, shift) + zeroPoint, low, high);
    }
  };
}

/** Calls `visit` with each pixel of the window that lies in the map. */
function forWindow(top: number, left: number, kernel: number, height: number, width: number, visit: (pixel: number) => void): void {
  for (let y = Math.max(0, top); y < Math.min(height, top + kernel); y++) {
    for (let x = Math.max(0, left); x < Math.min(width, left + kernel); x++) visit(y * width + x);
  }
}
