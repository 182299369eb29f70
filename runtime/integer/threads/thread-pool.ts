import { moduleOf, type KernelName, type KernelSet } from '../kernels/module.ts';
import type { KernelThread, KernelThreads, ToHelper } from './kernel-thread.ts';
import { runStages, type ComputeRows } from './run-stages.ts';
import { scheduleOf, type PlacedStep } from './schedule.ts';
import { meet, newWords, waitWhile, wake, AT } from './words.ts';

/** A helper thread could not be started, or was lost: what it was to compute has not been computed. */
export class ThreadLost extends Error {}

const START_MS = 20_000;
/** A thread that computes for so long, counted in waits that it slept through, is lost. A suspended device skips them. */
const [SLICE_MS, MOST_SLICES] = [100, 100];

/** The steps of a program in a memory. */
export interface Runnable {
  /** Computes all steps. @throws ThreadLost */
  compute(): void;
  close(): void;
}

/** Helper threads that, with the calling thread, compute one program after another, each in a memory that they share. */
export class ThreadPool {
  /** The kernels for a shared memory. */
  readonly module: WebAssembly.Module;
  readonly #set: KernelSet;
  readonly #options: KernelThreads;
  readonly #onLost: (reason: string) => void;
  readonly #words = newWords();
  readonly #helpers: KernelThread[] = [];
  #pending: { left: number; resolve: () => void; reject: (error: Error) => void } | undefined;
  /** Messages go out one by one, each when all helpers have dealt with the one before. */
  #sent: Promise<unknown> = Promise.resolve();
  #programs = 0;
  #lost: string | undefined;

  private constructor(set: KernelSet, module: WebAssembly.Module, options: KernelThreads, onLost: (reason: string) => void) {
    this.#set = set;
    this.module = module;
    this.#options = options;
    this.#onLost = onLost;
  }

  /** @param onLost told when a thread is lost @throws ThreadLost where one can't be started */
  static async start(set: KernelSet, options: KernelThreads, onLost: (reason: string) => void): Promise<ThreadPool> {
    if (typeof document !== 'undefined') throw new ThreadLost("a page's own thread may not wait for others");
    const pool = new ThreadPool(set, await WebAssembly.compile(moduleOf(set, { sharedMemory: true })), options, onLost);
    try {
      await pool.#begin();
    } catch (error) {
      pool.end();
      throw error instanceof ThreadLost ? error : new ThreadLost(error instanceof Error ? error.message : String(error), { cause: error });
    }
    return pool;
  }

  async #begin(): Promise<void> {
    const threads = this.#options.count;
    for (let thread = 1; thread < threads; thread++) {
      const helper = this.#options.start();
      this.#helpers.push(helper);
      helper.listen(
        () => this.#done(),
        (reason) => this.#lose(reason),
      );
    }
    await this.#send((i) => ({ type: 'start', words: this.#words, thread: i + 1, threads, module: this.module }));
  }

  /** @param exports kernels of `module` on `memory`, for this thread */
  async open(memory: WebAssembly.Memory, exports: WebAssembly.Exports, steps: readonly PlacedStep[]): Promise<Runnable> {
    const { count: threads, leastWork } = this.#options;
    const stages = scheduleOf(steps, this.#set, threads, leastWork);
    const taken = new Int32Array(new SharedArrayBuffer(4 * stages.length * threads));
    const program = this.#programs++;
    await this.#send(() => ({ type: 'open', program, memory, stages, taken }));
    const words = this.#words;
    const run = {
      stages,
      taken,
      kernels: exports as unknown as Record<KernelName, ComputeRows>,
      thread: 0,
      threads,
      meet: () => meet(words, threads, (index, value) => this.#wait(index, value)),
    };
    const isShared = stages.some(({ shared }) => shared);
    return {
      compute: () => {
        this.#requireAll();
        if (isShared) {
          taken.fill(0);
          Atomics.store(words, AT.program, program);
          Atomics.add(words, AT.runs, 1);
          wake(words, AT.signal);
        }
        runStages(run);
      },
      close: () => void this.#send(() => ({ type: 'close', program })).catch(() => undefined),
    };
  }

  end(): void {
    this.#lost ??= 'the threads were ended';
    for (const helper of this.#helpers) helper.end();
  }

  #wait(index: number, value: number): void {
    let slices = 0;
    waitWhile(this.#words, index, value, SLICE_MS, () => {
      this.#requireAll();
      if (++slices >= MOST_SLICES) this.#lose(`a thread has not answered for ${(SLICE_MS * MOST_SLICES) / 1000} s`);
    });
    this.#requireAll();
  }

  #requireAll(): void {
    if (Atomics.load(this.#words, AT.failed) === 1) this.#lost ??= 'a thread has failed';
    if (this.#lost) throw new ThreadLost(this.#lost);
  }

  #lose(reason: string): void {
    if (this.#lost) return;
    this.#lost = reason;
    this.#pending?.reject(new ThreadLost(reason));
    this.#onLost(reason);
  }

  #done(): void {
    if (this.#pending && --this.#pending.left === 0) this.#pending.resolve();
  }

  /** @returns when every helper has dealt with it */
  #send(messageOf: (helper: number) => ToHelper): Promise<void> {
    const deliver = async (): Promise<void> => {
      this.#requireAll();
      let timer;
      try {
        await new Promise<void>((resolve, reject) => {
          this.#pending = { left: this.#helpers.length, resolve, reject };
          timer = setTimeout(() => this.#lose(`a thread has not started within ${START_MS / 1000} s`), START_MS);
          // Before it is sent: a helper that had dealt with it would wait for another.
          Atomics.add(this.#words, AT.messages, 1);
          this.#helpers.forEach((helper, i) => helper.post(messageOf(i)));
          wake(this.#words, AT.signal);
        });
      } finally {
        clearTimeout(timer);
        this.#pending = undefined;
      }
    };
    const sent = this.#sent.then(deliver);
    this.#sent = sent.catch(() => undefined);
    return sent;
  }
}
