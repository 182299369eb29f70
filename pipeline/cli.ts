/** The pipeline's commands. Each is a module with `summary`, `flags` and `run`; adding one is one file and one line. */
import { helpText, parseFlags, UsageError, type Flags, type FlagValues } from './commands/flags.ts';
import { endWhenOutputCloses } from './support/closed-output.ts';

interface Command {
  summary: string;
  flags: Flags;
  /** What stands without a flag, in order, by the names under which `run` gets it; none where absent. */
  positionals?: readonly string[];
  /** Returns what `--json` prints; a false `pass` makes the exit status 1. */
  run(values: FlagValues): Promise<object>;
}

const commands: Record<string, () => Promise<Command>> = {
  distill: () => import('./commands/distill.ts'),
  teacher: () => import('./commands/teacher.ts'),
  compare: () => import('./commands/compare.ts'),
  doctor: () => import('./commands/doctor.ts'),
  deploy: () => import('./commands/deploy.ts'),
  evaluate: () => import('./commands/evaluate.ts'),
  quantize: () => import('./commands/quantize.ts'),
  'quantize:integer': () => import('./commands/quantize-integer.ts'),
  'quantize:aware': () => import('./commands/quantize-aware.ts'),
  package: () => import('./commands/package.ts'),
  'package inspect': () => import('./commands/package-inspect.ts'),
  'package verify': () => import('./commands/package-verify.ts'),
  'package diff': () => import('./commands/package-diff.ts'),
  verify: () => import('./commands/verify.ts'),
  'export-images': () => import('./commands/export-images.ts'),
  'verify:losses': () => import('./commands/verify-losses.ts'),
  'verify:networks': () => import('./commands/verify-networks.ts'),
  'verify:augmentation': () => import('./commands/verify-augmentation.ts'),
};

const common: Flags = {
  json: { type: 'boolean', help: 'print the result as JSON on stdout' },
  help: { type: 'boolean', help: 'print this' },
};

/** The longest name that the arguments begin with: some commands are two words. */
function commandOf([first = '', second = '', ...rest]: string[]): { name: string; args: string[] } {
  if (Object.hasOwn(commands, `${first} ${second}`)) return { name: `${first} ${second}`, args: rest };
  const siblings = Object.keys(commands).filter((name) => name.startsWith(`${first} `));
  if (siblings.length > 0 && second !== '' && !second.startsWith('-')) throw new UsageError(`unknown command "${first} ${second}"; allowed: ${[first, ...siblings].join(', ')}`);
  return { name: first, args: second === '' ? rest : [second, ...rest] };
}

async function main(line: string[]): Promise<number> {
  const { name, args } = commandOf(line);
  const load = Object.hasOwn(commands, name) && commands[name];
  if (!load) throw new UsageError(`unknown command "${name}"; allowed: ${Object.keys(commands).join(', ')}`);
  const command = await load();
  const flags = { ...command.flags, ...common };
  const values = parseFlags(name, args, flags, command.positionals);
  if (values.help) {
    console.log(helpText(name, command.summary, flags, command.positionals));
    return 0;
  }
  const result = await command.run(values);
  if (values.json) console.log(JSON.stringify(result));
  return 'pass' in result && result.pass === false ? 1 : 0;
}

endWhenOutputCloses();
main(process.argv.slice(2)).then(
  (status) => process.exit(status),
  (error: Error) => {
    console.error(process.env.SLD_EDGE_DEBUG ? error : `error: ${error.message}`);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
