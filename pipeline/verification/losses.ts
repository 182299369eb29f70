/**
 * Holds the methods against reference vectors: JSON files of logits and of what other people's code makes of them
 * (`method`, `params`, `components`, `total`, gradients with respect to the student's logits).
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { createCe } from '../distillers/ce.ts';
import type { Distiller } from '../distillers/distiller.ts';
import { createDkd } from '../distillers/dkd.ts';
import { createKd } from '../distillers/kd.ts';
import { createKdLs } from '../distillers/kd-ls.ts';
import { createMlkd } from '../distillers/mlkd.ts';
import { createSld } from '../distillers/sld.ts';
import type { Engine } from '../engines/index.ts';
import { readReferenceFolder } from './reference-folder.ts';

type Params = Record<string, unknown>;

/** The reference's method and parameter names, and ours. Methods that have no entry are counted as not covered. */
const methods: Record<string, (params: Params) => Distiller> = {
  CE: () => createCe(),
  KD: (p) => createKd({ temperature: p.temperature as number, ceWeight: p.ceWeight as number, kdWeight: p.kdWeight as number }),
  DKD: (p) =>
    createDkd({ temperature: p.temperature as number, ceWeight: p.ceWeight as number, alpha: p.alpha as number, beta: p.beta as number, warmupEpochs: p.warmup as number }),
  MLKD: (p) => createMlkd({ temperatures: p.temperatures as number[], ceWeight: p.ceWeight as number, kdWeight: p.kdWeight as number }),
  'KD+LS': (p) => createKdLs({ baseTemperature: p.baseTemperature as number, ceWeight: p.ceWeight as number, kdWeight: p.kdWeight as number }),
  SLD: (p) =>
    createSld({ temperatures: p.temperatures as number[], ceWeight: p.ceWeight as number, kdWeight: p.kdWeight as number, gammaEpoch: p.gamma as number }),
};

export const LOSS_TOLERANCE = 1e-5;

interface LossFile {
  classes: number;
  target: number[];
  studentWeak: number[][];
  studentStrong: number[][];
  teacherWeak: number[][];
  teacherStrong: number[][];
  cases: { method: string; params: Params; total: number; gradStudentWeak: number[][]; gradStudentStrong: number[][] }[];
}

export interface LossRow {
  file: string;
  method: string;
  params: Params;
  /** |ours - reference| / |reference| of the total. */
  lossError: number;
  /** Largest absolute difference of a gradient entry, relative to the largest entry. */
  gradientError: number;
}

export interface LossVerification {
  rows: LossRow[];
  /** Cases of methods that are not ours, by method. */
  notCovered: Record<string, number>;
  worst: number;
  tolerance: number;
  pass: boolean;
}

/** @throws Error in one line for a folder that is missing, empty or of another format. */
export function verifyLosses(engine: Engine, folder: string): LossVerification {
  const rows: LossRow[] = [];
  const notCovered: Record<string, number> = {};
  for (const { name, content } of readReferenceFolder<LossFile>(folder, ['target', 'studentWeak', 'teacherWeak', 'cases'])) {
    for (const reference of content.cases) {
      const method = methods[reference.method];
      if (method) rows.push({ file: name, method: reference.method, params: reference.params, ...compare(engine, content, reference, method(reference.params)) });
      else notCovered[reference.method] = (notCovered[reference.method] ?? 0) + 1;
    }
  }
  const worst = Math.max(...rows.flatMap(({ lossError, gradientError }) => [lossError, gradientError]));
  return { rows, notCovered, worst, tolerance: LOSS_TOLERANCE, pass: rows.length > 0 && worst <= LOSS_TOLERANCE };
}

function compare({ tf }: Engine, file: LossFile, reference: LossFile['cases'][number], distiller: Distiller): { lossError: number; gradientError: number } {
  const [weak, strong] = [tf.tensor2d(file.studentWeak), tf.tensor2d(file.studentStrong)];
  const labels = tf.tensor1d(file.target, 'int32');
  const teacher = { weak: tf.tensor2d(file.teacherWeak), strong: tf.tensor2d(file.teacherStrong) };
  const epoch = (reference.params.epoch as number) ?? 1;
  const total = (weak: Tensor2D, strong: Tensor2D) =>
    tf.addN(Object.values(distiller.losses(tf, { labels, student: { weak, strong }, teacher, epoch }))).asScalar();
  const usesStrong = distiller.views.includes('strong');
  const { value, grads } = usesStrong
    ? tf.valueAndGrads((weak, strong) => total(weak as Tensor2D, strong as Tensor2D))([weak, strong])
    : tf.valueAndGrads((weak) => total(weak as Tensor2D, strong))([weak]);
  const ours = grads.map((gradient) => [...gradient.dataSync()]).flat();
  const theirs = [...reference.gradStudentWeak, ...(usesStrong ? reference.gradStudentStrong : [])].flat();
  const lossError = Math.abs(value.dataSync()[0] - reference.total) / Math.abs(reference.total);
  tf.dispose([weak, strong, labels, teacher.weak, teacher.strong, value, ...grads]);
  return { lossError, gradientError: relativeError(ours, theirs) };
}

/** Largest absolute difference, relative to the reference's largest magnitude. */
export function relativeError(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < theirs.length; i++) {
    difference = Math.max(difference, Math.abs(ours[i] - theirs[i]));
    magnitude = Math.max(magnitude, Math.abs(theirs[i]));
  }
  return difference / magnitude;
}
