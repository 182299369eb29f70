import { createTfjsWasmBackend, type GraphBackend } from '@sld-edge/runtime';
import { wasmBinariesFolder } from '../engines/wasm-binaries.ts';

/** The runtime's reference backend with the binaries of the installed package. */
export function createNodeWasmBackend(): GraphBackend {
  return createTfjsWasmBackend({ wasmPaths: wasmBinariesFolder() });
}
