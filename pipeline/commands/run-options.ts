/** What the training commands share: where runs live, how lines are said, the flags of a run. */
import { join } from 'node:path';
import type { Configuration } from '../presets/index.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';

export const runFlags: Flags = {
  resume: { type: 'boolean', help: 'continue the interrupted run of the same settings' },
  restart: { type: 'boolean', help: 'start over although an unfinished run is there' },
};

export const modelsFlag: Flags = { models: { type: 'string', help: 'folder of packages (default models)' } };

/** Lines for people go to stderr; stdout is for `--json`. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);

export function runFolderOf({ student, method, name, preset, seed }: Configuration): string {
  return join('runs', `${name}.${student}.${method}.${preset}.seed${seed}`);
}

/** `--max-drop`, or what the run was configured with. @throws UsageError where it is no number from 0. */
export function maxDropOf(values: FlagValues, configured: number): number {
  if (values['max-drop'] === undefined) return configured;
  const points = Number(values['max-drop']);
  if (values['max-drop'] === '' || !(points >= 0)) throw new UsageError(`--max-drop expects percentage points from 0, got "${String(values['max-drop'])}"`);
  return points;
}
