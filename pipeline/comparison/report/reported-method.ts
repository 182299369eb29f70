import type { CellResult } from '../cell-result.ts';

/** A method as every section takes it: its cells, and the place that gives it its colour. */
export interface ReportedMethod {
  label: string;
  style: number;
  cells: CellResult[];
}
