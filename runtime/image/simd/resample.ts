import type { FilterWeights } from '../filter-weights.ts';
import type { QuickPasses } from '../resize.ts';
import type { RgbImage } from '../rgb-image.ts';
import { MEMORY_BYTES, resizeLoops, type ResizeLoops } from './loops.ts';
import { SPAN_BYTES, STATE_BYTES } from './shrink-loop.ts';
import { spansOf, type Spans } from './spans.ts';
import { PAIR_BYTES, ROWS_AT_ONCE, writeSplit } from './sums.ts';

/** Rows that are resampled together: their source stays in the second cache, and each result's weights in the first. */
const BLOCK_ROWS = 8;
/** The loops read and write up to this much behind what they need. */
const SLACK = 64;
const aligned = (bytes: number): number => (bytes + 15) & ~15;
/** Largest value; not by `Math.max(...values)`, whose arguments would not all fit on the stack. */
const largest = (values: Int32Array): number => values.reduce((most, value) => Math.max(most, value), 0);

/** Rows `firstRow` to before `endRow` of an image, along which `data`, `width` pixels a row, is made. */
interface RowsJob {
  image: RgbImage;
  width: number;
  firstRow: number;
  endRow: number;
  data: Uint8Array;
}

/**
 * `alongRows` of resize.ts with SIMD: the same integers.
 *
 * @returns false if the machine has no SIMD or the job does not fit; `data` is untouched then
 */
function alongRows(image: RgbImage, filter: FilterWeights, width: number, firstRow: number, endRow: number, data: Uint8Array): boolean {
  const loops = resizeLoops();
  if (!loops) return false;
  const job = { image, width, firstRow, endRow, data };
  const spans = keptSpansOf(filter);
  return (spans !== null && shrinkRows(loops, spans, job)) || anyRows(loops, filter, job);
}

/** Spans of filters that are kept. */
const spansByFilter = new WeakMap<FilterWeights, Spans | null>();

function keptSpansOf(filter: FilterWeights): Spans | null {
  let spans = spansByFilter.get(filter);
  if (spans === undefined) spansByFilter.set(filter, (spans = spansOf(filter)));
  return spans;
}

function shrinkRows(
  loops: ResizeLoops,
  { first, pairs, weights, factor, remainders, remainderPairs, lowest, highest }: Spans,
  job: RowsJob,
): boolean {
  const tableEnd = first.length * SPAN_BYTES;
  const weightsAt = aligned(tableEnd);
  const remaindersAt = aligned(weightsAt + weights.byteLength);
  const stateAt = aligned(remaindersAt + remainders.byteLength);
  const sourceAt = stateAt + BLOCK_ROWS * STATE_BYTES;
  return inBlocks(loops, job, sourceAt, remainderPairs, () => {
    const { memory } = loops;
    const table = new Int32Array(memory.buffer, 0, tableEnd / 4);
    first.forEach((pixel, span) => table.set([3 * pixel, pairs[span] >> 1, pairs[span] & 1], 3 * span));
    new Int16Array(memory.buffer, weightsAt, weights.length).set(weights);
    new Int16Array(memory.buffer, remaindersAt, remainders.length).set(remainders);
    memory.fill(0, stateAt, sourceAt);
    return (...block) => loops.shrink(0, tableEnd, weightsAt, factor, remaindersAt, remainderPairs, lowest, highest, stateAt, ...block);
  });
}

function anyRows(loops: ResizeLoops, { first, taps, weights, stride }: FilterWeights, job: RowsJob): boolean {
  const pairs = (largest(taps) + 1) >> 1;
  const offsetsEnd = first.length * 4;
  const weightsAt = aligned(offsetsEnd);
  const sourceAt = aligned(weightsAt + first.length * pairs * 8);
  return inBlocks(loops, job, sourceAt, pairs, () => {
    const { memory } = loops;
    new Int32Array(memory.buffer, 0, first.length).set(first.map((pixel) => pixel * 3));
    const split = new Int16Array(memory.buffer, weightsAt, first.length * pairs * 4).fill(0);
    taps.forEach((count, result) => {
      for (let tap = 0; tap < count; tap++) writeSplit(split, result * pairs + (tap >> 1), tap & 1, weights[result * stride + tap]);
    });
    return (...block) => loops.rows(0, offsetsEnd, weightsAt, pairs, ...block);
  });
}

type Block = (source: number, sourceStride: number, quads: number, target: number, targetStride: number) => void;

/**
 * Copies the rows into the loops' memory, a block at a time, and what comes of them out of it.
 *
 * @param sourceAt - where memory is free
 * @param pairs - of pixels that a result takes at most; that many behind the last row may be read
 * @param prepare - writes what is the same for all blocks
 */
function inBlocks(
  { memory }: ResizeLoops,
  { image, width, firstRow, endRow, data }: RowsJob,
  sourceAt: number,
  pairs: number,
  prepare: () => Block,
): boolean {
  const sourceStride = image.width * 3;
  const rowBytes = width * 3;
  const bytesBeside = sourceAt + pairs * PAIR_BYTES + 4 * SLACK;
  const quadBytes = ROWS_AT_ONCE * (sourceStride + rowBytes);
  const quads = Math.min(BLOCK_ROWS / ROWS_AT_ONCE, Math.floor((MEMORY_BYTES - bytesBeside) / quadBytes));
  if (!(quads >= 1)) return false;
  const blockRows = quads * ROWS_AT_ONCE;
  const targetAt = aligned(sourceAt + blockRows * sourceStride + pairs * PAIR_BYTES + SLACK) + 16;
  const runBlock = prepare();
  for (let y = firstRow, to = 0; y < endRow; y += blockRows) {
    const rowCount = Math.min(blockRows, endRow - y);
    memory.set(image.data.subarray(y * sourceStride, (y + rowCount) * sourceStride), sourceAt);
    runBlock(sourceAt, sourceStride, Math.ceil(rowCount / ROWS_AT_ONCE), targetAt, rowBytes);
    data.set(memory.subarray(targetAt, targetAt + rowCount * rowBytes), to);
    to += rowCount * rowBytes;
  }
  return true;
}

/**
 * `alongColumns` of resize.ts with SIMD: the same integers.
 *
 * @returns false if the machine has no SIMD or the job does not fit; `data` is untouched then
 */
function alongColumns(image: RgbImage, filter: FilterWeights, height: number, data: Uint8Array): boolean {
  const loops = resizeLoops();
  if (!loops) return false;
  const rowBytes = image.width * 3;
  const mostTaps = largest(filter.taps);
  const sourceAt = aligned(mostTaps * 4 + 8);
  const targetAt = aligned(sourceAt + (mostTaps + 1) * rowBytes + SLACK);
  if (targetAt + rowBytes + SLACK > MEMORY_BYTES) return false;
  const { memory } = loops;
  const split = new Int16Array(memory.buffer, 0, sourceAt / 2);
  for (let y = 0; y < height; y++) {
    const taps = filter.taps[y];
    const pairs = (taps + 1) >> 1;
    split.fill(0, 0, pairs * 4);
    for (let tap = 0; tap < taps; tap++) writeSplit(split, tap >> 1, tap & 1, filter.weights[y * filter.stride + tap]);
    const from = filter.first[y] * rowBytes;
    memory.set(image.data.subarray(from, from + taps * rowBytes), sourceAt);
    loops.column(sourceAt, rowBytes, pairs, 0, targetAt, targetAt + rowBytes);
    data.set(memory.subarray(targetAt, targetAt + rowBytes), y * rowBytes);
  }
  return true;
}

/** Passes of `resizeBy` with SIMD; they take no job where there is none. */
export const simdPasses: QuickPasses = { alongRows, alongColumns };
