import type { ScheduledStage } from './schedule.ts';

/** A helper thread as its owner sees it, whatever starts it: Node's worker threads and browsers' workers differ. */
export interface KernelThread {
  post(message: ToHelper): void;
  /** @param onEnd told, with the reason, when the thread has failed, could not be started or has ended */
  listen(onMessage: (message: FromHelper) => void, onEnd: (reason: string) => void): void;
  end(): void;
}

/** The owner as a helper sees it. */
export interface KernelThreadPort {
  post(message: FromHelper): void;
  listen(onMessage: (message: ToHelper) => void): void;
}

export type ToHelper =
  | { type: 'start'; words: Int32Array; thread: number; threads: number; module: WebAssembly.Module }
  | { type: 'open'; program: number; memory: WebAssembly.Memory; stages: readonly ScheduledStage[]; taken: Int32Array }
  | { type: 'close'; program: number };

/** A message was dealt with. */
export interface FromHelper {
  done: true;
}

/** Threads for a backend that computes integer programs. */
export interface KernelThreads {
  /** Number of threads, the calling one included. */
  count: number;
  /** Starts a thread that runs `serveKernels`. */
  start(): KernelThread;
  /** Told, with the reason, when a helper could not be started or was lost: one thread answers from then on. */
  onLost?(reason: string): void;
  /** Multiply-adds of a stage from which on it is shared; `LEAST_WORK` where absent. */
  leastWork?: number;
}
