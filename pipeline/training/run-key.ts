/** Key of everything that decides the weights of a training: its checkpoint is resumed only under the same. */
import { isDeepStrictEqual } from 'node:util';
import { nameOfSet } from '../data/settings.ts';
import { defaultsOf, keysWhere, pick } from '../support/setting.ts';
import { settingsOfTraining, type TrainingConfiguration } from './settings.ts';

const deciding = keysWhere(settingsOfTraining, ({ decides }) => decides === 'weights');

export interface KeyParts {
  /** The name of the engine that answered. */
  engine: string;
  /** Identity of the teacher, in place of its name and of the file on how it sees images; empty: none. */
  teacher: string;
  /** Checksums of what may change under the same name: data in a folder of one's own, or the weights that a training starts from. */
  content?: Readonly<Record<string, string>>;
}

/** @returns canonical JSON of the settings that decide the weights, and of `parts`; no path is among them, for the same files may lie elsewhere */
export const trainingKey = (configuration: TrainingConfiguration, { engine, teacher, content }: KeyParts): string =>
  JSON.stringify({ ...withoutPaths(pick(configuration, deciding)), engine, teacher, ...(content && { content }) });

const withoutPaths = <T extends { data?: string; teacherPreprocessing?: string }>(settings: T): T => ({
  ...settings,
  ...(settings.data !== undefined && { data: nameOfSet(settings.data) }),
  teacherPreprocessing: '',
});

/**
 * The first setting in which two keys differ; `undefined` for the same training. A setting that came to be after a key was
 * made had its default then; paths that older keys hold say nothing.
 */
export function firstDifferingSetting(before: string, now: string): string | undefined {
  const defaults = pick(defaultsOf(settingsOfTraining), deciding);
  const [a, b] = [before, now].map((key): Record<string, unknown> => withoutPaths({ ...defaults, ...(JSON.parse(key) as object) }));
  const key = Object.keys({ ...a, ...b }).find((name) => !isDeepStrictEqual(a[name], b[name]));
  return key && `${key}: ${JSON.stringify(a[key])} there, ${JSON.stringify(b[key])} now`;
}
