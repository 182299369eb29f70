/** Resident memory of a process and of all that it started, by Linux's /proc. */
import { readdirSync, readFileSync } from 'node:fs';

const EVERY_MS = 200;

interface ProcessEntry {
  pid: number;
  parent: number;
  residentBytes: number;
}

/** @returns a function that ends the watch and answers the largest sum that was seen, in bytes, and the number of processes then */
export function watchProcesses(root: number): () => { peakBytes: number; processes: number } {
  const peak = { peakBytes: 0, processes: 0 };
  const look = (): void => {
    const own = descendants(root, processes());
    const bytes = own.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
    if (bytes > peak.peakBytes) Object.assign(peak, { peakBytes: bytes, processes: own.length });
  };
  const timer = setInterval(look, EVERY_MS);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

function processes(): ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      const field = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      return [{ pid: Number(name), parent: field('PPid'), residentBytes: 1024 * field('VmRSS') }];
    } catch {
      // It ended meanwhile.
      return [];
    }
  });
}

function descendants(root: number, all: readonly ProcessEntry[]): ProcessEntry[] {
  const own = new Set([root]);
  for (let before = -1; before !== own.size;) {
    before = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  return all.filter(({ pid }) => own.has(pid));
}
