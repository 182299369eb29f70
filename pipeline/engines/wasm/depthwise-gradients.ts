/** The gradients of a depthwise convolution, each channel with its own kernel. */
import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { WasmKernels } from './kernels.ts';
import { eachMeeting, type ConvolutionInfo } from './window.ts';

type Visit = WasmKernels['run']['correlateChannels'];

/** Runs a kernel of two images' pixels and one weight position for every block of pixels that meet. */
function eachBlock(run: Visit, [x, y, weights]: number[], info: ConvolutionInfo, swapped = false): void {
  const pixel = 4 * info.inChannels;
  const [row, outRow] = [info.inWidth * pixel, info.outWidth * pixel];
  eachMeeting(info, ({ ky, kx, image, x: inX, y: inY, rows, columns }) => {
    const a = [x + (image * info.inHeight + inX.row) * row + inX.column * pixel, row * info.strideHeight, pixel * info.strideWidth];
    const b = [y + (image * info.outHeight + inY.row) * outRow + inY.column * pixel, outRow, pixel];
    const [first, second] = swapped ? [b, a] : [a, b];
    run(
      first[0],
      second[0],
      weights + (ky * info.filterWidth + kx) * pixel,
      rows,
      columns,
      first[1],
      first[2],
      second[1],
      second[2],
      info.inChannels,
    );
  });
}

/** dw[ky, kx, c] = Σ x·dy over the pixels that meet at this weight position. */
export function depthwiseFilterGradient(kernels: WasmKernels, x: TensorInfo, dy: TensorInfo, info: ConvolutionInfo): TensorInfo {
  const dw = kernels.zeros([info.filterHeight, info.filterWidth, info.inChannels, 1]);
  eachBlock(kernels.run.correlateChannels, [x, dy, dw].map(kernels.address), info);
  return dw;
}

/** Each pixel of dy goes back to the pixels that it was made of, times their weights. */
export function depthwiseInputGradient(kernels: WasmKernels, dy: TensorInfo, filter: TensorInfo, info: ConvolutionInfo): TensorInfo {
  const dx = kernels.zeros([info.batchSize, info.inHeight, info.inWidth, info.inChannels]);
  eachBlock(kernels.run.addScaledPixels, [dx, dy, filter].map(kernels.address), info, true);
  return dx;
}
