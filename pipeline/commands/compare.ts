/** `npm run compare`: methods against each other over seeds, all else the same; a table and a report of what came out. */
import { join } from 'node:path';
import { readCells, readGrid, writeGrid, writeReports, type ComparisonReport } from '../comparison/comparison-folder.ts';
import { estimateGrid } from '../comparison/estimate.ts';
import { planGrid } from '../comparison/planned/plan.ts';
import type { CellContext } from '../comparison/run-cell.ts';
import { inspectGrid, runGrid, type GridOutcome, type InspectedCell } from '../comparison/run-grid.ts';
import { defaultBaseline } from '../comparison/summary.ts';
import { comparisonText } from '../comparison/tables.ts';
import { codeDigest } from '../support/code-digest.ts';
import { duration } from '../support/progress.ts';
import { shellLine } from '../schedulers/scheduler.ts';
import { softwareVersions } from '../packaging/build-package.ts';
import { acquireLock } from '../support/file-lock.ts';
import type { Line } from '../configuration/command-line.ts';
import { configurationsOf, parseRows, type ComparisonRow } from '../configuration/comparison-row.ts';
import { refuseUntrained } from '../configuration/presets/teacher-hint.ts';
import { listPresets, listPresetsSetting, sayConfiguration } from '../configuration/run-settings.ts';
import { parseSearch, searchedRows, type SearchSpace } from '../configuration/search-space.ts';
import { runSettings, unpackagedSettings } from '../configuration/settings.ts';
import { distillerOf } from '../distillers/settings.ts';
import { say } from '../support/say.ts';
import { flagOf, omit, withDefaultOf, type SettingTable } from '../support/setting.ts';
import { forceSetting, refuseTracked } from '../support/tracked-files.ts';
import { UsageError } from '../support/usage-error.ts';
import { optional, path, text, toggle, type ValueKind } from '../support/value.ts';
import { prepareRun } from '../training/prepare-run.ts';
import { rowsOfGrid } from './compare/rows-of-grid.ts';
import { cellSettings, gather, leavePlan, refuseIdle, storeBeside, trainCell } from './compare/cells.ts';
import { refuseIdleOn, schedulerSettings, trainElsewhere } from './compare/elsewhere.ts';

export const summary =
  'Trains every method under every seed, all else the same, and compares them: a table and a report. Repeated, it goes on where it stopped.';

/** The grid states seed and method. */
const trainingSettings = omit(unpackagedSettings, ['from', 'seed', 'method', 'methodOptions']);

const methodList: ValueKind<readonly ComparisonRow[]> = {
  default: parseRows('ce,kd,sld'),
  allowed: 'methods with commas between, options and settings in braces: ce,kd{learningRate=0.1},sld{studentSwap=false}',
  holds: Array.isArray,
  parse: parseRows,
};

const seedList: ValueKind<readonly number[]> = {
  default: [1, 2, 3],
  allowed: 'how many (3: seeds 1 to 3) or which (1,2,5; =2 is seed 2 alone)',
  holds: Array.isArray,
  parse: parseSeeds,
};

const searchSpace: ValueKind<SearchSpace> = {
  default: {},
  allowed: 'NAME=FROM..TO or NAME=[VALUE,VALUE] with commas between',
  holds: (value) => typeof value === 'object' && value !== null,
  parse: parseSearch,
};

const own = { group: 'run', decides: 'nothing' } as const;

export const settings = {
  methods: {
    ...own,
    ...methodList,
    help: 'methods with commas between, options and settings in braces: ce,kd{learningRate=0.1},sld{studentSwap=false}',
    defaultText: 'ce,kd,sld',
    group: 'learning',
    isFirst: true,
  },
  seeds: { ...own, ...seedList, help: 'how many (3: seeds 1 to 3) or which (1,2,5; =2 is seed 2 alone)', defaultText: '3', isFirst: true },
  search: {
    ...own,
    ...optional(searchSpace),
    help: 'tried for each row on validation images under the first seed; the best is the row: learningRate=0.0125..0.1 doubles, kdWeight=[0.9,9] lists',
    defaultText: '',
    group: 'learning',
  },
  baseline: {
    ...own,
    ...optional(text('')),
    help: 'the method that differences are taken from',
    defaultText: 'kd, else ce',
    group: 'learning',
    isFirst: true,
  },
  ...trainingSettings,
  name: withDefaultOf({ ...runSettings.name, help: "the comparison's name" }, "the data set's"),
  out: { ...own, ...optional(path('')), help: 'its folder', defaultText: 'runs/compare/<name>.<student>.<preset>', isFirst: true },
  restart: { ...own, ...toggle(false), help: 'start over the trainings that are there with other settings, and those that diverged' },
  dryRun: { ...own, ...toggle(false), help: 'print the grid and how long it would take; train nothing', isFirst: true },
  reportOnly: { ...own, ...toggle(false), help: 'write table and report again from the finished trainings in --out' },
  ...cellSettings,
  ...schedulerSettings,
  ...forceSetting,
  ...listPresetsSetting,
} as const satisfies SettingTable;

type Stated = Line<typeof settings>;

export async function run(line: Stated): Promise<object> {
  const { given, values } = line;
  if (values.listPresets) return listPresets(line.json);
  if (values.reportOnly) return reportOnly(line);
  if (given.cell !== undefined) return trainCell(given);
  if (values.gather) {
    refuseTracked(values.out ?? '', values.force);
    const { report, folder } = await gather(given);
    return said(report, folder, line, '');
  }
  refuseIdle(given);
  refuseIdleOn(given);
  const { methods, seeds, restart } = values;
  const searched = searchedRows(methods, values.search ?? {});
  if (values.search && (values.plan || given.on))
    throw new UsageError(`--${given.on ? 'on' : 'plan'} has no effect with --search: what is trained depends on what came of the search`);
  const configurations = configurationsOf(
    searched.flatMap(({ candidates }) => candidates),
    given,
  );
  const learning = configurations.find((configuration) => distillerOf(configuration).needsTeacher);
  const base = learning ?? configurations[0];
  const labels = methods.map(({ label }) => label);
  const baseline = baselineFrom(given.baseline, labels);
  const folder = values.out ?? join('runs', 'compare', `${base.name}.${base.student}.${base.preset.replaceAll('/', '-')}`);
  refuseTracked(folder, values.force);
  const { search, searchCells, rowsBy, cellsWith, gridWith } = rowsOfGrid(searched, configurations, {
    seeds,
    folder,
    isSearch: values.search !== undefined,
  });
  const cells = cellsWith(rowsBy([]));
  const needsTeacher = learning !== undefined;
  if (needsTeacher) refuseUntrained(base.teacher);
  say(`comparing ${labels.join(', ')} under seeds ${seeds.join(', ')}: ${cells.length} trainings, baseline ${baseline}, in ${folder}`);
  if (search) say(`  of them ${searchCells.length} search under seed ${search.seed}: ${searchCells.map(({ label }) => label).join(', ')}`);
  sayConfiguration(cells[0].configuration);
  say(
    '  that is the first training; the others differ from it in seed, method, its options, and the settings that a row or the preset has for a method',
  );

  const { data, engine, teacher } = await prepareRun(base, needsTeacher);
  const context = { data, engine, ...(teacher && { teacher, teacherTestLogits: teacher.testLogits }), software: softwareVersions() };
  // Before anything is written: another comparison's folder is refused.
  const inspected = inspectGrid({ cells, context, restart });
  if (values.dryRun) return dryRun(inspected, context);
  const began = performance.now();
  await using lock = await acquireLock(join(folder, '.lock'), {
    onWait: (holder) => say(`${holder} has begun to work in ${folder}: waiting for it`),
  });
  const about = { name: base.name, command: commandLine(line) };
  const planned = search ? undefined : planGrid(gridWith(rowsBy([]), baseline, about), inspected, context, codeDigest());
  const report = ({ results, failures }: GridOutcome): ComparisonReport => {
    const grid = planned ?? gridWith(rowsBy(results), baseline, about);
    writeGrid(folder, grid);
    return writeReports(folder, grid, results, failures);
  };
  if (planned) writeGrid(folder, planned);
  const place = values.store ?? storeBeside(folder);
  if (planned && values.plan) return leavePlan(planned, place);
  if (planned && given.on) {
    const elsewhere = await trainElsewhere(planned, inspected, folder, place, { ...given, on: given.on });
    if (!elsewhere) return { folder, grid: planned.id, store: place };
    const whole = said(elsewhere.report, folder, line, ` in ${duration(performance.now() - began)}`);
    return { ...whole, lost: elsewhere.lost, ...(elsewhere.lost.length > 0 && { pass: false }) };
  }
  const options = { context: { ...context, lock }, restart, say, onCell: (soFar: GridOutcome) => void report(soFar) };
  const rows = rowsBy(search ? (await runGrid({ ...options, cells: searchCells })).results : []);
  if (search) say(`chosen by validation under seed ${search.seed}: ${rows.map(({ label }) => label).join(', ')}`);
  const outcome = await runGrid({ ...options, cells: cellsWith(rows) });
  return said(report(outcome), folder, line, ` in ${duration(performance.now() - began)}`);
}

/** Every cell and how far it is; a few batches of each method are timed for what is left. */
async function dryRun(inspected: InspectedCell[], context: CellContext): Promise<object> {
  for (const { cell, state } of inspected)
    say(
      `  ${`${cell.label} seed ${cell.seed}`.padEnd(40)} ${state.kind}${state.kind === 'started' ? `, ${state.epochsDone} of ${cell.configuration.epochs} epochs` : ''}`,
    );
  const estimate = await estimateGrid(inspected, context);
  for (const { label, secondsPerEpoch } of estimate.methods)
    say(`  ${label}: about ${duration(secondsPerEpoch * 1000)} an epoch with its measurement`);
  say(`about ${duration(estimate.secondsLeft * 1000)} left; nothing was trained or written`);
  return {
    cells: inspected.map(({ cell: { label, seed, folder }, state: { kind } }) => ({ label, seed, folder, state: kind })),
    ...estimate,
  };
}

function reportOnly(line: Stated): object {
  const { given, values } = line;
  if (!given.out) throw new UsageError('--report-only expects --out FOLDER, the folder of a comparison');
  const idle = Object.keys(given).find((key) => !['out', 'reportOnly', 'baseline', 'force'].includes(key));
  if (idle) throw new UsageError(`--${flagOf(idle)} has no effect: --report-only trains nothing`);
  const folder = given.out;
  refuseTracked(folder, values.force);
  const stored = readGrid(folder);
  const grid = { ...stored, baseline: given.baseline ? baselineFrom(given.baseline, stored.methods) : stored.baseline };
  const { results, failures } = readCells(folder, grid);
  return said(writeReports(folder, grid, results, failures), folder, line, '');
}

/** The table for people; the same as JSON to the caller. */
function said(report: ComparisonReport, folder: string, { json }: Stated, took: string): object {
  const { summary: figures, conclusion, caveats } = report;
  const print = json ? say : console.log;
  print(`\n${comparisonText(figures)}\n\n${conclusion}\n${caveats.map((line) => `  · ${line}`).join('\n')}`);
  for (const { label, seed, reason } of figures.failures) print(`failed: ${label} seed ${seed}: ${reason}`);
  say(`compared${took}: ${folder}`);
  return { folder, ...report, pass: figures.failures.length === 0 };
}

/** Flags that change neither the grid nor its report. */
const IDLE = ['--restart', '--dry-run', '--json', '--force', '--plan', '--print'];
/** Those of them that are followed by a value. */
const VALUED = ['--store', ...Object.keys(omit(schedulerSettings, ['print'])).map((key) => `--${flagOf(key)}`)];

/** Command line as it can be typed again. */
function commandLine({ typed }: Stated): string {
  const words = typed.filter((arg, i) => !IDLE.includes(arg) && !VALUED.includes(typed[i - 1]) && !VALUED.includes(arg.split('=')[0]));
  return `npm run compare -- ${shellLine(words)}`;
}

function baselineFrom(baseline: string | undefined, labels: string[]): string {
  if (baseline === undefined) return defaultBaseline(labels);
  if (!labels.includes(baseline)) throw new UsageError(`--baseline ${baseline} is none of the methods; allowed: ${labels.join(', ')}`);
  return baseline as string;
}

/** `3`: seeds 1, 2 and 3; `1,2,5`: these; `=2`: seed 2. @throws UsageError in one line for anything else, or a seed twice */
export function parseSeeds(text: string): number[] {
  const numbers = text
    .replace(/^\s*=/, '')
    .split(',')
    .map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : NaN));
  if (numbers.some((number) => !(number < 2 ** 32)))
    throw new UsageError(
      `--seeds expects how many (3: seeds 1 to 3) or which (1,2,5; =2 is seed 2 alone), whole numbers from 0 to 4294967295, got "${text}"`,
    );
  if (new Set(numbers).size < numbers.length) throw new UsageError(`--seeds names a seed twice: "${text}"`);
  if (numbers.length > 1 || text.trim().startsWith('=')) return numbers;
  const [count] = numbers;
  if (count < 1 || count > 1000) throw new UsageError(`--seeds expects 1 to 1000 seeds, got "${text}"`);
  return Array.from({ length: count }, (_, i) => i + 1);
}
