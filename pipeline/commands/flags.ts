/** The command line: flags to configuration, help text, one clear line for what is not understood. */
import { parseArgs } from 'node:util';
import { parseOptions } from '../distillers/method-spec.ts';
import { engineChoices } from '../engines/engine.ts';
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

/**
 * @param positionals names of what must stand without a flag, in order; in the result under these names
 * @throws UsageError for an unknown flag, a missing value, too few or too many positionals.
 */
export function parseFlags(command: string, args: string[], flags: Flags, positionals: readonly string[] = []): FlagValues {
  const parsed = parseStrictly(command, args, flags, positionals.length > 0);
  // Help is for those who do not know yet what must be given.
  if (!parsed.values.help && parsed.positionals.length !== positionals.length) throw new UsageError(`${command} expects ${positionals.join(' ')}, got ${parsed.positionals.join(' ') || 'nothing'}`);
  return { ...parsed.values, ...Object.fromEntries(positionals.map((name, i) => [name, parsed.positionals[i]])) };
}

function parseStrictly(command: string, args: string[], flags: Flags, allowPositionals: boolean): { values: FlagValues; positionals: string[] } {
  try {
    const options = Object.fromEntries(Object.entries(flags).map(([name, { type }]) => [name, { type }]));
    const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals });
    return { values: values as FlagValues, positionals };
  } catch (error) {
    const allowed = Object.keys(flags).map((name) => `--${name}`).join(', ');
    throw new UsageError(`${command}: ${(error as Error).message.split('. ')[0].replace(/\n.*/s, '')}; allowed: ${allowed}`);
  }
}

export function helpText(command: string, summary: string, flags: Flags, positionals: readonly string[] = []): string {
  const width = Math.max(...Object.keys(flags).map((name) => name.length)) + 4;
  const lines = Object.entries(flags).map(([name, { help }]) => `  ${`--${name}`.padEnd(width)}${help}`);
  const [script, ...words] = command.split(' ');
  return [`npm run ${[script, '--', ...words, ...positionals].join(' ')} [flags]`, '', summary, '', ...lines].join('\n');
}

const kebab = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const settable: (keyof Configuration)[] = [
  'data', 'imageSize', 'maxUnreadable', 'teacher', 'teacherNetwork', 'teacherPreprocessing', 'cacheTeacher', 'student', 'method', 'methodOptions', 'classWeights', 'flip',
  'engine', 'seed', 'epochs', 'batchSize', 'learningRate', 'warmupEpochs', 'schedule', 'milestones', 'stepFactor', 'optimizer',
  'momentum', 'weightDecay', 'stochasticDepth', 'validationCount', 'trainLimit', 'testLimit', 'workers', 'replicas', 'maxDrop', 'abstainError', 'name',
];

const settingHelp: Partial<Record<keyof Configuration, string>> = {
  data: 'fashion-mnist, cifar10 or cifar100, with an optional path: name:path; or folder:path, one sub-folder a class',
  teacher: 'a teacher of the repository by name, or a .safetensors, .pth, .th, .pt or .onnx file (docs/teachers.md)',
  imageSize: "side in pixels of folder data's images; 0: the data set's own",
  maxUnreadable: 'share of the files of folder data that may be unreadable and are skipped',
  teacherNetwork: "the teacher's architecture where its file does not say it",
  teacherPreprocessing: 'JSON file on how the teacher sees images; empty: the one beside its checkpoint',
  cacheTeacher: 'sets of views whose teacher logits are kept on disk; 0: fresh views every epoch',
  student: 'a network by name',
  method: 'ce, kd, dkd, mlkd, kd+ls or sld, with options as in sld{studentSwap=false}',
  methodOptions: 'key=value,key=value or JSON: what differs from the defaults of the method',
  classWeights: 'none, or balanced: cross-entropy weighs rare classes more',
  flip: 'horizontal mirrors half of the training images; none, for classes that differ by left and right',
  schedule: 'cosine or step',
  milestones: 'for step: fractions of the schedule, as 0.625,0.75,0.875',
  optimizer: 'sgd, or adamw for transformers',
  stochasticDepth: "rate at which training drops the branches of a transformer's last block; 0: none",
  engine: `${engineChoices}; a named one is never replaced by another`,
  replicas: 'copies of the network that train together in threads, each on its share of every batch; 0: 2 on a processor, 1 on a GPU',
  maxDrop: 'points of top-1 that quantization may cost',
  variants: 'variants of the package with commas between, beside float32 and uint8; auto: integer, where the network has a form for it and it costs no more than --max-drop',
  abstainError: 'fraction of the answers given that may be wrong on validation images; the package withholds less sure ones; 0: none',
  name: "the package's name in models/; empty: the data set's",
};

/** @throws UsageError for what is no number, no whole one unless others are allowed, or out of range */
export function numberOf(values: FlagValues, flag: string, fallback: number, { from, to = Infinity, whole = true }: { from: number; to?: number; whole?: boolean }): number {
  const text = values[flag];
  if (text === undefined) return fallback;
  const value = Number(text);
  if (String(text).trim() === '' || !(value >= from && value <= to) || (whole && !Number.isInteger(value))) throw new UsageError(`--${flag} expects a ${whole ? 'whole ' : ''}number from ${from}${to === Infinity ? '' : ` to ${to}`}, got "${String(text)}"`);
  return value;
}

/** Flags for every setting that a user may state on the command line. */
export const configurationFlags: Flags = {
  preset: { type: 'string', help: 'settings to start from (default: default); --list-presets lists them' },
  quick: { type: 'boolean', help: 'the same as --preset quick: all stages on a subset, not a real result' },
  ...Object.fromEntries(
    settable.map((key) => [kebab(key), { type: 'string' as const, help: `${settingHelp[key] ?? key.replace(/[A-Z]/g, (l) => ` ${l.toLowerCase()}`)} (default ${JSON.stringify(defaults[key])})` }]),
  ),
};

/**
 * @param base what differs from the preset before any flag does
 * @throws UsageError in one line for an unknown preset, a value of the wrong type, one out of range.
 */
export function configurationFrom(values: FlagValues, fallbackPreset = 'default', base: Partial<Configuration> = {}): Configuration {
  if (values.quick && values.preset && values.preset !== 'quick') throw new UsageError(`--quick is a preset of its own; it can't be joined with --preset ${values.preset}`);
  const overrides: Record<string, unknown> = {};
  for (const key of settable) {
    const value = values[kebab(key)];
    if (value !== undefined) overrides[key] = settingFrom(key, String(value));
  }
  try {
    const method = (overrides.method as string | undefined)?.split('{')[0];
    return configure(presetNamed(values.quick ? 'quick' : ((values.preset as string) ?? fallbackPreset), method), base, overrides);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** A flag's text as a value of the setting's type. */
function settingFrom(key: keyof Configuration, text: string): unknown {
  const number = (part: string): number => {
    const value = Number(part);
    if (part.trim() === '' || Number.isNaN(value)) throw new UsageError(`--${kebab(key)} expects ${Array.isArray(defaults[key]) ? 'numbers with commas between' : 'a number'}, got "${text}"`);
    return value;
  };
  if (key === 'methodOptions') return parseMethodOptions(text);
  if (Array.isArray(defaults[key])) return text.split(',').map(number);
  return typeof defaults[key] === 'number' ? number(text) : text;
}

/** `kdWeight=0.5,studentSwap=false,temperatures=[1,2]`, or a JSON object. @throws UsageError for what is neither */
export function parseMethodOptions(text: string): Record<string, unknown> {
  try {
    return parseOptions(text);
  } catch (error) {
    throw new UsageError(`--method-options: ${(error as Error).message}`, { cause: error });
  }
}
