import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** Cores for the two sides; undefined where they can't be kept apart. */
export interface Cores {
  server?: number;
  generator?: number;
}

/** The first core for servers, the second one for the load, where there are two and `taskset` (util-linux) is. */
export function chooseCores(): Cores {
  const { status } = spawnSync('taskset', ['--version']);
  return status === 0 && availableParallelism() >= 2 ? { server: 0, generator: 1 } : {};
}

/** A command line that runs on one core. */
export const pinned = (core: number | undefined, command: readonly string[]): string[] =>
  core === undefined ? [...command] : ['taskset', '-c', String(core), ...command];
