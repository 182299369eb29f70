/** One cell of the grid: trains it (or goes on where it stopped), measures the last epoch's student, writes its result. */
import { join } from 'node:path';
import type { Progress } from '../support/progress.ts';
import { classCounts } from '../data/sets/class-counts.ts';
import type { Engine } from '../engines/index.ts';
import { freeze } from '../networks/freeze.ts';
import { trainableCount, type NetworkState } from '../networks/state.ts';
import { saveStudent, type StudentRecord } from '../packaging/student.ts';
import { probabilityFigures } from '../evaluation/probability-figures.ts';
import { fitTemperature, reliabilityBins } from '../evaluation/temperature.ts';
import type { FileLock } from '../support/file-lock.ts';
import type { Teacher } from '../teachers/teacher.ts';
import type { RunData } from '../data/run-data.ts';
import { agreement, confusionCounts } from '../evaluation/accuracy.ts';
import { logitsOf, type Model } from '../evaluation/logits.ts';
import { runTraining } from '../training/run.ts';
import { writeResult, type CellResult } from './cell-result.ts';
import type { Cell } from './grid.ts';
import { logitMetrics } from './logit-metrics.ts';

export interface CellContext {
  data: RunData;
  engine: Engine;
  /** The one that the cell's method learns from; absent for methods without. */
  teacher?: { teacher: Teacher; record: NonNullable<StudentRecord['teacher']> };
  /** Teacher's logits `[test.count, classes]` that the student's are compared with, even if it did not learn from them. */
  teacherTestLogits?: Float32Array;
  software: Record<string, string>;
  /** Lock of the whole comparison's folder. */
  lock?: FileLock;
}

export interface CellOptions {
  /** `runKey` of the cell. */
  key: string;
  resume: boolean;
  progress: Progress;
  say(line: string): void;
  /** Told after every epoch (`runTraining`). */
  onSaved?(): Promise<void>;
}

/**
 * Trains and measures a cell; its folder then holds the result and the student.
 * @throws Error where the training diverges or the network breaks; checkpoints stand
 */
export async function runCell(
  cell: Cell,
  context: CellContext,
  { key, resume, progress, say, onSaved }: CellOptions,
): Promise<{ result: CellResult; state: NetworkState }> {
  const { data, engine, teacher, teacherTestLogits, software, lock } = context;
  const { configuration, label, seed, folder } = cell;
  const trained = await runTraining({
    configuration,
    engine,
    data,
    teacher: teacher?.teacher,
    folder,
    resume,
    restart: !resume,
    lock,
    progress,
    say,
    onSaved,
  });
  const { network, state, history, methodOptions } = trained;
  const { classes } = network;
  const model: Model = { kind: 'network', network: freeze(network, state), tf: engine.tf };
  const logits = await logitsOf(model, data.test.images, data.preprocessing);
  const test = logitMetrics(logits, data.test.labels, classes);
  const validationLogits = await logitsOf(model, data.validation.images, data.preprocessing);
  const validation = logitMetrics(validationLogits, data.validation.labels, classes);
  const figuresAt = (temperature: number) => probabilityFigures(logits, data.test.labels, classes, temperature);
  const imagesPerEpoch = Math.floor(data.train.count / configuration.batchSize) * configuration.batchSize;
  const seconds = history.reduce((sum, epoch) => sum + epoch.seconds, 0);
  const result: CellResult = {
    format: 1,
    label,
    seed,
    key,
    configuration: trained.configuration,
    methodOptions,
    network: { name: network.name, parameters: trainableCount(network) },
    teacher: teacher?.record ?? null,
    data: data.provenance,
    labels: data.labels,
    trainingCounts: classCounts(data.train.labels, classes),
    validation,
    test,
    confusion: confusionCounts(logits, data.test.labels, classes),
    probabilities: [figuresAt(1), figuresAt(fitTemperature(validationLogits, data.validation.labels, classes))],
    reliability: reliabilityBins(logits, data.test.labels, classes, 1),
    teacherAgreement: teacherTestLogits ? agreement(logits, teacherTestLogits, classes) : null,
    epochs: history,
    imagesPerEpoch,
    seconds,
    imagesPerSecond: (imagesPerEpoch * history.length) / seconds,
    engine: engine.description,
    software,
  };
  lock?.assertHeld();
  // The student first: a result that is there promises that the rest is.
  saveStudent(join(folder, 'student.safetensors'), network, state, data.preprocessing, {
    configuration: trained.configuration,
    methodOptions,
    engine: engine.description,
    data: data.provenance,
    teacher: teacher?.record ?? null,
    test: { top1: test.top1, top5: test.top5, count: test.count },
    history,
  });
  writeResult(cell, result);
  return { result, state };
}
