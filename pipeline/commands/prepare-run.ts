/** What comes before any training: the data opened, the teacher loaded, the engine started, the teacher measured. `distill` and `compare` share it. */
import { createProgress, percent } from '../support/progress.ts';
import type { ImageSet } from '../data/sets/index.ts';
import type { Engine } from '../engines/index.ts';
import type { StudentRecord } from '../packaging/student.ts';
import type { Configuration } from '../presets/index.ts';
import { chanceWarning, teacherLogits } from '../teachers/measure.ts';
import { loadTeacher, type Teacher } from '../teachers/teacher.ts';
import { openRunData, type RunData } from '../data/run-data.ts';
import { accuracy } from '../evaluation/network-logits.ts';
import { findMirroredClasses, mirrorWarning } from '../training/mirrored-classes.ts';
import { say } from './run-options.ts';
import { computingThreads, startEngine } from './start-engine.ts';

export interface PreparedRun {
  data: RunData;
  engine: Engine;
  /** Absent where no method needs one. */
  teacher?: MeasuredTeacher;
}

export interface MeasuredTeacher {
  teacher: Teacher;
  /** What is kept of it with every student. */
  record: NonNullable<StudentRecord['teacher']>;
  /** `[test.count, classes]`. */
  testLogits: Float32Array;
}

/** @throws Error in one line: data or teacher that can't be had or do not fit each other, an engine that this machine can't run. */
export async function prepareRun(configuration: Configuration, needsTeacher: boolean): Promise<PreparedRun> {
  // What may be refused comes before the engine, whose first start takes minutes.
  const data = await openRunData(configuration, say);
  say(`data: ${data.name}, ${data.train.count} training, ${data.validation.count} validation, ${data.test.count} test images (${data.provenance.source})`);
  warnOfMirroredClasses(data, configuration);
  const teacher = needsTeacher ? await loadTeacher(configuration.teacher, data, { network: configuration.teacherNetwork, sideFile: configuration.teacherPreprocessing }) : undefined;
  if (teacher) say(`teacher ${teacher.name}: ${teacher.description}`);
  const engine = await startEngine(configuration.engine, computingThreads(configuration, needsTeacher));
  return { data, engine, ...(teacher && { teacher: await measuredTeacher(teacher, data, engine) }) };
}

/** Before anything is trained: which classes no training with mirror images can tell apart. */
export function warnOfMirroredClasses(data: RunData, { flip }: Configuration): void {
  const warning = flip === 'horizontal' ? mirrorWarning(findMirroredClasses(data.train, data.labels, data.inputShape)) : undefined;
  if (warning) say(warning);
}

/** Measures the teacher before anything is learnt from it, and warns where it is hardly better than chance. */
async function measuredTeacher(teacher: Teacher, data: RunData, engine: Engine): Promise<MeasuredTeacher> {
  const { name, network, sha256, classes } = teacher;
  const progress = createProgress('teacher');
  const logitsOf = (set: ImageSet, what: string) => teacherLogits(teacher, engine, set, data.inputShape, (fraction) => progress.update(fraction, `${what} images`));
  const validationTop1 = accuracy(await logitsOf(data.validation, 'validation'), data.validation.labels, classes).top1;
  const testLogits = await logitsOf(data.test, 'test');
  const testTop1 = accuracy(testLogits, data.test.labels, classes).top1;
  progress.done(`teacher ${name}: top-1 validation ${percent(validationTop1)} of ${data.validation.count}, test ${percent(testTop1)} of ${data.test.count}`);
  const warning = chanceWarning(validationTop1, classes);
  if (warning) say(warning);
  return { teacher, record: { name, network, sha256, validationTop1, testTop1 }, testLogits };
}
