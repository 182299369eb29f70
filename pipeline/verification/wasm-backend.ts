import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { createWasmBackend, type BackendDefinition } from '@sld-edge/runtime';

/** The runtime's reference backend with the binaries of the installed package. */
export function createNodeWasmBackend(): BackendDefinition {
  const binaries = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'));
  return createWasmBackend({ wasmPaths: `${binaries}/` });
}
