import { createRequire } from 'node:module';
import { dirname } from 'node:path';

/** The folder of tfjs's WASM binaries, beside the entry of their package, with the slash that tfjs wants at its end. */
export function wasmBinariesFolder(): string {
  return `${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))}/`;
}
