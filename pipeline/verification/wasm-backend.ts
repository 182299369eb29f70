import { createWasmBackend, type BackendDefinition } from '@sld-edge/runtime';
import { wasmBinariesFolder } from '../engines/wasm-binaries.ts';

/** The runtime's reference backend with the binaries of the installed package. */
export function createNodeWasmBackend(): BackendDefinition {
  return createWasmBackend({ wasmPaths: wasmBinariesFolder() });
}
