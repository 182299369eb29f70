import { moduleOf, relaxedKernels, simdKernels, type KernelSet } from '../integer/kernels/module.ts';
import { selfTest } from '../integer/kernels/self-test.ts';
import { compileKernels, openProgram } from '../integer/plan/execute.ts';
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

/** @param open stands in for `integerWasmKernels` in tests */
export function createIntegerWasmBackend(
  name: IntegerWasmName,
  open: (name: IntegerWasmName) => Promise<Ready> = integerWasmKernels,
): ProgramBackend {
  return {
    name,
    formats: ['sld-edge-integer'],
    reference: false,
    device: 'processor',
    init: async () => void (await open(name)),
    description: () => `integers on ${DEFINITIONS[name].instructions}, 1 thread`,
    async loadProgram(program, options = {}) {
      const { set, module } = await open(name);
      const planned = await openProgram(program, set, module, options);
      return {
        integerLogits: async (pixels) => planned.integerLogits(pixels),
        get activations() {
          return planned.activations();
        },
        dispose: () => undefined,
      };
    },
  };
}
