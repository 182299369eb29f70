/** The `wasm` engine: tfjs-backend-wasm in Node with kernels of ours. Always there: for machines where nothing native can be had. */
import type { Engine, EngineHandle, Tfjs } from './engine.ts';
import { wasmBinariesFolder } from './wasm-binaries.ts';
import { createWasmUpdates } from './wasm/in-place-updates.ts';
import { createWasmOps } from './wasm/ops.ts';
import { registerKernels } from './wasm/register.ts';

export const wasmHandle: EngineHandle = {
  name: 'wasm',
  description: 'WebAssembly (XNNPACK, one thread) by @tensorflow/tfjs-backend-wasm 4.22.0',
};

export async function createWasmEngine(): Promise<Engine> {
  // The union package: it registers the gradients, which the core alone does not.
  const tf = (await import('@tensorflow/tfjs')) as unknown as Tfjs;
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(wasmBinariesFolder());
  await tf.setBackend('wasm');
  await tf.ready();
  const kernels = registerKernels(tf);
  return {
    name: 'wasm',
    description: wasmHandle.description,
    tf,
    ops: createWasmOps(tf),
    updates: createWasmUpdates(kernels),
    handle: wasmHandle,
  };
}
