/** Results of trainings that were never run: figures for tests of tables and reports. */
import type { CellResult } from '../comparison/cell-result.ts';
import { configure } from '../configuration/configure.ts';
import type { EpochReport } from '../training/train.ts';

export interface MadeResult {
  label?: string;
  seed?: number;
  validationTop1?: number;
  testTop1?: number;
  /** Classes of the data set; the confusion matrix and the bins are made for them. */
  classes?: number;
  /** One validation top-1 an epoch. */
  curve?: number[];
  /** Training samples that the teacher got wrong, of an epoch of 40; absent: no teacher. */
  swaps?: number[];
  changes?: Partial<CellResult>;
}

const measured = (top1: number, count: number) => ({ count, top1, top5: Math.min(1, top1 + 0.2), loss: 1 - top1, calibrationError: 0.05 });

/** 40 test images, of which `testTop1` are right; a wrong one is taken for the next class. */
export function madeResult({ label = 'kd', seed = 1, validationTop1 = 0.5, testTop1 = 0.5, classes = 4, curve = [0.2, 0.4], swaps, changes = {} }: MadeResult = {}): CellResult {
  const [method] = label.split('{');
  const configuration = { ...configure({ preset: 'test', method, seed, epochs: curve.length, warmupEpochs: 0, batchSize: 10, name: 'tiny' }), data: 'tiny' };
  const perClass = 40 / classes;
  const right = testTop1 * perClass;
  const confusion = Array.from({ length: classes }, (_, truth) => Array.from({ length: classes }, (_, answer) => (answer === truth ? right : answer === (truth + 1) % classes ? perClass - right : 0)));
  const byClass = (total: number): number[] => Array.from({ length: classes }, (_, c) => (c === classes - 1 ? total : 0));
  const epochs = curve.map((top1, i) => ({
    epoch: i + 1, losses: { ce: 1 / (i + 1), total: 1 / (i + 1) }, trainingTop1: top1, validationTop1: top1, learningRate: 0.1, imagesPerSecond: 100, seconds: 2, tensors: 50,
    ...(swaps && { teacherSwaps: { weak: swaps[i], strong: swaps[i] + 1, byClass: byClass(swaps[i]) } }),
  })) as EpochReport[];
  return {
    format: 1, label, seed, key: '{}', configuration, methodOptions: { temperature: 4 }, network: { name: 'resnet8', parameters: 77_946 },
    teacher: method === 'ce' ? null : { name: 'big', network: 'resnet20', sha256: 'ab'.repeat(32), validationTop1: 0.9, testTop1: 0.875 },
    data: { name: 'tiny', source: 'made by the test', checksums: { 'a.bin': 'cd'.repeat(32) }, counts: { train: 40, validation: 20, test: 40 } },
    labels: Array.from({ length: classes }, (_, i) => `class ${i}`), trainingCounts: Array<number>(classes).fill(perClass),
    validation: measured(validationTop1, 20), test: measured(testTop1, 40), confusion,
    reliability: Array.from({ length: 15 }, (_, i) => ({ lower: i / 15, upper: (i + 1) / 15, count: i === 14 ? 40 : 0, correct: i === 14 ? 40 * testTop1 : 0, confidence: i === 14 ? 38 : 0 })),
    teacherAgreement: method === 'ce' ? null : 0.6, epochs, imagesPerEpoch: 40, seconds: 2 * curve.length, imagesPerSecond: 20, engine: 'an engine of the test', software: { node: 'v0', commit: 'none' },
    ...changes,
  };
}
