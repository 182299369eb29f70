/** Prepares a training: opens the data, loads the teacher, starts the engine, measures the teacher. */
import { accuracy } from '../evaluation/accuracy.ts';
import { createProgress, percent } from '../support/progress.ts';
import type { ImageSet } from '../data/sets/index.ts';
import { distillerOf } from '../distillers/settings.ts';
import type { Engine } from '../engines/index.ts';
import { startEngine } from '../engines/start-engine.ts';
import { say } from '../support/say.ts';
import { chanceWarning, teacherLogits, teacherWeightBytes, type TeacherRecord } from '../teachers/measure.ts';
import { loadTeacher, type Teacher } from '../teachers/teacher.ts';
import type { Flip } from '../data/augmentation/index.ts';
import { openRunData, type RunData } from '../data/run-data.ts';
import { findMirroredAnswers, findMirroredClasses, mirrorWarning } from './mirrored-classes.ts';
import { replicasOn } from './parallel/team.ts';
import type { TrainingConfiguration } from './settings.ts';

export interface PreparedRun {
  data: RunData;
  engine: Engine;
  /** Teacher; absent if no method needs one. */
  teacher?: MeasuredTeacher;
}

export interface MeasuredTeacher {
  teacher: Teacher;
  /** Record of it that is kept with every student. */
  record: TeacherRecord;
  /** `[test.count, classes]`. */
  testLogits: Float32Array;
}

/**
 * @param needsTeacher default: whether the configuration's method does
 * @throws Error in one line: data or teacher that can't be had or do not fit each other, an engine that this machine can't run
 */
export async function prepareRun(
  configuration: TrainingConfiguration,
  needsTeacher = distillerOf(configuration).needsTeacher,
): Promise<PreparedRun> {
  // What may be refused comes before the engine, whose first start takes minutes.
  const data = await openRunData(configuration, say);
  say(
    `data: ${data.name}, ${data.train.count} training, ${data.validation.count} validation, ${data.test.count} test images (${data.provenance.source})`,
  );
  // Before anything is trained: which classes no training with mirror images can tell apart.
  const { flip } = configuration;
  const mirrored = mirrorWarning(findMirroredClasses(data.train, data.labels, data.inputShape, flip), flip);
  if (mirrored) say(mirrored);
  const teacher = needsTeacher
    ? await loadTeacher(configuration.teacher, data, {
        network: configuration.teacherNetwork,
        sideFile: configuration.teacherPreprocessing,
      })
    : undefined;
  if (teacher) say(`teacher ${teacher.name}: ${teacher.description}`);
  const engine = await startEngine(configuration.engine, computingThreads(configuration, needsTeacher));
  return { data, engine, ...(teacher && { teacher: await measuredTeacher(teacher, data, engine, mirrored ? 'none' : flip) }) };
}

/** Threads that compute at the same time in a training: its replicas; else the training thread and those that ask the teacher. */
export function computingThreads(
  configuration: Pick<TrainingConfiguration, 'replicas' | 'workers' | 'batchSize'>,
  needsTeacher: boolean,
): number {
  const replicas = replicasOn({}, configuration);
  return replicas > 1 ? replicas : needsTeacher ? 1 + configuration.workers : 1;
}

/**
 * Measures the teacher before anything is learnt from it, and warns where it is hardly better than chance, or where mirror images change
 * what it sees.
 * @param flip mirror images about which nothing was said yet
 */
async function measuredTeacher(teacher: Teacher, data: RunData, engine: Engine, flip: Flip): Promise<MeasuredTeacher> {
  const { name, network, sha256, classes } = teacher;
  const progress = createProgress('teacher');
  const logitsOf = (set: ImageSet, what: string) =>
    teacherLogits(teacher, engine, set, data.inputShape, (fraction) => progress.update(fraction, `${what} images`));
  const validationTop1 = accuracy(await logitsOf(data.validation, 'validation'), data.validation.labels, classes).top1;
  const testLogits = await logitsOf(data.test, 'test');
  const testTop1 = accuracy(testLogits, data.test.labels, classes).top1;
  progress.done(
    `teacher ${name}: top-1 validation ${percent(validationTop1)} of ${data.validation.count}, test ${percent(testTop1)} of ${data.test.count}`,
  );
  const warning = chanceWarning(validationTop1, classes);
  if (warning) say(warning);
  const ask = (set: ImageSet): Promise<Float32Array> => logitsOf(set, 'mirrored');
  const mirrored = mirrorWarning(await findMirroredAnswers(data.train, data.labels, data.inputShape, flip, ask), flip);
  progress.done(mirrored);
  return {
    teacher,
    record: { name, network, sha256, validationTop1, testTop1, weightBytes: teacherWeightBytes(teacher.handle) },
    testLogits,
  };
}
