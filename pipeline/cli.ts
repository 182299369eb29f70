/** The pipeline's commands. Each is a module with `summary`, `settings` and `run`; adding one is one file and one line. */
import { parseLine, UnusedFlag, type Command } from './configuration/command-line.ts';
import { helpText, npmCommand } from './configuration/help.ts';
import { flagValuesOf, tableOf, type Flags, type FlagValues } from './commands/flags.ts';
import { endWhenOutputCloses } from './support/closed-output.ts';
import { suggestion } from './support/nearest.ts';
import { flagOf } from './support/setting.ts';
import { UsageError } from './support/usage-error.ts';

interface Entry {
  group: string;
  /** For the list of commands. */
  line: string;
  load(): Promise<unknown>;
}

const MAKE = 'make a package';
const MEASURE = 'measure and check';
const SHIP = 'serve';
const DEVELOP = 'develop';

const commands: Readonly<Record<string, Entry>> = {
  distill: { group: MAKE, line: 'images and a teacher to a verified package in models/', load: () => import('./commands/distill.ts') },
  teacher: { group: MAKE, line: 'train a teacher by the labels alone', load: () => import('./commands/teacher.ts') },
  quantize: { group: MAKE, line: 'store a model in fewer bytes, layer by layer', load: () => import('./commands/quantize.ts') },
  'quantize:integer': { group: MAKE, line: 'bring a model to integer arithmetic alone', load: () => import('./commands/quantize-integer.ts') },
  'quantize:aware': { group: MAKE, line: 'train a student on with its weights and activations quantized', load: () => import('./commands/quantize-aware.ts') },
  package: { group: MAKE, line: "a finished run's student to a package", load: () => import('./commands/package.ts') },
  evaluate: { group: MEASURE, line: 'accuracy of a package, a checkpoint or an ONNX model', load: () => import('./commands/evaluate.ts') },
  compare: { group: MEASURE, line: 'methods against each other over seeds', load: () => import('./commands/compare.ts') },
  verify: { group: MEASURE, line: 'packages on their test images, as a consumer meets them', load: () => import('./commands/verify.ts') },
  'package inspect': { group: MEASURE, line: 'what a package holds', load: () => import('./commands/package-inspect.ts') },
  'package verify': { group: MEASURE, line: 'a package by itself, without its data', load: () => import('./commands/package-verify.ts') },
  'package diff': { group: MEASURE, line: 'how two packages differ', load: () => import('./commands/package-diff.ts') },
  deploy: { group: SHIP, line: 'check, build and serve the packages, or write a static site', load: () => import('./commands/deploy.ts') },
  doctor: { group: SHIP, line: 'what this machine has, what it lacks, and the command for each', load: () => import('./commands/doctor.ts') },
  'export-images': { group: DEVELOP, line: 'test images as files, with the answers to them', load: () => import('./commands/export-images.ts') },
  'check:integer': { group: DEVELOP, line: 'the integer kernels against the interpreter, on random programs', load: () => import('./commands/check-integer.ts') },
  'verify:losses': { group: DEVELOP, line: 'the methods against reference vectors', load: () => import('./commands/verify-losses.ts') },
  'verify:networks': { group: DEVELOP, line: 'the networks against reference vectors', load: () => import('./commands/verify-networks.ts') },
  'verify:augmentation': { group: DEVELOP, line: 'the augmentation against reference images', load: () => import('./commands/verify-augmentation.ts') },
};

function listOfCommands(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 2;
  const groups = [...new Set(Object.values(commands).map(({ group }) => group))];
  const lines = groups.flatMap((group) => ['', `${group}:`, ...Object.entries(commands).filter(([, entry]) => entry.group === group).map(([name, { line }]) => `  ${name.padEnd(width)}${line}`)]);
  return ['sld-edge COMMAND [flags], or npm run COMMAND -- [flags]', ...lines, '', 'sld-edge COMMAND --help tells more of one.'].join('\n');
}

/** The longest name that the arguments begin with: some commands are two words. */
function commandOf([first = '', second = '', ...rest]: string[]): { name: string; args: string[] } {
  if (Object.hasOwn(commands, `${first} ${second}`)) return { name: `${first} ${second}`, args: rest };
  const siblings = Object.keys(commands).filter((name) => name.startsWith(`${first} `));
  if (siblings.length > 0 && second !== '' && !second.startsWith('-')) {
    const words = siblings.map((name) => name.split(' ')[1]);
    throw new UsageError(`unknown command "${first} ${second}"${suggestion(second, words)}; allowed: ${[first, ...siblings].join(', ')}`);
  }
  return { name: first, args: second === '' ? rest : [second, ...rest] };
}

async function loadCommand(name: string): Promise<Command> {
  const module = (await commands[name].load()) as Command | (Pick<Command, 'summary' | 'positionals'> & { flags: Flags; run(values: FlagValues): Promise<object> });
  if ('settings' in module) return module;
  return { ...module, settings: tableOf(module.flags), run: ({ given, json }) => module.run({ ...flagValuesOf(given), json }) };
}

async function main(words: string[]): Promise<number> {
  if (words.length === 0 || ['--help', '-h', 'help'].includes(words[0])) {
    console.log(listOfCommands());
    return 0;
  }
  const { name, args } = commandOf(words);
  if (!Object.hasOwn(commands, name)) throw new UsageError(`unknown command "${name}"${suggestion(name, Object.keys(commands))}; sld-edge --help lists the commands`);
  const command = await loadCommand(name);
  const everything = args.some((arg, i) => arg === 'all' && args[i - 1] === '--help');
  const line = parseLine(name, command, everything ? args.filter((arg) => arg !== 'all') : args);
  if (line.help) {
    console.log(helpText(name, command, everything));
    return 0;
  }
  const result = await command.run(line);
  if (line.json) console.log(JSON.stringify(result));
  return 'pass' in result && result.pass === false ? 1 : 0;
}

/** Of a flag that one command has no use for: the commands that have one, and what to type. */
async function whoUses(flag: string, words: string[]): Promise<string | undefined> {
  const tables = await Promise.all(Object.keys(commands).map(async (name) => ({ name, settings: (await loadCommand(name)).settings })));
  const users = tables.filter(({ settings }) => Object.keys(settings).some((key) => flagOf(key) === flag)).map(({ name }) => name);
  if (users.length === 0) return undefined;
  const at = words.findIndex((word) => word.split('=')[0] === `--${flag}`);
  const value = words[at].includes('=') || words[at + 1] === undefined || words[at + 1].startsWith('--') ? '' : ` ${words[at + 1]}`;
  return `${commandOf(words).name} does not use --${flag}; it is for ${users.join(', ')}, as in ${npmCommand(users[0], [`${words[at]}${value}`])}`;
}

async function explained(error: Error, words: string[]): Promise<string> {
  return (error instanceof UnusedFlag ? await whoUses(error.flag, words) : undefined) ?? error.message;
}

endWhenOutputCloses();
const words = process.argv.slice(2);
main(words).then(
  (status) => process.exit(status),
  async (error: Error) => {
    console.error(process.env.SLD_EDGE_DEBUG ? error : `error: ${await explained(error, words)}`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
