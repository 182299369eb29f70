import { moduleOf, relaxedKernels, simdKernels, type KernelSet } from '../integer/kernels/module.ts';
import { selfTest } from '../integer/kernels/self-test.ts';
import { compileKernels, openProgram } from '../integer/plan/execute.ts';
import type { KernelThreads } from '../integer/threads/kernel-thread.ts';
import type { ThreadedPrograms } from '../integer/threads/threaded-programs.ts';
import { AppError } from '../errors/catalogue.ts';
import type { ProgramBackend } from './backend.ts';

/** Backends of integer programs that compute with our kernels in WebAssembly. */
export type IntegerWasmName = (typeof INTEGER_WASM_NAMES)[number];

export const INTEGER_WASM_NAMES = ['wasm', 'wasm-relaxed', 'wasm-scalar'] as const;

interface Definition {
  kernels: () => KernelSet | Promise<KernelSet>;
  /** Instructions of the kernels, for people, and in the reason why an engine that lacks them does not compile them. */
  instructions: string;
}

const DEFINITIONS: Record<IntegerWasmName, Definition> = {
  wasm: { kernels: simdKernels, instructions: 'WebAssembly SIMD' },
  'wasm-relaxed': { kernels: relaxedKernels, instructions: 'WebAssembly relaxed SIMD' },
  'wasm-scalar': {
    // A module of its own: whoever has SIMD never loads it.
    kernels: async () => (await import('../integer/kernels/scalar/kernels.ts')).scalarKernels(),
    instructions: 'WebAssembly without SIMD',
  },
};

interface Ready {
  set: KernelSet;
  module: WebAssembly.Module;
}

/** Compiled and tested once, whoever asks. */
const ready = new Map<IntegerWasmName, Promise<Ready>>();

async function prepare(name: IntegerWasmName): Promise<Ready> {
  const { kernels, instructions } = DEFINITIONS[name];
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
 * The kernels, compiled and self-tested. @throws AppError BACKEND_UNAVAILABLE where the engine lacks an instruction or computes it wrongly
 */
export function integerWasmKernels(name: IntegerWasmName): Promise<Ready> {
  const known = ready.get(name) ?? prepare(name);
  ready.set(name, known);
  return known;
}

export interface IntegerWasmOptions {
  /** Threads that compute an image together; one where absent. */
  threads?: KernelThreads;
  /** Stands in for `integerWasmKernels` in tests. */
  open?: (name: IntegerWasmName) => Promise<Ready>;
}

export function createIntegerWasmBackend(
  name: IntegerWasmName,
  { threads, open = integerWasmKernels }: IntegerWasmOptions = {},
): ProgramBackend {
  const many = threads && threads.count > 1 ? threads : undefined;
  let threaded: Promise<ThreadedPrograms> | undefined;
  let fault = (): string | undefined => undefined;
  const onThreads = async (own: KernelThreads): Promise<ThreadedPrograms> => {
    const { set, module } = await open(name);
    const { createThreadedPrograms } = await import('../integer/threads/threaded-programs.ts');
    const programs = createThreadedPrograms(set, module, own);
    fault = () => programs.fault;
    return programs;
  };
  const threadWords = (): string => {
    if (!many) return '1 thread';
    const reason = fault();
    return reason === undefined ? `${many.count} threads` : `1 thread (${many.count} were asked for: ${reason})`;
  };
  return {
    name,
    formats: ['sld-edge-integer'],
    reference: false,
    device: 'processor',
    init: async () => void (await open(name)),
    description: () => `integers on ${DEFINITIONS[name].instructions}, ${threadWords()}`,
    async loadProgram(program, options = {}) {
      const { set, module } = await open(name);
      if (many) threaded ??= onThreads(many);
      const planned = threaded ? await (await threaded).open(program, options) : await openProgram(program, set, module, options);
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
