/** Refuses what names nothing that there is, before minutes go into engines and data. */
import { datasets } from '../data/sets/index.ts';
import { createDistiller, type Distiller } from '../distillers/index.ts';
import { engines } from '../engines/index.ts';
import { networks } from '../networks/index.ts';
import type { Configuration } from '../presets/index.ts';
import { UsageError } from './flags.ts';

/** @throws UsageError naming the setting, what came and what is allowed. */
export function checkNames({ data, student, engine, method, methodOptions, epochs }: Configuration): Pick<Distiller, 'needsTeacher'> {
  const check = (setting: string, name: string, allowed: string[]): void => {
    if (!allowed.includes(name)) throw new UsageError(`unknown ${setting} "${name}"; allowed: ${allowed.join(', ')}`);
  };
  check('data set', data.split(':')[0], Object.keys(datasets));
  check('student', student, Object.keys(networks));
  check('engine', engine, ['auto', ...Object.keys(engines)]);
  try {
    return createDistiller(method, { epochs }, methodOptions);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
