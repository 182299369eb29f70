/** Products of matrices by our tile of 4 by 8, where tfjs has plain loops: of transposed matrices, and of many at once. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmKernels } from './kernels.ts';
import { copyView, stridesOf } from './movement.ts';

/** Bytes of the one matrix's columns that stay in the first cache while the other's rows pass by. */
const PANEL_BYTES = 24 * 1024;
/** Bytes of one block of the inner dimension, if rows of both matrices are read across. */
const BLOCK_BYTES = 128 * 1024;

/**
 * @param a `[batch or 1, rows, inner]`, or with `transposeA` `[batch or 1, inner, rows]`
 * @param b `[batch or 1, inner, columns]`, or with `transposeB` `[batch or 1, columns, inner]`
 * @returns `[batch, rows, columns]`
 */
export function matrixProduct(kernels: WasmKernels, a: TensorInfo, b: TensorInfo, transposeA: boolean, transposeB: boolean): TensorInfo {
  const [batchA, rows, inner] = transposeA ? [a.shape[0], a.shape[2], a.shape[1]] : a.shape;
  const [batchB, columns] = [b.shape[0], transposeB ? b.shape[1] : b.shape[2]];
  const batch = Math.max(batchA, batchB);
  const product = kernels.zeros([batch, rows, columns]);
  const right = transposeB ? exchanged(kernels, b) : b;
  const [aAt, bAt, to] = [a, right, product].map(kernels.address);
  const run = transposeA ? kernels.run.correlate : kernels.run.correlateRows;
  const [aInput, aStep] = transposeA ? [4, 4 * rows] : [4 * inner, 4];
  const block = transposeA ? Math.max(16, Math.floor(BLOCK_BYTES / (4 * (rows + columns)))) : inner;
  const panel = transposeA ? columns : Math.max(8, 8 * Math.floor(PANEL_BYTES / (32 * inner)));
  for (let i = 0; i < batch; i++) {
    const [first, second] = [aAt + (batchA === 1 ? 0 : 4 * i * rows * inner), bAt + (batchB === 1 ? 0 : 4 * i * inner * columns)];
    for (let k = 0; k < inner; k += block)
      for (let column = 0; column < columns; column += panel)
        run(
          first + k * aStep,
          second + 4 * (k * columns + column),
          to + 4 * (i * rows * columns + column),
          1,
          Math.min(block, inner - k),
          0,
          aStep,
          0,
          4 * columns,
          rows,
          Math.min(panel, columns - column),
          aInput,
          4 * columns,
        );
  }
  if (transposeB) kernels.free(right);
  return product;
}

/** Each matrix transposed. */
function exchanged(kernels: WasmKernels, x: TensorInfo): TensorInfo {
  const [batch, rows, columns] = x.shape;
  const y = kernels.allocate([batch, columns, rows]);
  copyView(
    kernels,
    y.shape,
    { address: kernels.address(x), strides: [rows * columns, 1, columns] },
    { address: kernels.address(y), strides: stridesOf(y.shape) },
  );
  return y;
}
