import { moduleOf, relaxedKernels, simdKernels, type KernelSet } from '../integer/kernels/module.ts';
import { selfTest } from '../integer/kernels/self-test.ts';
import { compileKernels, openProgram, type PlannedProgram } from '../integer/plan/execute.ts';
import { NeedsDoubles } from '../integer/kernels/requantize.ts';
import type { PlanOptions } from '../integer/plan/plan.ts';
import type { IntegerProgram } from '../integer/program.ts';
import type { KernelThreads } from '../integer/threads/kernel-thread.ts';
import type { ThreadedProgram, ThreadedPrograms } from '../integer/threads/threaded-programs.ts';
import { AppError } from '../errors/catalogue.ts';
import type { ProgramBackend } from './backend.ts';

/** Backends of integer programs that compute with our kernels in WebAssembly. */
export type IntegerWasmName = (typeof INTEGER_WASM_NAMES)[number];

export const INTEGER_WASM_NAMES = ['wasm', 'wasm-relaxed', 'wasm-scalar'] as const;

interface Definition {
  kernels: () => KernelSet | Promise<KernelSet>;
  /** Kernels that round by doubles: modules of their own, for programs of version 1 that need them. */
  doubles: () => Promise<KernelSet>;
  /** Instructions of the kernels, for people, and in the reason why an engine that lacks them does not compile them. */
  instructions: string;
}

const simdDoubles = async (): Promise<KernelSet> => simdKernels((await import('../integer/kernels/doubles.ts')).doubles);
// A module of its own: whoever has SIMD never loads it.
const scalar = () => import('../integer/kernels/scalar/kernels.ts');

const DEFINITIONS: Record<IntegerWasmName, Definition> = {
  wasm: { kernels: simdKernels, doubles: simdDoubles, instructions: 'WebAssembly SIMD' },
  'wasm-relaxed': { kernels: relaxedKernels, doubles: simdDoubles, instructions: 'WebAssembly relaxed SIMD' },
  'wasm-scalar': {
    kernels: async () => (await scalar()).scalarKernels(),
    doubles: async () => (await scalar()).scalarKernels((await import('../integer/kernels/scalar/doubles.ts')).doublesOfOne),
    instructions: 'WebAssembly without SIMD',
  },
};

interface Ready {
  set: KernelSet;
  module: WebAssembly.Module;
}

type Rounded = 'kernels' | 'doubles';

/** Compiled and tested once, whoever asks. */
const ready = new Map<string, Promise<Ready>>();

async function prepare(name: IntegerWasmName, rounded: Rounded): Promise<Ready> {
  const { [rounded]: kernels, instructions } = DEFINITIONS[name];
  const unavailable = (reason: string, cause?: unknown): never => {
    throw new AppError('BACKEND_UNAVAILABLE', { backend: name, reason }, { cause });
  };
  const set = await kernels();
  if (!WebAssembly.validate(moduleOf(set))) unavailable(`this engine has no ${instructions}`);
  const module = await compileKernels(set);
  const fault = await selfTest(set, module);
  return fault ? unavailable(fault) : { set, module };
}

/**
 * The kernels, compiled and self-tested.
 * @param rounded `doubles`: those for shifts of version 1 alone
 * @throws AppError BACKEND_UNAVAILABLE where the engine lacks an instruction or computes it wrongly
 */
export function integerWasmKernels(name: IntegerWasmName, rounded: Rounded = 'kernels'): Promise<Ready> {
  const key = `${name} ${rounded}`;
  const known = ready.get(key) ?? prepare(name, rounded);
  ready.set(key, known);
  return known;
}

export interface IntegerWasmOptions {
  /** Threads that compute an image together; one where absent. */
  threads?: KernelThreads;
  /** Stands in for `integerWasmKernels` in tests. */
  open?: typeof integerWasmKernels;
}

/** Words for what answers programs with shifts of version 1, where there was one. */
const doublesWords = (name: IntegerWasmName): string =>
  `; shifts of version 1 by doubles${name === 'wasm-relaxed' ? ', without relaxed SIMD' : ''}`;

type Opener = (program: IntegerProgram, options: PlanOptions) => Promise<PlannedProgram | ThreadedProgram>;

export function createIntegerWasmBackend(
  name: IntegerWasmName,
  { threads, open = integerWasmKernels }: IntegerWasmOptions = {},
): ProgramBackend {
  const many = threads && threads.count > 1 ? threads : undefined;
  const openers = new Map<Rounded, Promise<Opener>>();
  const threaded: ThreadedPrograms[] = [];

  const openerOf = async (rounded: Rounded): Promise<Opener> => {
    const { set, module } = await open(name, rounded);
    if (!many) return (program, options) => openProgram(program, set, module, options);
    const { createThreadedPrograms } = await import('../integer/threads/threaded-programs.ts');
    const programs = createThreadedPrograms(set, module, many);
    threaded.push(programs);
    return (program, options) => programs.open(program, options);
  };
  const opener = (rounded: Rounded): Promise<Opener> => {
    const known = openers.get(rounded) ?? openerOf(rounded);
    openers.set(rounded, known);
    return known;
  };
  const threadWords = (): string => {
    if (!many) return '1 thread';
    const reason = threaded.find(({ fault }) => fault !== undefined)?.fault;
    return reason === undefined ? `${many.count} threads` : `1 thread (${many.count} were asked for: ${reason})`;
  };
  return {
    name,
    formats: ['sld-edge-integer'],
    reference: false,
    device: 'processor',
    init: async () => void (await open(name)),
    description: () => `integers on ${DEFINITIONS[name].instructions}, ${threadWords()}${openers.has('doubles') ? doublesWords(name) : ''}`,
    async loadProgram(program, options = {}) {
      const opened = async (rounded: Rounded) => (await opener(rounded))(program, options);
      const planned = await opened('kernels').catch((error: unknown) => {
        if (error instanceof NeedsDoubles) return opened('doubles');
        throw error;
      });
      return {
        integerLogits: async (pixels) => planned.integerLogits(pixels),
        get activations() {
          return planned.activations();
        },
        dispose: () => planned.dispose(),
      };
    },
  };
}
