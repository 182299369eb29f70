/**
 * Holds the methods against reference vectors: JSON files of logits and of what other people's code makes of them
 * (`method`, `params`, `components`, `total`, gradients with respect to the student's logits).
 */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import { distillers, type Distiller } from '../distillers/index.ts';
import type { Engine } from '../engines/index.ts';
import { readReferenceFolder } from './reference-folder.ts';
import { relativeDifference } from '../support/difference.ts';

type Params = Record<string, unknown>;

/** Parameters of a case that are no options of ours: what the batch has, and text for people. */
const OF_THE_CASE = new Set(['epoch', 'classWeights', 'note']);

/**
 * A case's parameters as options: those of our names as they are, the reference's names by what they mean here.
 * Epochs of a case are absolute.
 */
const renamed: Record<string, (params: Params) => Params> = {
  dkd: withWarmup,
  rld: withWarmup,
  // The base temperature is stated beside the list that begins with it.
  mlkd: (params) => {
    const { temperature, ...others } = params;
    return temperature === (params.temperatures as number[] | undefined)?.[0] ? others : params;
  },
  sld: ({ gamma, ...others }) => ({ scheduleEpochs: 0, ...(gamma !== undefined && { gammaEpoch: gamma }), ...others }),
};

function withWarmup({ warmup, ...others }: Params): Params {
  return { scheduleEpochs: 0, ...(warmup !== undefined && { lossWarmupEpochs: warmup }), ...others };
}

/** @throws Error in one line for a parameter that our method does not know, or a value that it refuses */
function distillerOf(method: string, params: Params): Distiller {
  const stated = Object.fromEntries(Object.entries(params).filter(([name]) => !OF_THE_CASE.has(name)));
  return distillers[method].create(renamed[method]?.(stated) ?? stated);
}

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
  /** Cases of our methods with parameters that ours do not take, and why: they could not be compared, and nothing passes with them. */
  refused: { file: string; method: string; params: Params; reason: string }[];
  worst: number;
  tolerance: number;
  pass: boolean;
}

/** @throws Error in one line for a folder that is missing, empty or of another format. */
export function verifyLosses(engine: Engine, folder: string): LossVerification {
  const rows: LossRow[] = [];
  const notCovered: Record<string, number> = {};
  const refused: LossVerification['refused'] = [];
  for (const { name, content } of readReferenceFolder<LossFile>(folder, ['target', 'studentWeak', 'teacherWeak', 'cases'])) {
    for (const reference of content.cases) {
      const { method, params } = reference;
      const ours = method.toLowerCase();
      if (!Object.hasOwn(distillers, ours)) {
        notCovered[method] = (notCovered[method] ?? 0) + 1;
        continue;
      }
      let distiller: Distiller;
      try {
        distiller = distillerOf(ours, params);
      } catch (error) {
        refused.push({ file: name, method, params, reason: (error as Error).message });
        continue;
      }
      rows.push({ file: name, method, params, ...compare(engine, content, reference, distiller) });
    }
  }
  const worst = Math.max(...rows.flatMap(({ lossError, gradientError }) => [lossError, gradientError]));
  return {
    rows,
    notCovered,
    refused,
    worst,
    tolerance: LOSS_TOLERANCE,
    pass: rows.length > 0 && refused.length === 0 && worst <= LOSS_TOLERANCE,
  };
}

function compare(
  { tf }: Engine,
  file: LossFile,
  reference: LossFile['cases'][number],
  distiller: Distiller,
): { lossError: number; gradientError: number } {
  const student = { weak: tf.tensor2d(file.studentWeak), strong: tf.tensor2d(file.studentStrong) };
  const labels = tf.tensor1d(file.target, 'int32');
  const teacher = { weak: tf.tensor2d(file.teacherWeak), strong: tf.tensor2d(file.teacherStrong) };
  const epoch = (reference.params.epoch as number) ?? 1;
  const { classWeights: weightsOfClasses } = reference.params as { classWeights?: number[] };
  const classWeights = weightsOfClasses && tf.tensor1d(weightsOfClasses);
  const { views } = distiller;
  const total = (...seen: Tensor2D[]) => {
    const moved = { ...student, ...Object.fromEntries(views.map((view, i) => [view, seen[i]])) };
    const batch = { labels, student: moved, teacher, epoch, ...(classWeights && { classWeights }) };
    return tf.addN(Object.values(distiller.losses(tf, batch))).asScalar();
  };
  const { value, grads } = tf.valueAndGrads((...seen) => total(...(seen as Tensor2D[])))(views.map((view) => student[view]));
  const ours = grads.map((gradient) => [...gradient.dataSync()]).flat();
  const theirs = views.flatMap((view) => (view === 'weak' ? reference.gradStudentWeak : reference.gradStudentStrong).flat());
  const lossError = Math.abs(value.dataSync()[0] - reference.total) / Math.abs(reference.total);
  tf.dispose([
    student.weak,
    student.strong,
    labels,
    ...(classWeights ? [classWeights] : []),
    teacher.weak,
    teacher.strong,
    value,
    ...grads,
  ]);
  return { lossError, gradientError: relativeDifference(ours, theirs) };
}
