/** A distillation of which its data alone are stated: the plan, and its teacher. */
import { runSettings, type Configuration } from '../../configuration/settings.ts';
import { augmentationSettings } from '../../data/augmentation/settings.ts';
import { startEngine } from '../../engines/start-engine.ts';
import { nameOfData } from '../../packaging/settings.ts';
import { say } from '../../support/say.ts';
import { defaultsOf, keysWhere, omit, pick } from '../../support/setting.ts';
import { UsageError } from '../../support/usage-error.ts';
import { teachersOf } from '../../teachers/teacher.ts';
import { strongViewSettings } from '../../training/settings.ts';
import type { TransferPlan } from '../../transfer/plan.ts';
import { keptPlan, makePlan, plannedData } from '../../transfer/planned.ts';
import { settings as teacherSettings, trainTeacher } from '../teacher.ts';

/** Settings of the images, and of learning from them, that both commands have. */
const SHARED = [
  'data',
  'imageSize',
  'cropRatio',
  'maxUnreadable',
  // A teacher has no strong view.
  ...keysWhere(omit(augmentationSettings, strongViewSettings), () => true),
  'classWeights',
  'seed',
  'engine',
  'trainLimit',
  'testLimit',
] as const;

/**
 * Makes a plan for a folder of pictures whose teacher and method nobody stated, says it, and trains the teacher.
 * @returns what the plan decides, and the plan; nothing for a run that needs none
 * @throws UsageError for `--minutes` where nothing is planned
 */
export async function settingsOfPlan(
  given: Partial<Configuration> & { minutes?: number },
  minutes: number,
  resume: boolean,
): Promise<{ decided: Partial<Configuration>; plan?: TransferPlan }> {
  const data = plannedData(given);
  const kept = data === undefined ? undefined : keptPlan(data);
  const [own] = data === undefined ? [] : teachersOf(nameOfData(data));
  if (data === undefined || (own !== undefined && kept === undefined)) {
    if (given.minutes !== undefined)
      throw new UsageError(
        '--minutes has no effect: it is for a folder of pictures for which no teacher, method or preset is stated and no teacher was trained',
      );
    return { decided: {} };
  }
  const plan =
    (resume && kept) || (await makePlan({ ...given, data }, minutes, () => startEngine(given.engine ?? runSettings.engine.default)));
  for (const line of plan.lines) say(line);
  const { imageSize, cropRatio, cropScale, from, student, epochs, maxDrop } = plan;
  const shared = { ...pick(given, SHARED), imageSize, cropRatio, cropScale, from: plan.teacherFrom };
  const teacher =
    resume && own ? own : (await trainTeacher({ given: shared, values: { ...defaultsOf(teacherSettings), ...shared } })).teacher;
  return { decided: { imageSize, cropRatio, cropScale, from, student, epochs, maxDrop, teacher }, plan };
}
