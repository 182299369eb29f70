/**
 * Training engines for tests: `wasm` always, `tensorflow` where it lies in the cache already, `webgpu` if there is a driver
 * (`software-webgpu.ts`). Nothing is ever downloaded.
 */
import { join } from 'node:path';
import type { Engine, EngineHandle } from '../engines/engine.ts';
import { createWasmEngine } from '../engines/wasm.ts';
import { createTensorflowEngine } from '../engines/tensorflow.ts';
import { createWebgpuEngine } from '../engines/webgpu.ts';
import { BINDING_FILE } from '../engines/provision/build-binding.ts';
import { engineKey } from '../engines/provision/engine-key.ts';
import { damagedFiles, processorName, readStamp } from '../engines/provision/stamp.ts';
import { defaultCacheDir } from '../support/cache-dir.ts';

export const wasmEngine = (): Promise<Engine> => createWasmEngine();

/** The handle of the cached `tensorflow` engine, or why there is none to test. */
export async function cachedTensorflow(): Promise<{ handle: EngineHandle; missing: '' } | { handle?: undefined; missing: string }> {
  const folder = join(defaultCacheDir(), 'engines', engineKey('cpu'));
  const stamp = await readStamp(folder);
  const usable =
    stamp !== null && stamp.provenOn.includes(processorName()) && (await damagedFiles(folder, stamp, { contents: false })).length === 0;
  if (!usable) return { missing: ' [skipped: native TensorFlow is not provisioned on this machine; npm run distill -- --quick does it]' };
  return {
    missing: '',
    handle: { name: 'tensorflow', bindingPath: join(folder, BINDING_FILE), description: `TensorFlow ${stamp.tensorflowVersion}` },
  };
}

export const tensorflowEngine = async (handle: EngineHandle): Promise<Engine> => createTensorflowEngine(handle);

export const webgpuEngine = (): Promise<Engine> => createWebgpuEngine({ name: 'webgpu', description: 'WebGPU of the test' });
