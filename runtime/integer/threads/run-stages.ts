/** Part of one thread in a run of a schedule: the same loop in the thread that asks and in its helpers. */
import type { KernelName } from '../kernels/module.ts';
import type { ScheduledStage, Task } from './schedule.ts';

export type ComputeRows = (parameters: number, from: number, to: number) => void;

export interface Run {
  stages: readonly ScheduledStage[];
  kernels: Record<KernelName, ComputeRows>;
  /** Number of tasks that were taken of each thread's share: `[stage, thread]`. */
  taken: Int32Array;
  thread: number;
  threads: number;
  /** Waits until all threads are here. */
  meet(): void;
}

const compute = (kernels: Run['kernels'], { kernel, parameters, from, to }: Task): void => kernels[kernel](parameters, from, to);

/** Each thread takes the tasks of its own share of a stage, neighbouring rows, then what others have left of theirs. */
export function runStages({ stages, kernels, taken, thread, threads, meet }: Run): void {
  // Behind the last shared stage the first thread is alone.
  const end = thread === 0 ? stages.length : 1 + stages.findLastIndex(({ shared }) => shared);
  for (let at = 0; at < end; at++) {
    const { shared, tasks } = stages[at];
    if (!shared) {
      if (thread === 0) for (const task of tasks) compute(kernels, task);
      if (at + 1 < end && stages[at + 1].shared) meet();
      continue;
    }
    for (let i = 0; i < threads; i++) {
      const owner = (thread + i) % threads;
      const [first, last] = [owner, owner + 1].map((share) => Math.floor((share * tasks.length) / threads));
      for (;;) {
        const task = first + Atomics.add(taken, at * threads + owner, 1);
        if (task >= last) break;
        compute(kernels, tasks[task]);
      }
    }
    meet();
  }
}
