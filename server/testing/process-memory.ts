import { readFileSync } from 'node:fs';

export interface MemorySampler {
  /** The largest sum seen so far, in bytes; 0 if it cannot be measured. */
  peakBytes(): number;
  stop(): void;
}

const SAMPLE_MS = 50;

/**
 * Samples the proportional set sizes (what a process holds, shared pages divided by their sharers) of a process and its
 * children, summed. Linux only.
 */
export function sampleMemory(pid: number): MemorySampler {
  let peak = 0;
  const look = (): void => {
    const sum = [pid, ...childrenOf(pid)].reduce((bytes, process) => bytes + proportionalBytes(process), 0);
    peak = Math.max(peak, sum);
  };
  const timer = process.platform === 'linux' ? setInterval(look, SAMPLE_MS) : undefined;
  return { peakBytes: () => peak, stop: () => clearInterval(timer) };
}

function childrenOf(pid: number): number[] {
  return (textOf(`/proc/${pid}/task/${pid}/children`).match(/\d+/g) ?? []).map(Number);
}

function proportionalBytes(pid: number): number {
  return Number(/^Pss:\s+(\d+) kB$/m.exec(textOf(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) * 1024;
}

/** A process may have ended since it was listed. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
