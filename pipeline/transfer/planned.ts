/** A run of which nothing was decided but its data: what is planned for it, and kept for `--resume`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../engines/index.ts';
import { nameOfSet } from '../data/settings.ts';
import { parseNetworkName } from '../networks/first-stages.ts';
import { nameOfData, type RunConfiguration } from '../packaging/settings.ts';
import { openPretrained, pretrained, type Pretrained } from '../teachers/pretrained/index.ts';
import { UsageError } from '../support/usage-error.ts';
import { writeFileAtomic } from '../support/atomic-write.ts';
import { forwardSeconds } from './forward-seconds.ts';
import { PLANNED_STUDENT, PLANNED_TEACHERS, planFor, type TransferPlan } from './plan.ts';
import { surveyFolder } from './survey.ts';

export type StatedSettings = Partial<RunConfiguration>;

/** Settings that say how a run is to be made: where one is stated, nobody needs a plan. */
const DECIDED = ['teacher', 'preset', 'quick', 'method'] as const;

/** The data of a run that is planned: a folder of pictures, with neither teacher nor method stated. Undefined of other runs. */
export const plannedData = (stated: StatedSettings): string | undefined =>
  stated.data !== undefined && nameOfSet(stated.data) === 'folder' && DECIDED.every((key) => stated[key] === undefined)
    ? stated.data
    : undefined;

const planPath = (data: string): string => join('runs', `${nameOfData(data)}.plan.json`);

/** The plan of the interrupted run on these data; undefined where there is none. */
export function keptPlan(data: string): TransferPlan | undefined {
  const path = planPath(data);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as TransferPlan) : undefined;
}

/**
 * @param minutes the budget
 * @param start starts the engine, once nothing is refused any more
 * @throws UsageError where the weights can't be had, saying what to type; Error for a folder that is no data set
 */
export async function makePlan(
  stated: StatedSettings & { data: string },
  minutes: number,
  start: () => Promise<Engine>,
): Promise<TransferPlan> {
  const { data, from, student, imageSize, epochs, cropRatio, maxDrop, cropScale } = stated;
  const survey = await surveyFolder(data.slice('folder:'.length));
  const own = await opened(from ?? PLANNED_STUDENT);
  const fits = student === undefined || parseNetworkName(student).whole === own.network.name;
  const networks = new Map([
    ...PLANNED_TEACHERS.map((name): [string, string] => [name, pretrained[name].network]),
    [from ?? PLANNED_STUDENT, own.network.name],
  ]);
  const choices = {
    ...(from && { teacherFrom: from }),
    from: fits ? (from ?? PLANNED_STUDENT) : '',
    student: student ?? own.network.name,
    ...(imageSize && { imageSize }),
    ...(epochs && { epochs }),
    ...(cropRatio && { cropRatio }),
    ...(maxDrop !== undefined && { maxDrop }),
    ...(cropScale && { cropScale }),
  };
  const { tf } = await start();
  const ownSize = own.preprocessing.height;
  const probed = imageSize || ownSize;
  const pace = new Map<string, number>();
  for (const name of new Set([...(from ? [from] : PLANNED_TEACHERS), choices.student]))
    pace.set(name, await forwardSeconds(tf, networks.get(name) ?? name, probed));
  const plan = planFor({
    name: nameOfData(data),
    survey,
    minutes,
    stated: choices,
    ownSize,
    ownCropRatio: own.preprocessing.cropRatio ?? 1,
    forwardSeconds: (name, size) => pace.get(name)! * (size / probed) ** 2,
  });
  writeFileAtomic(planPath(data), `${JSON.stringify(plan, null, 2)}\n`);
  return plan;
}

async function opened(from: string): Promise<Pretrained> {
  try {
    return await openPretrained(from);
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; --method ce learns from the labels alone, without pretrained weights`, {
      cause: error,
    });
  }
}
