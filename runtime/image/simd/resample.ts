import type { FilterWeights } from '../filter-weights.ts';
import type { RgbImage } from '../rgb-image.ts';
import { GROUP_BYTES, GROUP_TAPS, LOW_BITS, MEMORY_BYTES, NARROW_BIAS_BITS, NARROW_GROUPS, NARROW_LIMIT, resizeLoops } from './loops.ts';

/** Rows that are resampled together, two at a time: their source stays in the second cache, and each result's weights in the first. */
const BLOCK_ROWS = 8;
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
  const groups = Math.ceil(largest(filter.taps) / GROUP_TAPS);
  const kind = largest(filter.weights) < NARROW_LIMIT && groups <= NARROW_GROUPS ? 'narrow' : 'wide';
  const resultBytes = groups * GROUP_BYTES[kind];
  const sourceStride = image.width * 3;
  const rowBytes = width * 3;
  const targetStride = aligned(rowBytes + SLACK);
  const weightsAt = aligned(width * 4);
  const sourceAt = aligned(weightsAt + width * resultBytes);
  const blockPairs = Math.min(BLOCK_ROWS / 2, Math.floor((MEMORY_BYTES - sourceAt - SLACK * 4 - groups * 24) / (2 * (sourceStride + targetStride))));
  if (!(blockPairs >= 1)) return false;
  const blockRows = 2 * blockPairs;
  const targetAt = aligned(sourceAt + blockRows * sourceStride + SLACK + groups * 24);
  const { memory } = loops;
  new Int32Array(memory.buffer, 0, width).set(filter.first.map((pixel) => pixel * 3));
  writeRowWeights(new Int16Array(memory.buffer, weightsAt, (width * resultBytes) / 2), filter, width, groups, kind);

  for (let y = firstRow, to = 0; y < endRow; y += blockRows) {
    const rowCount = Math.min(blockRows, endRow - y);
    memory.set(image.data.subarray(y * sourceStride, (y + rowCount) * sourceStride), sourceAt);
    loops[kind](sourceAt, sourceStride, (rowCount + 1) >> 1, 0, width * 4, weightsAt, groups, targetAt, targetStride);
    for (let row = 0; row < rowCount; row++, to += rowBytes) {
      const at = targetAt + row * targetStride;
      data.set(memory.subarray(at, at + rowBytes), to);
    }
  }
  return true;
}

/** Not `Math.max(...values)`, whose arguments would not all fit on the stack. */
const largest = (values: Int32Array): number => values.reduce((most, value) => Math.max(most, value), 0);

/** Where each of a group's weights stands among the numbers of its first three vectors; the low parts 24 numbers further. */
const PLACES = Array.from({ length: GROUP_TAPS }, (_, tap) => [(tap >> 2) * 8 + (tap & 3), (tap >> 2) * 8 + 4 + (tap & 3), 16 + tap]);

function writeRowWeights(to: Int16Array, { taps, weights, stride }: FilterWeights, width: number, groups: number, kind: 'wide' | 'narrow'): void {
  const groupNumbers = GROUP_BYTES[kind] / 2;
  // Taps that there are not have the weight 0.
  to.fill(kind === 'wide' ? 0 : -(1 << NARROW_BIAS_BITS));
  for (let x = 0; x < width; x++) {
    for (let tap = 0; tap < taps[x]; tap++) {
      const weight = weights[x * stride + tap];
      const group = (x * groups + (tap >> 3)) * groupNumbers;
      for (const place of PLACES[tap & 7]) {
        to[group + place] = kind === 'wide' ? highPart(weight) : weight - (1 << NARROW_BIAS_BITS);
        if (kind === 'wide') to[group + 24 + place] = lowPart(weight);
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
  const mostTaps = largest(filter.taps);
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
