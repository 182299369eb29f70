/** Values that a comparison tries for each row before it compares, as `learningRate=0.0125..0.1,kdWeight=[0.9,9]`. */
import { methodNamed } from '../distillers/index.ts';
import { methodLabel, parseOptions, splitOutsideBrackets } from '../distillers/method-spec.ts';
import { UsageError } from '../support/usage-error.ts';
import { parseRow, rowSettings, type ComparisonRow } from './comparison-row.ts';

/** The values to try, by the name of an option or a setting. */
export type SearchSpace = Readonly<Record<string, readonly unknown[]>>;

export interface SearchedRow {
  row: ComparisonRow;
  /** All combinations of values; the row alone where nothing of the space is its. */
  candidates: ComparisonRow[];
}

/** @throws UsageError in one line for text that is no space, a name stated twice, or a range that does not rise from above 0 */
export function parseSearch(text: string): SearchSpace {
  const space: Record<string, readonly unknown[]> = {};
  for (const part of splitOutsideBrackets(text)) {
    const malformed = new UsageError(
      `--search expects NAME=FROM..TO (doubled from FROM to TO) or NAME=[VALUE,VALUE], with commas between, got "${part}"`,
    );
    const range = /^\s*(\w+)=([\d.e+-]+?)\.\.([\d.e+-]+)\s*$/.exec(part);
    const [name, values] = range ? [range[1], doubled(Number(range[2]), Number(range[3]))] : listOf(part, malformed);
    if (values.length === 0) throw malformed;
    if (Object.hasOwn(space, name)) throw new UsageError(`--search states "${name}" twice`);
    space[name] = values;
  }
  return space;
}

/** Doubles `from` up to `to`, which a rounded last step may pass by a hair; empty where that is no range. */
function doubled(from: number, to: number): number[] {
  if (!(from > 0 && to >= from && Number.isFinite(to))) return [];
  return Array.from({ length: Math.floor(Math.log2((to / from) * (1 + 1e-9))) + 1 }, (_, i) => from * 2 ** i);
}

function listOf(part: string, malformed: UsageError): [string, readonly unknown[]] {
  let stated: Record<string, unknown>;
  try {
    stated = parseOptions(part);
  } catch (error) {
    throw new UsageError(malformed.message, { cause: error });
  }
  const [[name, values] = ['', undefined]] = Object.entries(stated);
  if (!Array.isArray(values)) throw malformed;
  return [name, values];
}

/**
 * Each row with what is to be tried for it: names that are options of its method or settings of rows, and that it does not state itself.
 * @throws UsageError in one line: a name that is no row's, a value out of range, two rows that would be tried alike
 */
export function searchedRows(rows: readonly ComparisonRow[], space: SearchSpace): SearchedRow[] {
  const isOf = ({ method, methodOptions, settings }: ComparisonRow, name: string): boolean =>
    (Object.hasOwn(methodNamed(method).options, name) || (rowSettings as readonly string[]).includes(name)) &&
    !Object.hasOwn({ ...methodOptions, ...settings }, name);
  const foreign = Object.keys(space).find((name) => !rows.some((row) => isOf(row, name)));
  if (foreign !== undefined)
    throw new UsageError(`--search: "${foreign}" is neither option nor setting of a row, or every row of which it is states it`);
  const searched = rows.map((row) => {
    const names = Object.keys(space).filter((name) => isOf(row, name));
    return { row, candidates: combinations(names, space).map((values) => candidateOf(row, values)) };
  });
  const labels = searched.flatMap(({ candidates }) => candidates.map(({ label }) => label));
  const twice = labels.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) throw new UsageError(`--search: "${twice}" would be tried for two rows`);
  return searched;
}

function combinations(names: readonly string[], space: SearchSpace): Record<string, unknown>[] {
  return names.reduce<Record<string, unknown>[]>(
    (before, name) => before.flatMap((values) => space[name].map((value) => ({ ...values, [name]: value }))),
    [{}],
  );
}

function candidateOf({ method, methodOptions, settings }: ComparisonRow, values: Record<string, unknown>): ComparisonRow {
  try {
    return parseRow(methodLabel(method, { ...methodOptions, ...settings, ...values }));
  } catch (error) {
    throw new UsageError(`--search: ${(error as Error).message}`, { cause: error });
  }
}
