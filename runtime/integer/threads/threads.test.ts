import { buildSync } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { createIntegerWasmBackend, type IntegerWasmName } from '../../backends/integer-wasm.ts';
import type { InferenceProgram, ProgramBackend } from '../../backends/backend.ts';
import { differenceFromInterpreter } from '../../testing/compare-programs.ts';
import { fixtureProgram } from '../../testing/fixture-program.ts';
import { randomPixels, randomProgram } from '../../testing/random-program.ts';
import { openProgram } from '../plan/execute.ts';
import { planProgram } from '../plan/plan.ts';
import type { IntegerProgram } from '../program.ts';
import { KERNEL_WORKER, nodeKernelThread } from '../../node/kernel-thread.ts';
import { moduleOf, simdKernels } from '../kernels/module.ts';
import type { KernelThread, KernelThreads } from './kernel-thread.ts';
import { runStages } from './run-stages.ts';
import { scheduleOf, type PlacedStep } from './schedule.ts';
import type { ThreadPool } from './thread-pool.ts';

let bundle: string | undefined;

/** Starts a helper thread of integer kernels as JavaScript: a loader of TypeScript takes a second in each. */
function startKernelThread(): KernelThread {
  bundle ??= buildSync({ entryPoints: [fileURLToPath(KERNEL_WORKER)], bundle: true, platform: 'node', format: 'cjs', write: false })
    .outputFiles[0].text;
  return nodeKernelThread(new Worker(bundle, { eval: true }));
}

const compared = (loaded: InferenceProgram) => ({ integerLogits: loaded.integerLogits, activations: () => loaded.activations });

describe.each([
  ['wasm', 2],
  ['wasm', 4],
  ['wasm-scalar', 2],
] as [IntegerWasmName, number][])('random programs on %s, %i threads', (name, count) => {
  const backend = createIntegerWasmBackend(name, { threads: { count, start: startKernelThread, leastWork: 0 } });
  let open: InferenceProgram;
  afterAll(() => open.dispose());
  it('give the interpreter’s integers, of every node', async () => {
    // Programs stay open until the next one is: the threads end with the last.
    open = await backend.loadProgram(fixtureProgram());
    for (let seed = 0; seed < 50; seed++) {
      const program = randomProgram(seed);
      for (const keepActivations of [false, true]) {
        const loaded = await backend.loadProgram(program, { keepActivations });
        const pixels = randomPixels(program, seed, 2);
        expect(await differenceFromInterpreter(program, compared(loaded), pixels, { everyNode: keepActivations })).toBeUndefined();
        loaded.dispose();
      }
    }
    expect(backend.description()).toMatch(new RegExp(`, ${count} threads$`));
  });
});

describe('a schedule', () => {
  const set = simdKernels();
  const stepsOf = (program: IntegerProgram): PlacedStep[] => planProgram(program, set).steps.map((step) => ({ ...step, address: 0 }));

  it('has tasks that depend on none of their stage: in reverse order they give the same', async () => {
    const module = await WebAssembly.compile(moduleOf(set, { sharedMemory: true }));
    const backwards = {
      async open(_memory: WebAssembly.Memory, exports: WebAssembly.Exports, steps: PlacedStep[]) {
        const stages = scheduleOf(steps, set, 8, 0).map(({ shared, tasks }) => ({ shared, tasks: shared ? [...tasks].reverse() : tasks }));
        const taken = new Int32Array(stages.length);
        const run = { stages, taken, kernels: exports as never, thread: 0, threads: 1, meet: () => undefined };
        return { compute: () => (taken.fill(0), runStages(run)), close: () => undefined };
      },
    } as unknown as ThreadPool;
    for (let seed = 0; seed < 100; seed++) {
      const program = randomProgram(seed);
      const planned = await openProgram(program, set, module, { pool: backwards });
      expect(await differenceFromInterpreter(program, planned, randomPixels(program, seed, 1))).toBeUndefined();
    }
  });

  it('leaves small steps to one thread', () => {
    const small = scheduleOf(stepsOf(fixtureProgram()), set, 2);
    expect(small.map(({ shared }) => shared)).toEqual([false]);
    expect(scheduleOf(stepsOf(fixtureProgram()), set, 2, 0).some(({ shared }) => shared)).toBe(true);
  });

  it('covers every row of a step once', () => {
    const step = { node: 'add', kernel: 'add', parameters: { columns: 4, blocks: 1 }, rows: 13, band: 13, stage: 1, address: 64 } as const;
    const [{ tasks }] = scheduleOf([step], set, 2, 0);
    expect(tasks).toEqual([0, 2, 4, 6, 8, 10, 12].map((from) => ({ kernel: 'add', parameters: 64, from, to: Math.min(13, from + 2) })));
  });
});

describe('a helper thread', () => {
  const program = randomProgram(3);
  const pixels = randomPixels(program, 3, 1);
  const ended: KernelThread[] = [];
  const threadsOf = (change: (thread: KernelThread) => Partial<KernelThread> = () => ({})) => {
    const lost: string[] = [];
    const threads: KernelThreads = {
      count: 2,
      leastWork: 0,
      onLost: (reason) => lost.push(reason),
      start() {
        const thread = startKernelThread();
        const own: KernelThread = {
          ...thread,
          end() {
            ended.push(own);
            thread.end();
          },
          ...change(thread),
        };
        return own;
      },
    };
    return { threads, lost };
  };
  const answersAlone = async (backend: ProgramBackend, loaded: InferenceProgram, reason: RegExp): Promise<void> => {
    expect(await differenceFromInterpreter(program, compared(loaded), pixels)).toBeUndefined();
    expect(backend.description()).toMatch(/^integers on WebAssembly SIMD, 1 thread \(2 were asked for: .+\)$/);
    expect(backend.description()).toMatch(reason);
    // And goes on so.
    expect(await differenceFromInterpreter(program, compared(loaded), pixels)).toBeUndefined();
  };

  it('that can not be started: one thread answers, and the backend says why', async () => {
    const { threads, lost } = threadsOf();
    const backend = createIntegerWasmBackend('wasm', {
      threads: {
        ...threads,
        start() {
          throw new Error('no room');
        },
      },
    });
    await answersAlone(backend, await backend.loadProgram(program), /no room/);
    expect(lost).toEqual(['no room']);
  });

  it('that ends between two images: one thread answers, and the backend says why', async () => {
    let end: () => void;
    const { threads, lost } = threadsOf((thread) => ((end = () => thread.end()), {}));
    const backend = createIntegerWasmBackend('wasm', { threads });
    const loaded = await backend.loadProgram(program);
    expect(await differenceFromInterpreter(program, compared(loaded), pixels)).toBeUndefined();
    expect(backend.description()).toBe('integers on WebAssembly SIMD, 2 threads');
    end!();
    while (lost.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await answersAlone(backend, loaded, /a thread has ended with code 1/);
    expect(lost).toHaveLength(1);
    loaded.dispose();
  });

  it('that fails while it computes: one thread answers that image too', async () => {
    const { threads, lost } = threadsOf((thread) => ({
      post(message) {
        if (message.type !== 'open') return thread.post(message);
        const stages = message.stages.map((stage) => ({
          ...stage,
          tasks: stage.tasks.map((task) => ({ ...task, kernel: 'none' as never })),
        }));
        thread.post({ ...message, stages });
      },
    }));
    const backend = createIntegerWasmBackend('wasm', { threads });
    const loaded = await backend.loadProgram(program);
    await answersAlone(backend, loaded, /a thread has failed/);
    expect(lost).toHaveLength(1);
    loaded.dispose();
  });

  it('ends with the last program', async () => {
    ended.length = 0;
    const { threads, lost } = threadsOf();
    const backend = createIntegerWasmBackend('wasm', { threads });
    const [first, second] = [await backend.loadProgram(program), await backend.loadProgram(program)];
    first.dispose();
    await new Promise((resolve) => setTimeout(resolve));
    expect(ended).toHaveLength(0);
    second.dispose();
    await new Promise((resolve) => setTimeout(resolve));
    expect(ended).toHaveLength(1);
    // Another program starts them again.
    const third = await backend.loadProgram(program);
    expect(await differenceFromInterpreter(program, compared(third), pixels)).toBeUndefined();
    third.dispose();
    expect(lost).toEqual([]);
  });
});
