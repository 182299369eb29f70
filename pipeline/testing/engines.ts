/**
 * Training engines for tests: `wasm` always, `tensorflow` where it lies in the cache already, `webgpu` if there is a driver. Nothing is
 * ever downloaded.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, EngineHandle } from '../engines/engine.ts';
import { createWasmEngine } from '../engines/wasm.ts';
import { createTensorflowEngine } from '../engines/tensorflow.ts';
import { createWebgpuEngine } from '../engines/webgpu.ts';
import { openAdapter } from '../engines/webgpu/dawn.ts';
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

const CHROMIUM_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json';

/**
 * Reason why the `webgpu` engine can't be tested here; empty if it can. Tests use the GPU, or Chromium's driver in software, which this
 * process is then pointed to.
 */
export async function softwareWebgpu(): Promise<{ missing: string }> {
  if (process.platform === 'linux' && !process.env.VK_DRIVER_FILES && existsSync(CHROMIUM_DRIVER))
    process.env.VK_DRIVER_FILES = CHROMIUM_DRIVER;
  return openAdapter().then(
    () => ({ missing: '' }),
    (error: unknown) => ({ missing: ` [skipped: ${(error as Error).message}]` }),
  );
}

export const webgpuEngine = (): Promise<Engine> => createWebgpuEngine({ name: 'webgpu', description: 'WebGPU of the test' });
