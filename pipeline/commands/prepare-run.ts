/** What comes before any training: the data opened, the teacher loaded, the engine started, the teacher measured. `distill` and `compare` share it. */
import { percent } from '../console/progress.ts';
import type { Engine } from '../engines/index.ts';
import { freeze } from '../networks/freeze.ts';
import type { StudentRecord } from '../packaging/student.ts';
import type { Configuration } from '../presets/index.ts';
import { loadTeacher, type Teacher } from '../teachers/teacher.ts';
import { openRunData, type RunData } from '../training/data.ts';
import { accuracy, frozenLogits } from '../training/evaluate.ts';
import { say } from './run-options.ts';
import { startEngine } from './start-engine.ts';

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
  const teacher = needsTeacher ? loadTeacher(configuration.teacher, data) : undefined;
  const engine = await startEngine(configuration.engine, needsTeacher ? configuration.workers : 0);
  return { data, engine, ...(teacher && { teacher: measuredTeacher(teacher, data, engine) }) };
}

/** Measures the teacher before anything is learnt from it, and warns where it is hardly better than chance. */
function measuredTeacher(teacher: Teacher, data: RunData, engine: Engine): MeasuredTeacher {
  const { network, state, name, sha256 } = teacher;
  const frozen = freeze(network, state);
  const validationTop1 = accuracy(frozenLogits(engine.tf, frozen, data.validation, data.normalise), data.validation.labels, network.classes).top1;
  const testLogits = frozenLogits(engine.tf, frozen, data.test, data.normalise);
  const testTop1 = accuracy(testLogits, data.test.labels, network.classes).top1;
  say(`teacher ${name}: top-1 validation ${percent(validationTop1)}, test ${percent(testTop1)}`);
  if (validationTop1 < 2 / data.labels.length) say(`warning: the teacher is hardly better than chance (${percent(1 / data.labels.length)}); other normalisation or other classes are the usual cause`);
  return { teacher, record: { name, network: network.name, sha256, validationTop1, testTop1 }, testLogits };
}
