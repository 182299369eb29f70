import { relaxedKernels, simdKernels, type KernelSet } from '../integer/kernels/module.ts';
import { selfTest } from '../integer/kernels/self-test.ts';
import { compileKernels, openProgram } from '../integer/plan/execute.ts';
import { AppError } from '../errors/catalogue.ts';
import type { ProgramBackend } from './backend.ts';

/** Backends of integer programs that compute with our kernels in WebAssembly. */
export type IntegerWasmName = 'wasm' | 'wasm-relaxed';

interface Definition {
  kernels: () => KernelSet;
  /** One line for people. */
  description: string;
  /** Feature that the engine lacks if the module does not compile. */
  needs: string;
}

const DEFINITIONS: Record<IntegerWasmName, Definition> = {
  wasm: { kernels: simdKernels, description: 'integers on WebAssembly SIMD, 1 thread', needs: 'SIMD' },
  'wasm-relaxed': { kernels: relaxedKernels, description: 'integers on WebAssembly relaxed SIMD, 1 thread', needs: 'relaxed SIMD' },
};

interface Ready {
  set: KernelSet;
  module: WebAssembly.Module;
}

/** Compiled and tested once, whoever asks. */
const ready = new Map<IntegerWasmName, Promise<Ready>>();

async function prepare(name: IntegerWasmName): Promise<Ready> {
  const { kernels, needs } = DEFINITIONS[name];
  const unavailable = (reason: string, cause?: unknown): never => {
    throw new AppError('BACKEND_UNAVAILABLE', { backend: name, reason }, { cause });
  };
  const set = kernels();
  const module = await compileKernels(set).catch((error: unknown) =>
    unavailable(`this engine has no WebAssembly ${needs} (${error instanceof Error ? error.message : String(error)})`, error),
  );
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
    description: () => DEFINITIONS[name].description,
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
