/** A scheduler that runs cells of a grid on other machines. Adding one is a file of its kind and a line in `index.ts`. */
import { spawnSync } from 'node:child_process';
import { TryAgainError } from '../support/try-again.ts';

export interface CellJob {
  /** Name that the scheduler knows the grid's job by: the same line again finds it. */
  name: string;
  /** Words of the command that trains a cell; its number follows. */
  command: readonly string[];
  /** Number of the grid's cells. */
  count: number;
  /** Options of the user, as words: what the scheduler's own command takes. */
  options: readonly string[];
  /** Folder for logs, on this machine. */
  folder: string;
  /** Kubernetes: the image that holds the command. */
  image?: string;
  /** Kubernetes: `name:/path`, a persistent volume claim and where it is mounted. */
  claim?: string;
  /** Kubernetes: a secret whose entries become variables of the environment. */
  secret?: string;
}

export interface Scheduler {
  /** Returns what `submit` hands over for these cells: a script, a manifest, a driver. */
  render(job: CellJob, cells: readonly number[]): string;
  submit(job: CellJob, cells: readonly number[]): Promise<void>;
  /** Returns the cells that the scheduler has queued, runs or will try again. */
  live(job: CellJob): Promise<ReadonlySet<number>>;
  /** Words for people on where a cell's output is. */
  logs(job: CellJob): string;
}

/** Numbers of a list of ranges, as `1,3-5`; empty: none. */
export const numbersIn = (ranges: string): number[] =>
  ranges
    .split(',')
    .filter(Boolean)
    .flatMap((part) => {
      const [from, to = from] = part.split('-').map(Number);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });

/** Words as a line of a POSIX shell. */
export const shellLine = (words: readonly string[]): string =>
  words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');

/**
 * Runs a scheduler's own command.
 * @returns its standard output
 * @throws Error where there is no such command; TryAgainError with its last line where it failed
 */
export function ask(command: string, args: readonly string[], input = ''): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (error)
    throw new Error(`${command} can't be run here (${error.message}): type this where the scheduler's commands are`, { cause: error });
  if (status !== 0) throw new TryAgainError(`${command} ${args[0]}: ${stderr.trim().split('\n').at(-1) || `ended with ${status}`}`);
  return stdout;
}
