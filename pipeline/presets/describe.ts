/** The full configuration for people: every setting once, in groups; what is not the default is marked. */
import type { Distiller } from '../distillers/index.ts';
import { defaults, recipeOf, type Configuration } from './configuration.ts';

const groups: Record<string, (keyof Configuration)[]> = {
  data: ['data', 'imageSize', 'maxUnreadable', 'validationCount', 'trainLimit', 'testLimit', 'flip'],
  teacher: ['teacher', 'teacherNetwork', 'teacherPreprocessing', 'cacheTeacher'],
  student: ['student', 'name'],
  method: ['method', 'classWeights'],
  training: ['epochs', 'batchSize', 'learningRate', 'warmupEpochs', 'schedule', 'milestones', 'stepFactor', 'optimizer', 'momentum', 'nesterov', 'weightDecay', 'stochasticDepth'],
};

/** @returns lines; the first says what the marks mean, the last group holds what the others do not */
export function describeConfiguration(configuration: Configuration, distiller: Distiller): string[] {
  const grouped = new Set<string>(['preset', 'methodOptions', ...Object.values(groups).flat()]);
  const run = (Object.keys(configuration) as (keyof Configuration)[]).filter((key) => !grouped.has(key));
  const { schedule } = recipeOf(configuration);
  const inEpochs = schedule.kind === 'step' ? ` (after epochs ${schedule.milestones.join(' ')})` : ' (for schedule step)';
  const setting = (key: keyof Configuration): string =>
    `${same(configuration[key], defaults[key]) ? '' : '*'}${key} ${shown(configuration[key])}${key === 'milestones' ? inEpochs : ''}`;
  const options = Object.entries(distiller.options).map(([key, value]) => `${Object.hasOwn(configuration.methodOptions, key) ? '*' : ''}${key} ${shown(value)}`);
  const line = (group: string, settings: string[]): string => `  ${group.padEnd(10)}${settings.join(', ')}`;
  return [
    `configuration: preset ${configuration.preset}; * is not the default`,
    ...Object.entries(groups).map(([group, keys]) => line(group, keys.map(setting))),
    line('options', options.length > 0 ? options : ['none']),
    line('run', run.map(setting)),
  ];
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function shown(value: unknown): string {
  if (value === '') return 'none';
  if (Array.isArray(value)) return `[${value.map((v) => (typeof v === 'number' ? Number(v.toFixed(4)) : String(v))).join(' ')}]`;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
