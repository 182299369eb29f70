/** Settings in which the rows of a comparison differ, beside method and seed. */
import { isDeepStrictEqual } from 'node:util';
import type { CellResult } from './cell-result.ts';

export interface DifferingSetting {
  key: string;
  /** By label of the row, in the order of the results. */
  values: Record<string, unknown>;
}

const OF_EVERY_CELL = ['method', 'methodOptions', 'seed'];

export function differingSettings(results: readonly Pick<CellResult, 'label' | 'configuration'>[]): DifferingSetting[] {
  const [first] = results;
  if (!first) return [];
  const keys = Object.keys(first.configuration).filter((key) => !OF_EVERY_CELL.includes(key)) as (keyof CellResult['configuration'])[];
  return keys
    .filter((key) => results.some(({ configuration }) => !isDeepStrictEqual(configuration[key], first.configuration[key])))
    .map((key) => ({ key, values: Object.fromEntries(results.map(({ label, configuration }) => [label, configuration[key]])) }));
}
