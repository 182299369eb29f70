/** Processor time and memory of a process and of all that it started, by Linux's /proc. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { residentBytes } from '../../server/inference/resident-memory.ts';

let ticksPerSecond: number | undefined;

/** @returns milliseconds of user and system time so far: of those that live, and of those that they have waited for. @throws Error elsewhere than on Linux */
export function processorMs(root: number): number {
  ticksPerSecond ??= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
  const ticks = treeOf(root).reduce((sum, { stat }) => sum + stat.slice(11, 15).reduce((sum, field) => sum + Number(field), 0), 0);
  return (ticks * 1000) / ticksPerSecond;
}

/** @returns bytes of physical memory that they hold, shared pages counted in each */
export const residentBytesOf = (root: number): number => treeOf(root).reduce((sum, { pid }) => sum + (residentBytes(pid) ?? 0), 0);

/** @returns process ids of the tree's, the root first */
export const processesOf = (root: number): number[] => treeOf(root).map(({ pid }) => pid);

interface TreeEntry {
  pid: number;
  /** Fields of `/proc/PID/stat` behind the name: 1 is the parent, 11 to 14 are times. */
  stat: string[];
}

function treeOf(root: number): TreeEntry[] {
  if (process.platform !== 'linux') throw new Error('processor time of a process tree is read from /proc: expected Linux');
  const all = readdirSync('/proc').flatMap((name): TreeEntry[] => {
    if (!/^\d+$/.test(name)) return [];
    const text = textOf(`/proc/${name}/stat`);
    // A name may have blanks and brackets in it.
    return text === '' ? [] : [{ pid: Number(name), stat: text.slice(text.lastIndexOf(')') + 2).split(' ') }];
  });
  const own = all.filter(({ pid }) => pid === root);
  for (let i = 0; i < own.length; i++) own.push(...all.filter(({ stat }) => Number(stat[1]) === own[i].pid));
  return own;
}

/** Empty for a process that has ended meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
