/** The backend that made a variant's goldens: graphs on TensorFlow.js's WebAssembly, integer programs on the interpreter. */
import { createInterpreterBackend, createTfjsWasmBackend, type BackendDefinition, type BackendName, type GraphBackend, type LoadedNetwork } from '@sld-edge/runtime';
import { wasmBinariesFolder } from '../engines/wasm-binaries.ts';

/** The runtime's backend with the binaries of the installed package. */
export function createNodeWasmBackend(): GraphBackend {
  return createTfjsWasmBackend({ wasmPaths: wasmBinariesFolder() });
}

/** The name alone, for people and reports. */
export const referenceBackendOf = ({ kind }: Pick<LoadedNetwork, 'kind'>): BackendName => (kind === 'graph' ? 'tfjs-wasm' : 'interpreter');

export const createReferenceBackend = ({ kind }: Pick<LoadedNetwork, 'kind'>): BackendDefinition => (kind === 'graph' ? createNodeWasmBackend() : createInterpreterBackend());
