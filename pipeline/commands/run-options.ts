/** What the training commands share: where runs live, how lines are said, the flags of a run. */
import { join } from 'node:path';
import type { Configuration } from '../presets/index.ts';
import type { Flags } from './flags.ts';

export const runFlags: Flags = {
  resume: { type: 'boolean', help: 'continue the interrupted run of the same settings' },
  restart: { type: 'boolean', help: 'start over although an unfinished run is there' },
};

/** Lines for people go to stderr; stdout is for `--json`. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);

export function runFolderOf({ student, method, name, preset, seed }: Configuration): string {
  return join('runs', `${name}.${student}.${method}.${preset}.seed${seed}`);
}
