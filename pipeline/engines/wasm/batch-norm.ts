/** Batch norm in training mode: two passes over memory forward, two backward; per-channel numbers in float64 in between. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmKernels } from './kernels.ts';

/** Bytes of x that are added up before they join the sums. */
const CHUNK_BYTES = 16 * 1024;

/** Calls `visit` for chunks of rows. */
function eachChunk(rows: number, channels: number, visit: (byteOffset: number, rows: number) => void): void {
  const chunk = Math.max(1, Math.floor(CHUNK_BYTES / (4 * channels)));
  for (let row = 0; row < rows; row += chunk) visit(4 * row * channels, Math.min(chunk, rows - row));
}

const rowsOf = ({ shape }: TensorInfo): [rows: number, channels: number] => [
  shape.slice(0, -1).reduce((product, size) => product * size, 1),
  shape.at(-1)!,
];

/**
 * @returns y, the batch's mean and its variance (with Bessel's correction), and 1/√(biased variance + ε), all per channel.
 * Variances come from deviations from the first row, which is a value of the channel, so that nothing large cancels.
 */
export function batchNormForward(
  kernels: WasmKernels,
  x: TensorInfo,
  scale: TensorInfo,
  offset: TensorInfo,
  epsilon: number,
): Record<'y' | 'mean' | 'variance' | 'inverse', TensorInfo> {
  const { run, address } = kernels;
  const [rows, channels] = rowsOf(x);
  const perChannel = (): TensorInfo => kernels.allocate([channels]);
  const [mean, variance, inverse] = [perChannel(), perChannel(), perChannel()];
  const [sums, squares] = [kernels.zeros([channels]), kernels.zeros([channels])];
  const y = kernels.allocate(x.shape);
  const at = { x: address(x), y: address(y) };
  eachChunk(rows, channels, (bytes, count) => run.columnMoments(at.x + bytes, 0, at.x, address(sums), address(squares), count, channels));

  const factor = perChannel();
  const first = kernels.values(x);
  const [sum, square, means, variances, inverses, factors, scales] = [sums, squares, mean, variance, inverse, factor, scale].map(
    kernels.values,
  );
  for (let c = 0; c < channels; c++) {
    const shift = sum[c] / rows;
    const biased = Math.max(0, square[c] / rows - shift * shift);
    means[c] = first[c] + shift;
    variances[c] = (biased * rows) / (rows - 1);
    inverses[c] = 1 / Math.sqrt(biased + epsilon);
    factors[c] = scales[c] * inverses[c];
  }
  eachChunk(rows, channels, (bytes, count) =>
    run.columnAffine(at.x + bytes, 0, at.y + bytes, address(mean), address(factor), address(offset), 0, count, channels),
  );
  kernels.free(sums, squares, factor);
  return { y, mean, variance, inverse };
}

/** dx = γ/σ·(dy - mean(dy) - x̂·mean(dy·x̂)), dγ = Σ dy·x̂, dβ = Σ dy. */
export function batchNormBackward(
  kernels: WasmKernels,
  dy: TensorInfo,
  x: TensorInfo,
  scale: TensorInfo,
  mean: TensorInfo,
  inverse: TensorInfo,
): Record<'dx' | 'dScale' | 'dOffset', TensorInfo> {
  const { run, address } = kernels;
  const [rows, channels] = rowsOf(x);
  const [dScale, dOffset] = [kernels.zeros([channels]), kernels.zeros([channels])];
  const [gradientFactor, factor, constant] = [kernels.allocate([channels]), kernels.allocate([channels]), kernels.allocate([channels])];
  const dx = kernels.allocate(x.shape);
  const at = { x: address(x), dy: address(dy), dx: address(dx), mean: address(mean) };
  eachChunk(rows, channels, (bytes, count) =>
    run.columnGradientSums(at.x + bytes, at.dy + bytes, at.mean, address(dOffset), address(dScale), count, channels),
  );

  const [sum, product, scales, inverses, gradientFactors, factors, constants] = [
    dOffset,
    dScale,
    scale,
    inverse,
    gradientFactor,
    factor,
    constant,
  ].map(kernels.values);
  for (let c = 0; c < channels; c++) {
    const own = scales[c] * inverses[c];
    gradientFactors[c] = own;
    factors[c] = (-own * inverses[c] * inverses[c] * product[c]) / rows;
    constants[c] = (-own * sum[c]) / rows;
    product[c] *= inverses[c];
  }
  eachChunk(rows, channels, (bytes, count) =>
    run.columnGradientAffine(
      at.x + bytes,
      at.dy + bytes,
      at.dx + bytes,
      at.mean,
      address(factor),
      address(constant),
      address(gradientFactor),
      count,
      channels,
    ),
  );
  kernels.free(gradientFactor, factor, constant);
  return { dx, dScale, dOffset };
}
