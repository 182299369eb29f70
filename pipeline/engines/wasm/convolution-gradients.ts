/** The gradients of a convolution. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmKernels } from './kernels.ts';
import { eachMeeting, type ConvolutionInfo } from './window.ts';

/** dW[ky, kx, i, o] = Σ x·dy over the pixels that meet at this weight position. */
export function filterGradient(kernels: WasmKernels, x: TensorInfo, dy: TensorInfo, given: ConvolutionInfo): TensorInfo {
  const { inChannels, outChannels, filterHeight, filterWidth } = given;
  const info = asOneImage(given);
  const dw = kernels.zeros([filterHeight, filterWidth, inChannels, outChannels]);
  const [xAt, dyAt, dwAt] = [x, dy, dw].map(kernels.address);
  const [pixel, outPixel] = [4 * inChannels, 4 * outChannels];
  const [row, outRow] = [info.inWidth * pixel, info.outWidth * outPixel];
  eachMeeting(info, ({ ky, kx, image, x, y, rows, columns }) =>
    kernels.run.correlate(
      xAt + (image * info.inHeight + x.row) * row + x.column * pixel,
      dyAt + (image * info.outHeight + y.row) * outRow + y.column * outPixel,
      dwAt + 4 * (ky * filterWidth + kx) * inChannels * outChannels,
      rows,
      columns,
      row * info.strideHeight,
      pixel * info.strideWidth,
      outRow,
      outPixel,
      inChannels,
      outChannels,
      4,
      outPixel,
    ),
  );
  return dw;
}

/** A convolution of single pixels does not see where an image ends. */
function asOneImage(info: ConvolutionInfo): ConvolutionInfo {
  const { batchSize, inHeight, outHeight, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = info;
  const pixelwise =
    filterHeight * filterWidth * strideHeight * strideWidth === 1 && padInfo.top + padInfo.left + padInfo.bottom + padInfo.right === 0;
  return pixelwise ? { ...info, batchSize: 1, inHeight: batchSize * inHeight, outHeight: batchSize * outHeight } : info;
}

/** A convolution of stride 1 by XNNPACK, with zeros (or, negative, fewer pixels) before and after. */
export type Convolve = (
  x: TensorInfo,
  filter: TensorInfo,
  rows: [before: number, after: number],
  columns: [before: number, after: number],
) => TensorInfo;

/**
 * dx as convolutions of dy with the weights turned by 180° and inputs and outputs exchanged. With stride s the rows r, r + s,
 * r + 2s, … of dx meet the same weights, every s-th, and likewise columns: s·s convolutions, each of an s·s-th of the work.
 */
export function inputGradient(
  kernels: WasmKernels,
  convolve: Convolve,
  dy: TensorInfo,
  filter: TensorInfo,
  info: ConvolutionInfo,
): TensorInfo {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } =
    info;
  const down = phases(filterHeight, inHeight, outHeight, strideHeight, padInfo.top);
  const across = phases(filterWidth, inWidth, outWidth, strideWidth, padInfo.left);
  const phase = (vertical: Phase, horizontal: Phase): TensorInfo => {
    const turned = turnedFilter(kernels, filter, vertical.weights, horizontal.weights);
    const dx = convolve(dy, turned, vertical.padding, horizontal.padding);
    kernels.free(turned);
    return dx;
  };
  if (strideHeight * strideWidth === 1) return phase(down[0], across[0]);

  const complete = [...down, ...across].every(({ weights }) => weights.length > 0);
  const dx = (complete ? kernels.allocate : kernels.zeros)([batchSize, inHeight, inWidth, inChannels]);
  const pixel = 4 * inChannels;
  for (const [r, vertical] of down.entries()) {
    for (const [c, horizontal] of across.entries()) {
      if (vertical.weights.length * horizontal.weights.length === 0) continue;
      const part = phase(vertical, horizontal);
      const [from, to] = [kernels.address(part), kernels.address(dx) + (r * inWidth + c) * pixel];
      const row = horizontal.count * pixel;
      for (let image = 0; image < batchSize; image++)
        kernels.run.copyPixels(
          from + image * vertical.count * row,
          to + image * inHeight * inWidth * pixel,
          0,
          vertical.count,
          horizontal.count,
          row,
          pixel,
          strideHeight * inWidth * pixel,
          strideWidth * pixel,
          inChannels,
        );
      kernels.free(part);
    }
  }
  return dx;
}

interface Phase {
  /** Positions in the filter, the last first. */
  weights: number[];
  /** Padding of dy. */
  padding: [before: number, after: number];
  /** Pixels of dx. */
  count: number;
}

/** dx[s·t + r] = Σ over j of dy[t + d - j]·w[q + s·j] with q = (r + p) mod s and d = (r + p - q) / s. */
function phases(kernel: number, size: number, outputs: number, stride: number, padding: number): Phase[] {
  return Array.from({ length: Math.min(stride, size) }, (_, r) => {
    const q = (r + padding) % stride;
    const d = (r + padding - q) / stride;
    const count = Math.ceil((size - r) / stride);
    const weights = Array.from({ length: Math.max(0, Math.ceil((kernel - q) / stride)) }, (_, j) => q + stride * j).reverse();
    return { weights, padding: [weights.length - 1 - d, count + d - outputs], count };
  });
}

/** The weights at these positions, with inputs and outputs exchanged. */
function turnedFilter(kernels: WasmKernels, filter: TensorInfo, rows: number[], columns: number[]): TensorInfo {
  const [, width, inputs, outputs] = filter.shape;
  const turned = kernels.allocate([rows.length, columns.length, outputs, inputs]);
  const [from, to] = [kernels.values(filter), kernels.values(turned)];
  let at = 0;
  for (const row of rows)
    for (const column of columns) {
      const first = (row * width + column) * inputs * outputs;
      for (let o = 0; o < outputs; o++) for (let i = 0; i < inputs; i++) to[at++] = from[first + i * outputs + o];
    }
  return turned;
}
