export type { BackendDefinition, GraphBackend, InferenceGraph, InferenceProgram, ProgramBackend, ProgramOptions } from './backend.ts';
export { probeAdapter, type GpuAdapter } from './gpu-adapter.ts';
export { BACKEND_NAMES, INTEGER_CANDIDATES, PAGE_BACKENDS, renamedBackend, type BackendName, type PageBackendName } from './names.ts';
export { loadTfjsGraph } from './tfjs.ts';
export {
  createIntegerWasmBackend,
  INTEGER_WASM_NAMES,
  integerWasmKernels,
  type IntegerWasmName,
  type IntegerWasmOptions,
} from './integer-wasm.ts';
export { createIntegerWebgpuBackend, type IntegerWebgpuOptions } from './integer-webgpu.ts';
export { createInterpreterBackend } from './interpreter.ts';
export { createTfjsWasmBackend, type TfjsWasmBackendOptions, type TfjsWasmFileMap } from './tfjs-wasm.ts';
export { createTfjsWebgpuBackend } from './tfjs-webgpu.ts';
export type { KernelThreads } from '../integer/threads/kernel-thread.ts';
