/** `compare --plan`, `--cell` and `--gather`: a grid as cells that any machine can train, and a store in between. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ComparisonReport } from '../../comparison/comparison-folder.ts';
import { gatherGrid } from '../../comparison/planned/gather.ts';
import type { PlannedGrid } from '../../comparison/planned/plan.ts';
import { runPlannedCell } from '../../comparison/planned/run-planned-cell.ts';
import { getGrid, putGrid } from '../../comparison/planned/stored-cell.ts';
import type { Line } from '../../configuration/command-line.ts';
import { softwareVersions } from '../../packaging/build-package.ts';
import { openStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { codeDigest } from '../../support/code-digest.ts';
import { percent } from '../../support/progress.ts';
import { say } from '../../support/say.ts';
import { flagOf, pick, type SettingTable } from '../../support/setting.ts';
import { mayPass, TryAgainError } from '../../support/try-again.ts';
import { UsageError } from '../../support/usage-error.ts';
import { optional, text, toggle, whole } from '../../support/value.ts';

const own = { group: 'run', decides: 'nothing' } as const;

export const cellSettings = {
  plan: { ...own, ...toggle(false), help: 'write grid.json, with all that another machine needs to train its cells; train nothing' },
  cell: { ...own, ...optional(whole(0, { from: 0 })), help: 'train this cell of --grid, counted from 0, and nothing else' },
  gather: { ...own, ...toggle(false), help: 'bring the results of --grid from --store into --out, and report' },
  grid: { ...own, ...optional(text('')), help: 'a planned grid: its id in --store, or the path of its grid.json' },
  store: {
    ...own,
    ...optional(text('')),
    help: 'where cells leave checkpoints and results: a folder, or s3://bucket/prefix (docs/clusters.md)',
    defaultText: 'the folder store beside grid.json',
  },
} as const satisfies SettingTable;

/** Settings that say where things lie on this machine. */
const PLACES = ['data', 'teacher', 'teacherPreprocessing'] as const;

type Given = Partial<Record<string, unknown>> & Partial<Line<typeof cellSettings>['given']> & { out?: string };

/** Place where a grid's cells leave what they made, unless `--store` names another. */
export const storeBeside = (folder: string): string => join(folder, 'store');

/** Puts a planned grid into the store, and says how its cells are trained. */
export async function leavePlan(grid: PlannedGrid, place: string): Promise<object> {
  await putGrid(await openStore(place), grid);
  say(`planned ${grid.cells.length} cells as ${grid.id}, in ${place}`);
  say(`  one of them: npm run compare -- --cell 0 --grid ${grid.id} --store ${place}`);
  say(`  afterwards:  npm run compare -- --gather --grid ${grid.id} --store ${place} --out FOLDER`);
  return { grid: grid.id, store: place, cells: grid.cells.map(({ label, seed, id }) => ({ label, seed, id })) };
}

/** @throws TryAgainError where the reason lies outside the cell, and may pass; UsageError for what can't stand beside `--cell` */
export async function trainCell(given: Given): Promise<object> {
  refuseBeside('cell', given, ['grid', 'store', ...PLACES]);
  try {
    const { grid, store } = await openGrid('cell', given);
    const cell = grid.cells[given.cell!];
    if (!cell) throw new UsageError(`--cell expects 0 to ${grid.cells.length - 1}, the cells of ${grid.id}; got ${given.cell}`);
    say(`cell ${given.cell} of ${grid.id}: ${cell.label} seed ${cell.seed}`);
    const { kind, result } = await runPlannedCell({
      grid,
      cell,
      store,
      code: codeDigest(),
      software: softwareVersions(),
      places: pick(
        given as Partial<Record<(typeof PLACES)[number], string>>,
        PLACES.filter((place) => given[place] !== undefined),
      ),
      say,
    });
    const how = { trained: '', there: ' (was there already)', second: ' (another machine had finished it, with the same result)' }[kind];
    say(`cell ${given.cell}: test top-1 ${percent(result.test.top1)}${how}`);
    return { grid: grid.id, cell: given.cell, label: cell.label, seed: cell.seed, outcome: kind, testTop1: result.test.top1 };
  } catch (error) {
    throw mayPass(error) ? new TryAgainError(`${(error as Error).message}; try again`, { cause: error }) : error;
  }
}

/** @returns the report, and the folder that it is in */
export async function gather(given: Given): Promise<{ report: ComparisonReport; folder: string }> {
  refuseBeside('gather', given, ['grid', 'store', 'out', 'force']);
  const { grid, store, folder: beside } = await openGrid('gather', given);
  const folder = given.out ?? beside;
  if (folder === undefined) throw new UsageError('--gather expects --out FOLDER beside the id of a grid');
  return { report: await gatherGrid(grid, store, folder), folder };
}

/** The grid that `--grid` names, and its store. `folder` is that of its file. */
async function openGrid(mode: string, { grid: named, store: place }: Given): Promise<{ grid: PlannedGrid; store: Store; folder?: string }> {
  if (!named) throw new UsageError(`--${mode} expects --grid, the id of a grid in --store or the path of its grid.json`);
  const file = existsSync(named) && statSync(named).isDirectory() ? join(named, 'grid.json') : named;
  if (existsSync(file)) {
    const grid = JSON.parse(readFileSync(file, 'utf8')) as PlannedGrid;
    if (!grid.id) throw new UsageError(`${file} is no planned grid: compare --plan writes one`);
    const folder = dirname(file);
    return { grid, store: await openStore(place ?? storeBeside(folder)), folder };
  }
  if (!/^[0-9a-f]{12}$/.test(named)) throw new UsageError(`--grid ${named} is neither a file nor an id, which has 12 digits from 0 to f`);
  if (!place) throw new UsageError(`--grid ${named} is an id: --store says where its grid lies`);
  const store = await openStore(place);
  const grid = await getGrid(store, named);
  if (!grid) throw new Error(`${place} holds no grid ${named}`);
  return { grid, store };
}

/** @throws UsageError for a flag of cells that no mode of theirs uses */
export function refuseIdle({ grid, store, plan }: Given): void {
  if (grid !== undefined) throw new UsageError('--grid has no effect: it is for --cell and --gather');
  if (store !== undefined && !plan) throw new UsageError('--store has no effect: it is for --plan, --cell and --gather');
}

function refuseBeside(mode: string, given: Given, allowed: readonly string[]): void {
  const idle = Object.keys(given).find((key) => key !== mode && !allowed.includes(key));
  if (idle) throw new UsageError(`--${flagOf(idle)} has no effect beside --${mode}: the grid states it`);
}
