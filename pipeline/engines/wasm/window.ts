/** Ranges of pixels that a weight position of a convolution meets. */
import type { backend_util } from '@tensorflow/tfjs-core';

export type ConvolutionInfo = backend_util.Conv2DInfo;

/** Bytes of both images that a kernel visits before it goes on to the next weight position: what a core's first cache holds. */
const BLOCK_BYTES = 32 * 1024;

export interface Meeting {
  ky: number;
  kx: number;
  image: number;
  /** The first pixel of x, and of y, and how many follow in y's steps. */
  x: { row: number; column: number };
  y: { row: number; column: number };
  rows: number;
  columns: number;
}

/** Visits all pairs of a pixel of y and the pixel of x that weight [ky, kx] brings to it, in blocks of whole rows that fit into a cache. */
export function eachMeeting(info: ConvolutionInfo, visit: (meeting: Meeting) => void): void {
  const {
    batchSize,
    inHeight,
    inWidth,
    inChannels,
    outHeight,
    outWidth,
    outChannels,
    filterHeight,
    filterWidth,
    strideHeight,
    strideWidth,
    padInfo,
  } = info;
  const rowBytes = 4 * (strideHeight * inWidth * inChannels + outWidth * outChannels);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  const columns = spansOf(filterWidth, inWidth, outWidth, strideWidth, padInfo.left);
  const rows = spansOf(filterHeight, inHeight, outHeight, strideHeight, padInfo.top);
  for (let image = 0; image < batchSize; image++) {
    for (let block = 0; block < outHeight; block += blockRows) {
      for (let ky = 0; ky < filterHeight; ky++) {
        const from = Math.max(block, rows[ky].from);
        const to = Math.min(block + blockRows, rows[ky].to);
        if (from >= to) continue;
        for (let kx = 0; kx < filterWidth; kx++) {
          const across = columns[kx];
          if (across.from >= across.to) continue;
          visit({
            ky,
            kx,
            image,
            x: { row: from * strideHeight + ky - padInfo.top, column: across.from * strideWidth + kx - padInfo.left },
            y: { row: from, column: across.from },
            rows: to - from,
            columns: across.to - across.from,
          });
        }
      }
    }
  }
}

/** Outputs (`to` excluded) at which each weight position meets a pixel and not the padding. */
function spansOf(kernel: number, size: number, outputs: number, stride: number, padding: number): { from: number; to: number }[] {
  return Array.from({ length: kernel }, (_, k) => ({
    from: Math.max(0, Math.ceil((padding - k) / stride)),
    to: Math.min(outputs, Math.floor((size - 1 + padding - k) / stride) + 1),
  }));
}
