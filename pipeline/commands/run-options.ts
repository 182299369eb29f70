/** What the training commands share: where runs live, how lines are said, the flags of a run. */
import { join } from 'node:path';
import { createDistiller } from '../distillers/index.ts';
import { configure, describeConfiguration, presetNamed, presets, type Configuration } from '../presets/index.ts';
import { sha256 } from '../support/sha256.ts';
import { UsageError, type Flags, type FlagValues } from './flags.ts';

export const runFlags: Flags = {
  resume: { type: 'boolean', help: 'continue the interrupted run of the same settings' },
  restart: { type: 'boolean', help: 'start over although an unfinished run is there' },
  'list-presets': { type: 'boolean', help: 'list the presets and do nothing else' },
};

export const modelsFlag: Flags = { models: { type: 'string', help: 'folder of packages (default models)' } };

/** Lines for people go to stderr; stdout is for `--json`. */
export const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Says every setting of the run, and every option of its method. */
export function sayConfiguration(configuration: Configuration): void {
  const { method, methodOptions } = configuration;
  for (const line of describeConfiguration(configuration, createDistiller(method, configuration, methodOptions))) say(line);
}

/** `--list-presets`: a line each on stdout, or with `--json` in the result alone. */
export function listPresets(values: FlagValues): { presets: Record<string, string> } {
  const about = Object.fromEntries(Object.entries(presets).map(([name, preset]) => [name, preset.about]));
  const width = Math.max(...Object.keys(about).map((name) => name.length)) + 2;
  if (!values.json) for (const [name, line] of Object.entries(about)) console.log(`${name.padEnd(width)}${line}`);
  return { presets: about };
}

/** What tells runs apart beside the parts of their folder's name. */
const APART: (keyof Configuration)[] = ['data', 'imageSize', 'teacher', 'teacherNetwork', 'teacherPreprocessing', 'cacheTeacher', 'methodOptions', 'classWeights', 'flip'];

/** The name says what the run is; where it departs from its preset in what `APART` lists, a hash of that keeps it from others. */
export function runFolderOf(configuration: Configuration): string {
  const { student, method, name, preset, seed } = configuration;
  const ofPreset = configure(presetNamed(preset, method));
  const differing = APART.filter((key) => JSON.stringify(configuration[key]) !== JSON.stringify(ofPreset[key])).map((key) => [key, configuration[key]]);
  const hash = differing.length > 0 ? `.${sha256(JSON.stringify(differing)).slice(0, 8)}` : '';
  return join('runs', `${name}.${student}.${method}.${preset.replaceAll('/', '-')}.seed${seed}${hash}`);
}

/** `--abstain-error`, or what the run was configured with. @throws UsageError where it is no number from 0 to below 1. */
export function abstainErrorOf(values: FlagValues, configured: number): number {
  if (values['abstain-error'] === undefined) return configured;
  const fraction = Number(values['abstain-error']);
  if (values['abstain-error'] === '' || !(fraction >= 0 && fraction < 1)) throw new UsageError(`--abstain-error expects a fraction from 0 to below 1, got "${String(values['abstain-error'])}"`);
  return fraction;
}

/** `--max-drop`, or what the run was configured with. @throws UsageError where it is no number from 0. */
export function maxDropOf(values: FlagValues, configured: number): number {
  if (values['max-drop'] === undefined) return configured;
  const points = Number(values['max-drop']);
  if (values['max-drop'] === '' || !(points >= 0)) throw new UsageError(`--max-drop expects percentage points from 0, got "${String(values['max-drop'])}"`);
  return points;
}
