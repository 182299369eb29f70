/** `npm run compare`: methods against each other over seeds, all else the same; a table and a report of what came out. */
import { join } from 'node:path';
import { readCells, readGrid, writeGrid, writeReports, type ComparisonReport } from '../comparison/comparison-folder.ts';
import { gridOf } from '../comparison/grid.ts';
import { estimateGrid } from '../comparison/estimate.ts';
import type { CellContext } from '../comparison/run-cell.ts';
import { inspectGrid, runGrid, type InspectedCell } from '../comparison/run-grid.ts';
import { defaultBaseline } from '../comparison/summary.ts';
import { comparisonText } from '../comparison/tables.ts';
import { duration } from '../support/progress.ts';
import { parseMethodSpecs, type MethodSpec } from '../distillers/method-spec.ts';
import { softwareVersions } from '../packaging/build-package.ts';
import { acquireLock } from '../support/file-lock.ts';
import { checkNames } from './check-names.ts';
import { configurationFlags, configurationFrom, UsageError, type Flags, type FlagValues } from './flags.ts';
import { prepareRun } from './prepare-run.ts';
import { listPresets, say, sayConfiguration } from './run-options.ts';

export const summary = 'Trains every method under every seed, all else the same, and compares them: a table and a report. Repeated, it goes on where it stopped.';

/** The grid states these, and nothing is packaged. */
const NOT_HERE = ['seed', 'method', 'method-options', 'max-drop'];
const settings: Flags = Object.fromEntries(Object.entries(configurationFlags).filter(([name]) => !NOT_HERE.includes(name)));

export const flags: Flags = {
  methods: { type: 'string', help: 'with commas between, options in braces: ce,kd,sld{studentSwap=false} (default ce,kd,sld)' },
  seeds: { type: 'string', help: 'how many (3: seeds 1 to 3) or which (1,2,5) (default 3)' },
  baseline: { type: 'string', help: 'the method that differences are taken from (default kd, else ce)' },
  ...settings,
  name: { type: 'string', help: "the comparison's name; empty: the data set's" },
  out: { type: 'string', help: 'its folder (default runs/compare/<name>.<student>.<preset>)' },
  restart: { type: 'boolean', help: 'start over the trainings that are there with other settings, and those that diverged' },
  'dry-run': { type: 'boolean', help: 'print the grid and how long it would take; train nothing' },
  'list-presets': { type: 'boolean', help: 'list the presets and do nothing else' },
  'report-only': { type: 'boolean', help: 'write table and report again from the finished trainings in --out' },
};

export async function run(values: FlagValues): Promise<object> {
  if (values['list-presets']) return listPresets(values);
  if (values['report-only']) return reportOnly(values);
  const base = configurationFrom(values);
  const methods = methodsFrom((values.methods as string) ?? 'ce,kd,sld');
  const seeds = parseSeeds((values.seeds as string) ?? '3');
  const labels = methods.map(({ label }) => label);
  const baseline = baselineFrom(values, labels);
  const folder = (values.out as string) ?? join('runs', 'compare', `${base.name}.${base.student}.${base.preset.replaceAll('/', '-')}`);
  const cells = gridOf(base, methods, seeds, folder);
  const needsTeacher = cells.map(({ configuration }) => checkNames(configuration).needsTeacher).includes(true);
  say(`comparing ${labels.join(', ')} under seeds ${seeds.join(', ')}: ${cells.length} trainings, baseline ${baseline}, in ${folder}`);
  sayConfiguration(cells[0].configuration);
  say('  that is the first training; the others differ from it in method, its options and seed');

  const { data, engine, teacher } = await prepareRun(base, needsTeacher);
  const context = { data, engine, ...(teacher && { teacher, teacherTestLogits: teacher.testLogits }), software: softwareVersions() };
  const restart = values.restart === true;
  // Before anything is written: another comparison's folder is refused.
  const inspected = inspectGrid({ cells, context, restart });
  if (values['dry-run']) return dryRun(inspected, context);
  const began = performance.now();
  await using lock = await acquireLock(join(folder, '.lock'), { onWait: (holder) => say(`${holder} has begun to work in ${folder}: waiting for it`) });
  const grid = writeGrid(folder, { name: base.name, baseline, command: commandLine(values) }, { methods: labels, seeds }, cells);
  const { results, failures } = await runGrid({ cells, context: { ...context, lock }, restart, say, onCell: (soFar) => void writeReports(folder, grid, soFar.results, soFar.failures) });
  return said(writeReports(folder, grid, results, failures), folder, values, ` in ${duration(performance.now() - began)}`);
}

/** Every cell and how far it is; a few batches of each method are timed for what is left. */
async function dryRun(inspected: InspectedCell[], context: CellContext): Promise<object> {
  for (const { cell, state } of inspected) say(`  ${`${cell.label} seed ${cell.seed}`.padEnd(40)} ${state.kind}${state.kind === 'started' ? `, ${state.epochsDone} of ${cell.configuration.epochs} epochs` : ''}`);
  const estimate = await estimateGrid(inspected, context);
  for (const { label, secondsPerEpoch } of estimate.methods) say(`  ${label}: about ${duration(secondsPerEpoch * 1000)} an epoch with its measurement`);
  say(`about ${duration(estimate.secondsLeft * 1000)} left; nothing was trained or written`);
  return { cells: inspected.map(({ cell: { label, seed, folder }, state: { kind } }) => ({ label, seed, folder, state: kind })), ...estimate };
}

function reportOnly(values: FlagValues): object {
  if (!values.out) throw new UsageError('--report-only expects --out FOLDER, the folder of a comparison');
  const folder = values.out as string;
  const stored = readGrid(folder);
  const grid = { ...stored, baseline: values.baseline ? baselineFrom(values, stored.methods) : stored.baseline };
  const { results, failures } = readCells(folder, grid);
  return said(writeReports(folder, grid, results, failures), folder, values, '');
}

/** The table for people; the same as JSON to the caller. */
function said(report: ComparisonReport, folder: string, { json }: FlagValues, took: string): object {
  const { summary: figures, conclusion, caveats } = report;
  const print = json ? say : console.log;
  print(`\n${comparisonText(figures)}\n\n${conclusion}\n${caveats.map((line) => `  · ${line}`).join('\n')}`);
  for (const { label, seed, reason } of figures.failures) print(`failed: ${label} seed ${seed}: ${reason}`);
  say(`compared${took}: ${folder}`);
  return { folder, ...report, pass: figures.failures.length === 0 };
}

/** As it can be typed again. */
function commandLine(values: FlagValues): string {
  const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  const given = Object.entries(values).filter(([name, value]) => Object.hasOwn(flags, name) && value !== undefined && !['restart', 'dry-run'].includes(name));
  return `npm run compare -- ${given.map(([name, value]) => (value === true ? `--${name}` : `--${name} ${quoted(String(value))}`)).join(' ')}`;
}

function methodsFrom(text: string): MethodSpec[] {
  try {
    return parseMethodSpecs(text);
  } catch (error) {
    throw new UsageError(`--methods: ${(error as Error).message}`, { cause: error });
  }
}

function baselineFrom({ baseline }: FlagValues, labels: string[]): string {
  if (baseline === undefined) return defaultBaseline(labels);
  if (!labels.includes(baseline as string)) throw new UsageError(`--baseline ${baseline as string} is none of the methods; allowed: ${labels.join(', ')}`);
  return baseline as string;
}

/** `3`: seeds 1, 2 and 3; `1,2,5`: these. @throws UsageError for anything else, or a seed twice */
export function parseSeeds(text: string): number[] {
  const numbers = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : NaN));
  if (numbers.some((number) => !(number < 2 ** 32))) throw new UsageError(`--seeds expects how many (3: seeds 1 to 3) or which (1,2,5), whole numbers from 0 to 4294967295, got "${text}"`);
  if (new Set(numbers).size < numbers.length) throw new UsageError(`--seeds names a seed twice: "${text}"`);
  if (numbers.length > 1) return numbers;
  const [count] = numbers;
  if (count < 1 || count > 1000) throw new UsageError(`--seeds expects 1 to 1000 seeds, got "${text}"`);
  return Array.from({ length: count }, (_, i) => i + 1);
}

