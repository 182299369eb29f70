export type { BackendDefinition, BackendName, GraphBackend, InferenceGraph, InferenceProgram, ProgramBackend } from './backend.ts';
export { initTfjsBackend, loadTfjsGraph } from './tfjs-graph.ts';
export { createTypescriptBackend } from './typescript.ts';
export { createWasmBackend, type WasmBackendOptions, type WasmFileMap } from './wasm.ts';
export { createWebgpuBackend, describeAdapter } from './webgpu.ts';
