/** The `wasm` engine: tfjs-backend-wasm in Node. Always there, slow: for machines where nothing native can be had. */
import { registerConvolutionFilterGradient } from './wasm-conv-filter-gradient.ts';
import type { Engine, EngineHandle, Tfjs } from './engine.ts';
import { createPortableOps } from './portable-ops.ts';
import { wasmBinariesFolder } from './wasm-binaries.ts';

export const wasmHandle: EngineHandle = { name: 'wasm', description: 'WebAssembly (XNNPACK, one thread) by @tensorflow/tfjs-backend-wasm 4.22.0' };

export async function createWasmEngine(): Promise<Engine> {
  // The union package: it registers the gradients, which the core alone does not.
  const tf = (await import('@tensorflow/tfjs')) as unknown as Tfjs;
  const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(wasmBinariesFolder());
  await tf.setBackend('wasm');
  await tf.ready();
  registerConvolutionFilterGradient(tf);
  return { name: 'wasm', description: wasmHandle.description, tf, ops: createPortableOps(tf), handle: wasmHandle };
}
