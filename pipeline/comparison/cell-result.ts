/** `result.json` of a cell: everything that tables and reports say of it, so that they can be made again without it. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { StudentRecord } from '../packaging/student.ts';
import type { RunConfiguration } from '../packaging/settings.ts';
import type { ProbabilityFigures } from '../evaluation/probability-figures.ts';
import type { ReliabilityBin } from '../evaluation/temperature.ts';
import { writeFileAtomic } from '../support/atomic-write.ts';
import type { EpochReport } from '../training/train.ts';
import type { Cell } from './grid.ts';
import type { LogitMetrics } from './logit-metrics.ts';

const FORMAT = 1;

export interface CellResult {
  format: typeof FORMAT;
  /** The method with its options, as the comparison names it. */
  label: string;
  seed: number;
  /** `runKey` of the run: what decides the weights. */
  key: string;
  configuration: RunConfiguration;
  /** All options of the method, as they were used. */
  methodOptions: Readonly<Record<string, unknown>>;
  network: { name: string; parameters: number };
  teacher: StudentRecord['teacher'];
  data: StudentRecord['data'];
  labels: string[];
  /** Training images of each class. */
  trainingCounts: number[];
  /** Figures of the last epoch's student, float32, on the training engine. */
  validation: LogitMetrics;
  test: LogitMetrics;
  /** `[true class][answer]`, on the test set. */
  confusion: number[][];
  /** Figures of the test set's probabilities as trained, and at the temperature that suits the validation images best; absent of results that were made before there were such. */
  probabilities?: [asTrained: ProbabilityFigures, scaled: ProbabilityFigures];
  /** Bins of reliability on the test set. */
  reliability: ReliabilityBin[];
  /** Share of test images on which student and teacher give the same answer; null where no method of the comparison has a teacher. */
  teacherAgreement: number | null;
  /** One report an epoch: losses, top-1, learning rate, what the teacher got wrong. */
  epochs: EpochReport[];
  /** Images that an epoch trains on: whole batches. */
  imagesPerEpoch: number;
  /** Time of the training steps, without measurements in between. */
  seconds: number;
  imagesPerSecond: number;
  engine: string;
  /** Library versions and the commit. */
  software: Record<string, string>;
}

export interface CellFailure {
  label: string;
  seed: number;
  key: string;
  /** True where the loss stopped being finite: training again would end the same way. */
  diverged: boolean;
  reason: string;
}

const resultPath = (folder: string): string => join(folder, 'result.json');
const failurePath = (folder: string): string => join(folder, 'failure.json');

/** One key a line: legible at its head, and no line for each of a hundred times a hundred counts. */
export function writeResult(cell: Pick<Cell, 'folder'>, result: CellResult): void {
  const lines = Object.entries(result).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
  writeFileAtomic(resultPath(cell.folder), `{\n${lines.join(',\n')}\n}\n`);
}

export function writeFailure(cell: Pick<Cell, 'folder'>, failure: CellFailure): void {
  writeFileAtomic(failurePath(cell.folder), `${JSON.stringify(failure, null, 2)}\n`);
}

/** Removes a cell's result before it is trained or measured again. */
export function forgetResult({ folder }: Pick<Cell, 'folder'>): void {
  for (const path of [resultPath(folder), failurePath(folder)]) rmSync(path, { force: true });
}

/** `undefined` where the cell is not finished. @throws Error in one line where the file is not a result that this version reads */
export function readResult({ folder }: Pick<Cell, 'folder'>): CellResult | undefined {
  const result = readJson(resultPath(folder)) as CellResult | undefined;
  if (result && result.format !== FORMAT)
    throw new Error(
      `${resultPath(folder)} has format ${String(result.format)}, expected ${FORMAT}: start over with --restart, or choose another --out`,
    );
  return result;
}

export const readFailure = ({ folder }: Pick<Cell, 'folder'>): CellFailure | undefined =>
  readJson(failurePath(folder)) as CellFailure | undefined;

function readJson(path: string): unknown {
  if (!existsSync(path)) return undefined;
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    throw new Error(`${path} is not JSON: start over with --restart, or choose another --out`);
  }
}
