/** The command line: flags to configuration, help text, one clear line for what is not understood. */
import { parseArgs } from 'node:util';
import { configure, presetNamed, type Configuration } from '../presets/index.ts';
import { defaults } from '../presets/configuration.ts';

/** A mistake of the user's: printed as one line, without a stack. */
export class UsageError extends Error {}

export interface Flag {
  type: 'string' | 'boolean';
  help: string;
}

export type Flags = Record<string, Flag>;
export type FlagValues = Record<string, string | boolean | undefined>;

/** @throws UsageError for an unknown flag or a missing value. */
export function parseFlags(command: string, args: string[], flags: Flags): FlagValues {
  try {
    const options = Object.fromEntries(Object.entries(flags).map(([name, { type }]) => [name, { type }]));
    return parseArgs({ args, options, strict: true, allowPositionals: false }).values as FlagValues;
  } catch (error) {
    const allowed = Object.keys(flags).map((name) => `--${name}`).join(', ');
    throw new UsageError(`${command}: ${(error as Error).message.split('. ')[0].replace(/\n.*/s, '')}; allowed: ${allowed}`);
  }
}

export function helpText(command: string, summary: string, flags: Flags): string {
  const width = Math.max(...Object.keys(flags).map((name) => name.length)) + 4;
  const lines = Object.entries(flags).map(([name, { help }]) => `  ${`--${name}`.padEnd(width)}${help}`);
  return [`npm run ${command} -- [flags]`, '', summary, '', ...lines].join('\n');
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const settable: (keyof Configuration)[] = [
  'data', 'teacher', 'student', 'method', 'engine', 'seed', 'epochs', 'batchSize', 'learningRate', 'warmupEpochs', 'schedule',
  'momentum', 'weightDecay', 'validationCount', 'trainLimit', 'testLimit', 'workers', 'maxDrop', 'name',
];

const settingHelp: Partial<Record<keyof Configuration, string>> = {
  data: 'fashion-mnist, cifar10 or cifar100, with an optional path: name:path',
  teacher: 'a teacher of the repository by name, or a .safetensors file',
  student: 'a network by name',
  method: 'ce, kd, dkd, mlkd, kd+ls or sld',
  engine: 'auto, tensorflow or wasm; a named one is never replaced by another',
  maxDrop: 'points of top-1 that quantization may cost',
  name: "the package's name in models/; empty: the data set's",
};

/** Flags for every setting that a user may state on the command line. */
export const configurationFlags: Flags = {
  preset: { type: 'string', help: 'settings to start from: default, quick, long, teacher' },
  quick: { type: 'boolean', help: 'the same as --preset quick: all stages on a subset, not a real result' },
  ...Object.fromEntries(
    settable.map((key) => [kebab(key), { type: 'string' as const, help: `${settingHelp[key] ?? key.replace(/[A-Z]/g, (l) => ` ${l.toLowerCase()}`)} (default ${JSON.stringify(defaults[key])})` }]),
  ),
};

/** @throws UsageError or Error in one line for an unknown preset, a value of the wrong type, one out of range. */
export function configurationFrom(values: FlagValues, fallbackPreset = 'default'): Configuration {
  if (values.quick && values.preset && values.preset !== 'quick') throw new UsageError(`--quick is a preset of its own; it can't be joined with --preset ${values.preset}`);
  const preset = presetNamed(values.quick ? 'quick' : ((values.preset as string) ?? fallbackPreset));
  const overrides: Record<string, unknown> = {};
  for (const key of settable) {
    const value = values[kebab(key)];
    if (value === undefined) continue;
    if (typeof defaults[key] === 'number') {
      const number = Number(value);
      if (value === '' || Number.isNaN(number)) throw new UsageError(`--${kebab(key)} expects a number, got "${value}"`);
      overrides[key] = number;
    } else overrides[key] = value;
  }
  return configure(preset, overrides);
}
