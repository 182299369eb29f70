import type { FilterWeights } from '../filter-weights.ts';
import type { RgbImage } from '../rgb-image.ts';
import { GROUP_BYTES, GROUP_TAPS, LOW_BITS, MEMORY_BYTES, resizeLoops } from './loops.ts';

/** Rows that are resampled together: their source stays in the second cache, and each result's weights in the first. */
const BLOCK_ROWS = 16;
/** The loops read and write up to this much behind what they need. */
const SLACK = 64;
const aligned = (bytes: number): number => (bytes + 15) & ~15;

const highPart = (weight: number): number => weight >> LOW_BITS;
const lowPart = (weight: number): number => weight & ((1 << LOW_BITS) - 1);

/**
 * `alongRows` of resize.ts with SIMD: the same integers.
 *
 * @returns false where the machine has no SIMD or the job does not fit; `data` is untouched then
 */
export function rowsWithSimd(image: RgbImage, filter: FilterWeights, width: number, firstRow: number, endRow: number, data: Uint8Array): boolean {
  const loops = resizeLoops();
  if (!loops) return false;
  const groups = Math.ceil(Math.max(...filter.taps) / GROUP_TAPS);
  const sourceStride = image.width * 3;
  const rowBytes = width * 3;
  const targetStride = aligned(rowBytes + SLACK);
  const weightsAt = aligned(width * 4);
  const sourceAt = aligned(weightsAt + width * groups * GROUP_BYTES);
  const blockRows = Math.min(BLOCK_ROWS, Math.floor((MEMORY_BYTES - sourceAt - SLACK * 4 - groups * 24) / (sourceStride + targetStride)));
  if (!(blockRows >= 1)) return false;
  const targetAt = aligned(sourceAt + blockRows * sourceStride + SLACK + groups * 24);
  const { memory } = loops;
  new Int32Array(memory.buffer, 0, width).set(filter.first.map((pixel) => pixel * 3));
  writeRowWeights(new Int16Array(memory.buffer, weightsAt, (width * groups * GROUP_BYTES) / 2), filter, width, groups);

  for (let y = firstRow, to = 0; y < endRow; y += blockRows) {
    const rowCount = Math.min(blockRows, endRow - y);
    memory.set(image.data.subarray(y * sourceStride, (y + rowCount) * sourceStride), sourceAt);
    loops.rows(sourceAt, sourceStride, rowCount, 0, width * 4, weightsAt, groups, targetAt, targetStride);
    for (let row = 0; row < rowCount; row++, to += rowBytes) {
      const at = targetAt + row * targetStride;
      data.set(memory.subarray(at, at + rowBytes), to);
    }
  }
  return true;
}

/** Where each of a group's weights stands among its 48 numbers: of the high parts; 24 further the low ones. */
const PLACES = Array.from({ length: GROUP_TAPS }, (_, tap) => [(tap >> 2) * 8 + (tap & 3), (tap >> 2) * 8 + 4 + (tap & 3), 16 + tap]);

function writeRowWeights(to: Int16Array, { taps, weights, stride }: FilterWeights, width: number, groups: number): void {
  to.fill(0);
  for (let x = 0; x < width; x++) {
    for (let tap = 0; tap < taps[x]; tap++) {
      const weight = weights[x * stride + tap];
      const group = ((x * groups + (tap >> 3)) * GROUP_BYTES) / 2;
      for (const place of PLACES[tap & 7]) {
        to[group + place] = highPart(weight);
        to[group + 24 + place] = lowPart(weight);
      }
    }
  }
}

/**
 * `alongColumns` of resize.ts with SIMD: the same integers.
 *
 * @returns false where the machine has no SIMD or the job does not fit; `data` is untouched then
 */
export function columnsWithSimd(image: RgbImage, filter: FilterWeights, height: number, data: Uint8Array): boolean {
  const loops = resizeLoops();
  if (!loops) return false;
  const rowBytes = image.width * 3;
  const mostTaps = Math.max(...filter.taps);
  const sourceAt = aligned(mostTaps * 4 + 8);
  const targetAt = aligned(sourceAt + (mostTaps + 1) * rowBytes + SLACK);
  if (targetAt + rowBytes + SLACK > MEMORY_BYTES) return false;
  const { memory } = loops;
  const pairWeights = new Int16Array(memory.buffer, 0, sourceAt / 2);
  for (let y = 0; y < height; y++) {
    const taps = filter.taps[y];
    const pairs = (taps + 1) >> 1;
    pairWeights.fill(0, 0, pairs * 4);
    for (let tap = 0; tap < taps; tap++) {
      const weight = filter.weights[y * filter.stride + tap];
      pairWeights[(tap >> 1) * 4 + (tap & 1)] = highPart(weight);
      pairWeights[(tap >> 1) * 4 + 2 + (tap & 1)] = lowPart(weight);
    }
    const from = filter.first[y] * rowBytes;
    memory.set(image.data.subarray(from, from + taps * rowBytes), sourceAt);
    loops.column(sourceAt, rowBytes, pairs, 0, targetAt, targetAt + rowBytes);
    data.set(memory.subarray(targetAt, targetAt + rowBytes), y * rowBytes);
  }
  return true;
}
