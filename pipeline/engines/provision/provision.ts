import { resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { defaultCacheDir } from '../../support/cache-dir.ts';
import { refuseFailedBefore, rememberFailure } from './cuda-failure.ts';
import { CUDA_WHEELS } from './cuda-wheels.ts';
import { obtainEngine, type EnginePlan } from './engine-cache.ts';
import { engineKey } from './engine-key.ts';
import { localWheel } from './local-wheel.ts';
import { findNvidiaGpu, platformObstacle } from './platform.ts';
import type { OnProgress } from './progress.ts';
import { ProvisionError } from './provision-error.ts';
import { CPU_WHEELS } from './wheels.ts';

export interface ProvisionOptions {
  onProgress?: OnProgress;
  /** Default: {@link defaultCacheDir}. */
  cacheDir?: string;
  /** Use what is cached (or the wheel of `SLD_EDGE_TENSORFLOW_WHEEL`) and download nothing. */
  offline?: boolean;
  /** Default `auto`: CUDA where the machine has an NVIDIA GPU with a driver, else the CPU. */
  device?: 'auto' | 'cpu' | 'cuda';
}

export interface ProvisionedTensorflow {
  /** The compiled binding, for `loadTensorflow`. */
  bindingPath: string;
  cacheDir: string;
  /** Names the engine: versions, platform, device. */
  key: string;
  device: 'cpu' | 'cuda';
  tensorflowVersion: string;
  /** True if it was in the cache already. */
  wasCached: boolean;
  /** Remarks for a person: a device that was left for another, a wheel that is not the pinned one. */
  notes: string[];
}

/**
 * Makes native TensorFlow ready for `@tensorflow/tfjs-node-gpu`: from the cache when it is there (well under 3 s), else
 * downloads the pinned wheel with pip, takes its libraries, compiles the unchanged binding against them, proves the
 * result in a child process, and puts it into the cache by one rename. Safe against a second process and against being killed.
 * @throws ProvisionError with a code and one clear line; what was cached before stays.
 */
export async function provisionTensorflow(options: ProvisionOptions = {}): Promise<ProvisionedTensorflow> {
  const obstacle = platformObstacle();
  if (obstacle) throw new ProvisionError('PLATFORM_UNSUPPORTED', `no native TensorFlow for this machine: ${obstacle}`);
  // Here and not only in loadTensorflow: a worker thread's process.env does not reach the native library.
  if (isMainThread) process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

  const cacheDir = resolve(options.cacheDir ?? defaultCacheDir());
  const local = await localWheel();
  const obtain = async (plan: Pick<EnginePlan, 'device' | 'key' | 'wheels' | 'local'>) => {
    const engine = await obtainEngine({
      ...plan,
      cacheDir,
      offline: options.offline ?? false,
      onProgress: options.onProgress ?? (() => {}),
    });
    return { ...engine, cacheDir, key: plan.key, device: plan.device, notes };
  };
  const notes: string[] = [];
  const wanted = options.device ?? 'auto';
  const gpu = wanted === 'cpu' || (wanted === 'auto' && local) ? null : await findNvidiaGpu();
  if (wanted === 'cuda' && !gpu)
    throw new ProvisionError('PLATFORM_UNSUPPORTED', 'device cuda expects an NVIDIA GPU with a driver, none answers: see nvidia-smi');

  if (gpu) {
    const key = engineKey('cuda');
    try {
      const wheels = CUDA_WHEELS[process.arch];
      if (!wheels) throw new ProvisionError('PLATFORM_UNSUPPORTED', `no CUDA wheels are known for ${process.arch}`);
      if (wanted === 'auto') await refuseFailedBefore(cacheDir, key, gpu.driverVersion);
      return await obtain({ device: 'cuda', key, wheels, local: null });
    } catch (error) {
      if (wanted === 'cuda' || !(error instanceof ProvisionError)) throw error;
      await rememberFailure(cacheDir, key, gpu.driverVersion, error);
      notes.push(`${gpu.name}: the CUDA engine could not be used (${error.message}); TensorFlow runs on the CPU`);
    }
  }
  const pinned = CPU_WHEELS[process.arch];
  const isPinned = local === null || local.sha256 === pinned.sha256;
  if (!isPinned) notes.push(`TensorFlow comes from ${local.path}, SHA-256 ${local.sha256}, which is not the pinned wheel`);
  const key = engineKey('cpu', isPinned ? '' : local.sha256.slice(0, 12));
  return obtain({ device: 'cpu', key, wheels: [pinned], local });
}
