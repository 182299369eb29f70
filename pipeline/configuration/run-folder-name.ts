/** Name of a run's folder. */
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import { sha256 } from '../support/sha256.ts';
import { keysWhere } from '../support/setting.ts';
import { configure } from './configure.ts';
import { presetNamed } from './presets/index.ts';
import { runSettings, type Configuration, type SettingKey } from './settings.ts';

/** Stand in the folder's name themselves. */
const NAMED: readonly SettingKey[] = ['student', 'method'];

/**
 * Settings that name a run: its data, teacher and method. Those of its training are not among them: a run with others is refused or
 * restarted knowingly.
 */
const telling = keysWhere(
  runSettings,
  ({ group, decides }, key) => decides === 'weights' && (group === 'data' || group === 'learning') && !NAMED.includes(key as SettingKey),
);

/** The name says what the run is; where it departs from its preset in data, teacher or method, a hash of that keeps it from others. */
export function runFolderOf(configuration: Configuration): string {
  const { student, method, name, preset, seed } = configuration;
  const ofPreset = configure(presetNamed(preset, method));
  const differing = telling.filter((key) => !isDeepStrictEqual(configuration[key], ofPreset[key])).map((key) => [key, configuration[key]]);
  const hash = differing.length > 0 ? `.${sha256(JSON.stringify(differing)).slice(0, 8)}` : '';
  const network = student.replaceAll(/[:=]/g, '-');
  return join('runs', `${name}.${network}.${method}.${preset.replaceAll('/', '-')}.seed${seed}${hash}`);
}
