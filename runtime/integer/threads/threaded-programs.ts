/** Programs on several threads, and on one alone from the moment on when a helper thread is lost. */
import type { KernelSet } from '../kernels/module.ts';
import { openProgram, type PlannedProgram } from '../plan/execute.ts';
import type { PlanOptions } from '../plan/plan.ts';
import type { IntegerProgram } from '../program.ts';
import type { KernelThreads } from './kernel-thread.ts';
import { ThreadLost, ThreadPool } from './thread-pool.ts';

export interface ThreadedPrograms {
  /** Reason why one thread answers; undefined while all do. */
  readonly fault: string | undefined;
  /** @throws NeedsDoubles as `planProgram` */
  open(program: IntegerProgram, options?: PlanOptions): Promise<ThreadedProgram>;
}

export interface ThreadedProgram extends Pick<PlannedProgram, 'activations' | 'dispose'> {
  integerLogits(pixels: Uint8Array): Promise<Int32Array>;
}

/** @param module the kernels on a memory that is not shared, for one thread */
export function createThreadedPrograms(set: KernelSet, module: WebAssembly.Module, threads: KernelThreads): ThreadedPrograms {
  let pool: Promise<ThreadPool> | undefined;
  let open = 0;
  let fault: string | undefined;

  const endPool = (): void => {
    pool?.then(
      (started) => started.end(),
      () => undefined,
    );
    pool = undefined;
  };
  const lose = (reason: string): void => {
    if (fault !== undefined) return;
    fault = reason;
    endPool();
    threads.onLost?.(reason);
  };
  /** @returns what `compute` does on all threads; where one is lost, what `otherwise` does on one */
  const unlessLost = async <T>(compute: () => T | Promise<T>, otherwise: () => Promise<T>): Promise<T> => {
    if (fault === undefined) {
      try {
        return await compute();
      } catch (error) {
        if (!(error instanceof ThreadLost)) throw error;
        lose(error.message);
      }
    }
    return otherwise();
  };

  return {
    get fault() {
      return fault;
    },
    async open(program, options) {
      const alone = (): Promise<PlannedProgram> => openProgram(program, set, module, options);
      open++;
      let current = await unlessLost(async () => {
        pool ??= ThreadPool.start(set, threads, lose);
        const started = await pool;
        return openProgram(program, set, started.module, { ...options, pool: started });
      }, alone).catch((error: unknown) => {
        if (--open === 0) endPool();
        throw error;
      });
      let onThreads = fault === undefined;
      const leaveThreads = async (): Promise<void> => {
        if (!onThreads) return;
        onThreads = false;
        // What a lost thread still writes, it writes into the memory of before.
        current = await alone();
      };
      return {
        integerLogits: (pixels) =>
          unlessLost(
            () => current.integerLogits(pixels),
            async () => {
              await leaveThreads();
              return current.integerLogits(pixels);
            },
          ),
        activations: () => current.activations(),
        dispose() {
          current.dispose();
          if (--open === 0) endPool();
        },
      };
    },
  };
}
