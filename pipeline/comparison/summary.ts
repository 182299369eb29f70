/** A comparison in figures: each method over its seeds, and against a baseline seed by seed. */
import type { CellFailure, CellResult } from './cell-result.ts';
import { searchOutcome, type Search, type SearchOutcome } from './search.ts';
import { spreadOf, tInterval, type Spread } from './statistics.ts';

export interface MethodSummary {
  label: string;
  /** Seeds of the finished cells, in their order. */
  seeds: number[];
  failedSeeds: number[];
  /** Figures; absent if no cell is finished. */
  figures?: MethodFigures;
  /** Difference from the baseline; absent for the baseline itself, and if they share no seed. */
  difference?: BaselineDifference;
}

/** Fractions, of the last epoch's student; over the finished seeds. */
export interface MethodFigures {
  validationTop1: Spread;
  testTop1: Spread;
  testTop5: Spread;
  /** Mean negative log-likelihood, nats. */
  testLoss: Spread;
  calibrationError: Spread;
  /** Agreement with the teacher; absent without one. */
  teacherAgreement?: Spread;
  secondsPerRun: Spread;
  imagesPerSecond: Spread;
}

export interface BaselineDifference {
  baseline: string;
  /** The seeds that both have finished. */
  seeds: number[];
  validation: PairedDifference;
  test: PairedDifference;
}

/** Top-1 of the method less the baseline's of the same seed, as fractions. */
export interface PairedDifference extends Spread {
  perSeed: number[];
  /** 95 %, paired t; absent for fewer than three seeds. */
  interval?: [low: number, high: number];
}

export interface ComparisonSummary {
  baseline: string;
  methods: MethodSummary[];
  failures: CellFailure[];
  /** Cells that the grid has, and that are finished. */
  wanted: number;
  finished: number;
  /** Candidates that were tried for each row before; absent without a search. */
  search?: SearchOutcome;
}

export interface Grid {
  /** Labels, in the order asked for. */
  methods: string[];
  seeds: number[];
  /** Candidates to try for each row first; `methods` are the chosen ones. */
  search?: Search;
}

/** Baseline of the differences unless one is asked for: distillation's own, else the labels alone. */
export function defaultBaseline(labels: readonly string[]): string {
  return ['kd', 'ce'].find((label) => labels.includes(label)) ?? labels[0];
}

export function summarise(
  { methods, seeds, search }: Grid,
  baseline: string,
  results: readonly CellResult[],
  failures: readonly CellFailure[],
): ComparisonSummary {
  const cellsOf = (label: string): CellResult[] =>
    seeds.flatMap((seed) => results.find((result) => result.label === label && result.seed === seed) ?? []);
  const failed = failures.filter(({ label, seed }) => methods.includes(label) && seeds.includes(seed));
  const summaries = methods.map((label): MethodSummary => {
    const cells = cellsOf(label);
    const difference = label === baseline ? undefined : differenceOf(baseline, cells, cellsOf(baseline));
    return {
      label,
      seeds: cells.map(({ seed }) => seed),
      failedSeeds: failed.filter((failure) => failure.label === label).map(({ seed }) => seed),
      ...(cells.length > 0 && { figures: figuresOf(cells) }),
      ...(difference && { difference }),
    };
  });
  return {
    baseline,
    methods: summaries,
    failures: failed,
    wanted: methods.length * seeds.length,
    finished: summaries.reduce((sum, { seeds: done }) => sum + done.length, 0),
    ...(search && { search: searchOutcome(search, results) }),
  };
}

function figuresOf(cells: CellResult[]): MethodFigures {
  const over = (figure: (cell: CellResult) => number): Spread => spreadOf(cells.map(figure));
  const agreements = cells.flatMap(({ teacherAgreement }) => teacherAgreement ?? []);
  return {
    validationTop1: over(({ validation }) => validation.top1),
    testTop1: over(({ test }) => test.top1),
    testTop5: over(({ test }) => test.top5),
    testLoss: over(({ test }) => test.loss),
    calibrationError: over(({ test }) => test.calibrationError),
    ...(agreements.length === cells.length && { teacherAgreement: spreadOf(agreements) }),
    secondsPerRun: over(({ seconds }) => seconds),
    imagesPerSecond: over(({ imagesPerSecond }) => imagesPerSecond),
  };
}

function differenceOf(baseline: string, cells: CellResult[], baselineCells: CellResult[]): BaselineDifference | undefined {
  const pairs = cells.flatMap((cell) => {
    const other = baselineCells.find(({ seed }) => seed === cell.seed);
    return other ? [{ cell, other }] : [];
  });
  if (pairs.length === 0) return undefined;
  const paired = (top1: (cell: CellResult) => number): PairedDifference => {
    const perSeed = pairs.map(({ cell, other }) => top1(cell) - top1(other));
    const interval = tInterval(perSeed);
    return { perSeed, ...spreadOf(perSeed), ...(interval && { interval }) };
  };
  return {
    baseline,
    seeds: pairs.map(({ cell }) => cell.seed),
    validation: paired(({ validation }) => validation.top1),
    test: paired(({ test }) => test.top1),
  };
}
