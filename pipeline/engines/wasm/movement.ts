/** Slices, splits, concatenations and transpositions as copies between two views of memory. */
import type { WasmKernels } from './kernels.ts';

export interface StridedView {
  /** In bytes. */
  address: number;
  /** Values from one index to the next, for each dimension. */
  strides: readonly number[];
}

interface Dimension {
  size: number;
  from: number;
  to: number;
}

/** Bytes that are copied before the next sixteen neighbours of each pixel are: what a core's first cache holds. */
const BLOCK_BYTES = 32 * 1024;

/** Strides of an array whose last index runs fastest. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}

/** Copies 4-byte values. @param to neighbours of the last dimension of more than one value must lie side by side */
export function copyView({ run }: Pick<WasmKernels, 'run'>, shape: readonly number[], from: StridedView, to: StridedView): void {
  if (shape.includes(0)) return;
  const dimensions = merged(shape.map((size, i) => ({ size, from: from.strides[i], to: to.strides[i] })));
  const inner = dimensions.pop() ?? { size: 1, from: 1, to: 1 };
  if (inner.to !== 1) throw new Error('values must come to lie side by side');
  const none: Dimension = { size: 1, from: 0, to: 0 };
  const columns = dimensions.pop() ?? none;
  const rows = dimensions.pop() ?? none;
  const blockColumns = Math.max(1, Math.floor(BLOCK_BYTES / (4 * inner.size)));

  function copyRows(source: number, target: number): void {
    if (inner.from !== 1)
      return void run.gatherElements(
        source,
        target,
        rows.size,
        columns.size,
        inner.size,
        4 * rows.from,
        4 * columns.from,
        4 * inner.from,
        4 * rows.to,
        4 * columns.to,
      );
    // Whole blocks of rows, or of columns where one row is more than a block.
    const blockRows = Math.max(1, Math.floor(blockColumns / columns.size));
    for (let row = 0; row < rows.size; row += blockRows)
      for (let column = 0; column < columns.size; column += blockColumns)
        run.copyPixels(
          source + 4 * (row * rows.from + column * columns.from),
          target + 4 * (row * rows.to + column * columns.to),
          0,
          Math.min(blockRows, rows.size - row),
          Math.min(blockColumns, columns.size - column),
          4 * rows.from,
          4 * columns.from,
          4 * rows.to,
          4 * columns.to,
          inner.size,
        );
  }

  function copy(depth: number, source: number, target: number): void {
    if (depth === dimensions.length) return copyRows(source, target);
    const { size, from, to } = dimensions[depth];
    for (let i = 0; i < size; i++) copy(depth + 1, source + 4 * i * from, target + 4 * i * to);
  }
  copy(0, from.address, to.address);
}

/** Without those of one value, and neighbours that lie behind each other on both sides as one. */
function merged(dimensions: Dimension[]): Dimension[] {
  const result: Dimension[] = [];
  for (const own of dimensions) {
    if (own.size === 1) continue;
    const outer = result.at(-1);
    if (outer && outer.from === own.from * own.size && outer.to === own.to * own.size)
      result[result.length - 1] = { ...own, size: outer.size * own.size };
    else result.push({ ...own });
  }
  return result;
}
