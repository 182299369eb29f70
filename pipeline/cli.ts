/** The command line of the pipeline: finds the command, reads its settings, runs it. */
import { commandNames, commands, loadCommand, successors } from './commands/index.ts';
import { parseLine, UnusedFlag } from './configuration/command-line.ts';
import { helpText, npmCommand } from './configuration/help.ts';
import { endWhenOutputCloses } from './support/closed-output.ts';
import { suggestion } from './support/nearest.ts';
import { flagOf } from './support/setting.ts';
import { UsageError } from './support/usage-error.ts';

function listOfCommands(): string {
  const width = Math.max(...commandNames.map((name) => name.length)) + 2;
  const groups = [...new Set(Object.values(commands).map(({ group }) => group))];
  const lines = groups.flatMap((group) => [
    '',
    `${group}:`,
    ...Object.entries(commands)
      .filter(([, entry]) => entry.group === group)
      .map(([name, { line }]) => `  ${name.padEnd(width)}${line}`),
  ]);
  return ['sld-edge COMMAND [flags], or npm run COMMAND -- [flags]', ...lines, '', 'sld-edge COMMAND --help tells more of one.'].join('\n');
}

/** The longest name that the arguments begin with: some commands are two words. */
function commandOf([first = '', second = '', ...rest]: string[]): { name: string; args: string[] } {
  if (Object.hasOwn(commands, `${first} ${second}`)) return { name: `${first} ${second}`, args: rest };
  const siblings = commandNames.filter((name) => name.startsWith(`${first} `));
  if (siblings.length > 0 && second !== '' && !second.startsWith('-')) {
    const words = siblings.map((name) => name.split(' ')[1]);
    throw new UsageError(`unknown command "${first} ${second}"${suggestion(second, words)}; allowed: ${[first, ...siblings].join(', ')}`);
  }
  return { name: first, args: second === '' ? rest : [second, ...rest] };
}

async function main(words: string[]): Promise<number> {
  if (words.length === 0 || ['--help', '-h', 'help'].includes(words[0])) {
    console.log(listOfCommands());
    return 0;
  }
  const { name, args } = commandOf(words);
  if (Object.hasOwn(successors, name)) throw new UsageError(`${name} is a part of quantize now: npm run ${successors[name]}`);
  if (!Object.hasOwn(commands, name))
    throw new UsageError(`unknown command "${name}"${suggestion(name, commandNames)}; sld-edge --help lists the commands`);
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

/** Names the commands that use a flag which this one does not, and what to type. */
async function whoUses(flag: string, words: string[]): Promise<string | undefined> {
  const tables = await Promise.all(commandNames.map(async (name) => ({ name, settings: (await loadCommand(name)).settings })));
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
