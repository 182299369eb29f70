export type { BackendDefinition, BackendName, InferenceGraph } from './backend.ts';
export { initTfjsBackend, loadTfjsGraph } from './tfjs-graph.ts';
export { createWasmBackend, type WasmBackendOptions, type WasmFileMap } from './wasm.ts';
export { createWebgpuBackend, describeAdapter } from './webgpu.ts';
