/** The backend that made a variant's goldens: graphs on TensorFlow.js's WebAssembly, integer programs on the interpreter. */
import {
  createInterpreterBackend,
  createTfjsWasmBackend,
  type BackendDefinition,
  type BackendName,
  type GraphBackend,
  type LoadedNetwork,
} from '@sld-edge/runtime';
import { wasmBinariesFolder } from '../engines/wasm-binaries.ts';
import { programBackendFor } from './program-backend.ts';

/** The runtime's backend with the binaries of the installed package. */
export function createNodeWasmBackend(): GraphBackend {
  return createTfjsWasmBackend({ wasmPaths: wasmBinariesFolder() });
}

/** The name of what measures a variant on test images, for people and reports. */
export const measuringBackendOf = async (network: LoadedNetwork): Promise<BackendName> =>
  network.kind === 'graph' ? 'tfjs-wasm' : programBackendFor(network.program);

/** Makes the backend that made the goldens. */
export const createReferenceBackend = ({ kind }: Pick<LoadedNetwork, 'kind'>): BackendDefinition =>
  kind === 'graph' ? createNodeWasmBackend() : createInterpreterBackend();
