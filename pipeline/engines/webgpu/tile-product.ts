/**
 * The inside of every product of matrices here. A workgroup makes a tile of ROWS × COLUMNS sums from two tiles in its shared
 * memory, DEPTH of the inner dimension at a time; a thread has 8 × 4 of the sums, in vectors of four columns. Written out
 * rather than looped over, so that the sums are registers with every driver.
 */

/** Length along the inner dimension that is loaded at a time. */
export const DEPTH = 16;
const ROWS_OF_A_THREAD = 8;
const sums = Array.from({ length: ROWS_OF_A_THREAD }, (_, i) => `sum${i}`);

export interface Tile {
  rows: number;
  columns: number;
}

export const threadsOf = ({ rows, columns }: Tile): number => (rows / ROWS_OF_A_THREAD) * (columns / 4);

/** Vectors between the rows of one depth and the next: one more than there are, so that neighbouring threads write to different banks. */
export const strideOfRows = ({ rows }: Tile): number => rows / 4 + 1;

/** `left[depth·stride + row/4]` are four rows, `right[depth·columns/4 + column/4]` four columns. */
export const sharedTiles = (tile: Tile): string => `
var<workgroup> left: array<vec4<f32>, ${DEPTH * strideOfRows(tile)}>;
var<workgroup> right: array<vec4<f32>, ${(DEPTH * tile.columns) / 4}>;`;

/** The thread's place (`ownRow`, `ownColumn` of the tile) and its sums. */
export const beginSums = ({ columns }: Tile): string => `
  let ownColumn = lane % ${columns / 4}u * 4u;
  let ownRow = lane / ${columns / 4}u * ${ROWS_OF_A_THREAD}u;
  ${sums.map((sum) => `var ${sum} = vec4<f32>(0.0);`).join('\n  ')}`;

export const addProducts = (tile: Tile): string => `
    for (var d = 0u; d < ${DEPTH}u; d++) {
      let a = left[d * ${strideOfRows(tile)}u + ownRow / 4u];
      let b = left[d * ${strideOfRows(tile)}u + ownRow / 4u + 1u];
      let four = right[d * ${tile.columns / 4}u + ownColumn / 4u];
      ${sums.map((sum, i) => `${sum} += ${i < 4 ? 'a' : 'b'}.${'xyzw'[i % 4]} * four;`).join('\n      ')}
    }`;

/** @param write a statement for the row (of the tile) and its four sums */
export const endSums = (write: (row: string, sum: string) => string): string =>
  sums.map((sum, i) => `  ${write(`ownRow + ${i}u`, sum)}`).join('\n');

/** The narrowest tile's width that holds so many columns, or the widest. */
export const columnsFor = (columns: number): number => (columns <= 16 ? 16 : columns <= 32 ? 32 : 64);
