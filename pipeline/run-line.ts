/** Runs one line of the pipeline: finds the command, reads its settings, runs it, and says how it ended. */
import { inspect } from 'node:util';
import { commandNames, commands, loadCommand, successors } from './commands/index.ts';
import { parseLine, UnusedFlag, type Command } from './configuration/command-line.ts';
import { helpText, npmCommand } from './configuration/help.ts';
import { errorLine } from './support/error-line.ts';
import { suggestion } from './support/nearest.ts';
import { flagOf } from './support/setting.ts';
import { TRY_AGAIN_STATUS, TryAgainError } from './support/try-again.ts';
import { UsageError } from './support/usage-error.ts';

/** End of a line: what is left for each of the two outputs, and the exit status. */
export interface LineEnd {
  status: number;
  /** The help or the result, for the standard output. */
  result?: string;
  /** Error that ended it, for the standard error: `error: …`, in one line. */
  error?: string;
}

/**
 * Runs a line and catches what it throws.
 *
 * @param words as they were typed, without the program's name
 * @param load finds a command's module by its name
 * @returns never rejects: exit status 2 for a mistake on the line, 75 for what may succeed later, 1 for a check that failed and for any other error
 */
export async function runLine(words: readonly string[], load: typeof loadCommand = loadCommand): Promise<LineEnd> {
  try {
    return await run(words, load);
  } catch (thrown) {
    return failedEnd(thrown);
  }
}

/** Makes the end of an error. Where `SLD_EDGE_DEBUG` is set, it is the whole error with its stack. */
export function failedEnd(thrown: unknown): LineEnd {
  return {
    status: thrown instanceof UsageError ? 2 : thrown instanceof TryAgainError ? TRY_AGAIN_STATUS : 1,
    error: process.env.SLD_EDGE_DEBUG ? inspect(thrown) : `error: ${errorLine(thrown)}`,
  };
}

async function run(words: readonly string[], load: typeof loadCommand): Promise<LineEnd> {
  if (words.length === 0 || ['--help', '-h', 'help'].includes(words[0])) return { status: 0, result: listOfCommands() };
  const { name, args } = commandOf(words);
  if (Object.hasOwn(successors, name)) throw new UsageError(`${name} is a part of quantize now: npm run ${successors[name]}`);
  if (!Object.hasOwn(commands, name))
    throw new UsageError(`unknown command "${name}"${suggestion(name, commandNames)}; sld-edge --help lists the commands`);
  const command = await load(name);
  const everything = args.some((arg, i) => arg === 'all' && args[i - 1] === '--help');
  const line = await parsed(words, name, command, everything ? args.filter((arg) => arg !== 'all') : args);
  if (line.help) return { status: 0, result: helpText(name, command, everything) };
  const result = await command.run(line);
  const status = 'pass' in result && result.pass === false ? 1 : 0;
  return line.json ? { status, result: JSON.stringify(result) } : { status };
}

/** Reads a line; the refusal of a flag names the commands that have a use for it. */
async function parsed(words: readonly string[], name: string, command: Command, args: readonly string[]) {
  try {
    return parseLine(name, command, args);
  } catch (error) {
    const use = error instanceof UnusedFlag ? await whoUses(error.flag, words) : undefined;
    throw use === undefined ? error : new UsageError(use, { cause: error });
  }
}

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
function commandOf([first = '', second = '', ...rest]: readonly string[]): { name: string; args: string[] } {
  if (Object.hasOwn(commands, `${first} ${second}`)) return { name: `${first} ${second}`, args: rest };
  const siblings = commandNames.filter((name) => name.startsWith(`${first} `));
  if (siblings.length > 0 && second !== '' && !second.startsWith('-')) {
    const words = siblings.map((name) => name.split(' ')[1]);
    throw new UsageError(`unknown command "${first} ${second}"${suggestion(second, words)}; allowed: ${[first, ...siblings].join(', ')}`);
  }
  return { name: first, args: second === '' ? rest : [second, ...rest] };
}

/** Names the commands that use a flag which this one does not, and what to type. */
async function whoUses(flag: string, words: readonly string[]): Promise<string | undefined> {
  const tables = await Promise.all(commandNames.map(async (name) => ({ name, settings: (await loadCommand(name)).settings })));
  const users = tables.filter(({ settings }) => Object.keys(settings).some((key) => flagOf(key) === flag)).map(({ name }) => name);
  if (users.length === 0) return undefined;
  const at = words.findIndex((word) => word.split('=')[0] === `--${flag}`);
  const value = words[at].includes('=') || words[at + 1] === undefined || words[at + 1].startsWith('--') ? '' : ` ${words[at + 1]}`;
  return `${commandOf(words).name} does not use --${flag}; it is for ${users.join(', ')}, as in ${npmCommand(users[0], [`${words[at]}${value}`])}`;
}
