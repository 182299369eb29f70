import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { assembleEngine } from './assemble.ts';
import { BINDING_FILE } from './build-binding.ts';
import { defaultCacheDir, engineKey } from './cache-location.ts';
import { downloadWheel, findDownloaded } from './download-wheel.ts';
import { LOCAL_WHEEL_VARIABLE, localWheel, type LocalWheel } from './local-wheel.ts';
import { findNvidiaGpu, platformObstacle } from './platform.ts';
import { checkBuildTools, checkDisk, checkPip, findPip } from './prerequisites.ts';
import { probeEngine } from './probe.ts';
import { acquireLock } from './process-lock.ts';
import type { OnProgress } from './progress.ts';
import { ProvisionError } from './provision-error.ts';
import { damagedFiles, processorName, readStamp, writeStamp, type EngineStamp } from './stamp.ts';
import { CPU_WHEELS, CUDA_WHEELS, type PinnedWheel } from './wheels.ts';

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
  /** Whether it was there already. */
  wasCached: boolean;
  /** What a person should be told: a device that was left for another, a wheel that is not the pinned one. */
  notes: string[];
}

interface Plan {
  device: 'cpu' | 'cuda';
  key: string;
  cacheDir: string;
  wheels: readonly PinnedWheel[];
  local: LocalWheel | null;
  offline: boolean;
  onProgress: OnProgress;
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
  const common = { cacheDir, offline: options.offline ?? false, onProgress: options.onProgress ?? (() => {}) };
  const notes: string[] = [];
  const wanted = options.device ?? 'auto';
  const gpu = wanted === 'cpu' || (wanted === 'auto' && local) ? null : await findNvidiaGpu();
  if (wanted === 'cuda' && !gpu) throw new ProvisionError('PLATFORM_UNSUPPORTED', 'device cuda expects an NVIDIA GPU with a driver, none answers: see nvidia-smi');

  if (gpu) {
    const wheels = CUDA_WHEELS[process.arch];
    try {
      if (!wheels) throw new ProvisionError('PLATFORM_UNSUPPORTED', `no CUDA wheels are known for ${process.arch}`);
      return { ...(await provision({ ...common, device: 'cuda', key: engineKey('cuda'), wheels, local: null })), notes };
    } catch (error) {
      if (wanted === 'cuda' || !(error instanceof ProvisionError)) throw error;
      notes.push(`${gpu.name}: the CUDA engine could not be used (${error.message}); TensorFlow runs on the CPU`);
    }
  }
  const pinned = CPU_WHEELS[process.arch];
  const isPinned = local === null || local.sha256 === pinned.sha256;
  if (!isPinned) notes.push(`TensorFlow comes from ${local.path}, SHA-256 ${local.sha256}, which is not the pinned wheel`);
  const key = engineKey('cpu', isPinned ? '' : local.sha256.slice(0, 12));
  return { ...(await provision({ ...common, device: 'cpu', key, wheels: [pinned], local })), notes };
}

async function provision(plan: Plan): Promise<Omit<ProvisionedTensorflow, 'notes'>> {
  const enginesDir = join(plan.cacheDir, 'engines');
  const engineDir = join(enginesDir, plan.key);
  const answer = (stamp: EngineStamp, wasCached: boolean) => {
    plan.onProgress({ stage: 'ready', message: `TensorFlow ${stamp.tensorflowVersion} (${plan.device}) is ready` });
    const { cacheDir, key, device } = plan;
    return { bindingPath: join(engineDir, BINDING_FILE), cacheDir, key, device, tensorflowVersion: stamp.tensorflowVersion, wasCached };
  };

  const cached = await usableStamp(engineDir, plan);
  if (cached) return answer(cached, true);
  await mkdir(enginesDir, { recursive: true });
  const release = await acquireLock(join(enginesDir, `${plan.key}.lock`), (pid) =>
    plan.onProgress({ stage: 'wait', message: `process ${pid} is provisioning this engine: waiting for it` }),
  );
  try {
    const builtByOther = await usableStamp(engineDir, plan);
    if (builtByOther) return answer(builtByOther, true);
    await removeLeftovers(enginesDir, plan.key);
    return answer(await build(plan, engineDir), false);
  } finally {
    await release();
  }
}

/** The stamp of a whole engine that has computed right on this processor; null when there is none. */
async function usableStamp(engineDir: string, plan: Plan): Promise<EngineStamp | null> {
  const stamp = await readStamp(engineDir);
  if (!stamp || stamp.key !== plan.key) return null;
  const damaged = await damagedFiles(engineDir, stamp, { contents: false });
  if (damaged.length > 0) {
    plan.onProgress({ stage: 'build', message: `the cached engine is damaged (${damaged.join(', ')}): building it again` });
    return null;
  }
  if (stamp.provenOn.includes(processorName())) return stamp;
  await prove(engineDir, plan);
  const proven = { ...stamp, provenOn: [...stamp.provenOn, processorName()] };
  await writeStamp(engineDir, proven);
  return proven;
}

async function build(plan: Plan, engineDir: string): Promise<EngineStamp> {
  const downloadsDir = join(plan.cacheDir, 'downloads');
  const kept = plan.local ? [plan.local.path] : await Promise.all(plan.wheels.map((wheel) => findDownloaded(wheel, downloadsDir)));
  const needsDownload = kept.includes(null);
  if (needsDownload && plan.offline) {
    throw new ProvisionError('OFFLINE', `TensorFlow is not in ${plan.cacheDir}: run once with network, or set ${LOCAL_WHEEL_VARIABLE}=/path/to/${wheelFile(plan.wheels[0])}`);
  }
  await requirePrerequisites(plan, needsDownload);

  const workDir = join(plan.cacheDir, 'engines', `.tmp-${plan.key}-${process.pid}-${randomBytes(3).toString('hex')}`);
  const stagingDir = join(workDir, 'engine');
  await mkdir(workDir, { recursive: true });
  try {
    const wheelPaths = plan.local ? [plan.local.path] : await downloadAll(plan, downloadsDir, workDir);
    const files = await assembleEngine(wheelPaths, stagingDir, workDir, plan.onProgress);
    const { tensorflowVersion } = await prove(stagingDir, plan);
    const wheels = plan.local
      ? [{ file: basename(plan.local.path), sha256: plan.local.sha256 }]
      : plan.wheels.map((wheel) => ({ file: wheelFile(wheel), sha256: wheel.sha256 }));
    const stamp: EngineStamp = { formatVersion: 1, key: plan.key, device: plan.device, tensorflowVersion, wheels, files, provenOn: [processorName()] };
    await writeStamp(stagingDir, stamp);
    await rm(engineDir, { recursive: true, force: true });
    await rename(stagingDir, engineDir);
    if (!plan.local) await Promise.all(wheelPaths.map((path) => rm(path, { force: true })));
    return stamp;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function downloadAll(plan: Plan, downloadsDir: string, workDir: string): Promise<string[]> {
  const pip = await findPip();
  const totalBytes = plan.wheels.reduce((sum, wheel) => sum + wheel.bytes, 0);
  const paths: string[] = [];
  let earlierBytes = 0;
  for (const wheel of plan.wheels) {
    const message = `downloading ${wheel.project} ${wheel.version}`;
    const report = (bytes: number) => plan.onProgress({ stage: 'download', message, doneBytes: earlierBytes + bytes, totalBytes });
    paths.push((await findDownloaded(wheel, downloadsDir)) ?? (await downloadWheel(wheel, pip!, downloadsDir, workDir, report)));
    earlierBytes += wheel.bytes;
  }
  return paths;
}

async function requirePrerequisites(plan: Plan, needsDownload: boolean): Promise<void> {
  const rows = [...(await checkBuildTools()), await checkDisk(plan.cacheDir, plan.device), ...(needsDownload ? [await checkPip()] : [])];
  const missing = rows.filter((row) => !row.ok);
  if (missing.length === 0) return;
  const list = missing.map((row) => `${row.name} (${row.command})`).join(', ');
  const onlyDisk = missing.length === 1 && missing[0].name === 'disk space';
  throw new ProvisionError(onlyDisk ? 'DISK_FULL' : 'PREREQUISITES_MISSING', `native TensorFlow needs what this machine lacks: ${list}`);
}

async function prove(engineDir: string, plan: Plan): Promise<{ tensorflowVersion: string }> {
  plan.onProgress({ stage: 'probe', message: 'checking the engine with a known computation' });
  const probe = await probeEngine({ bindingPath: join(engineDir, BINDING_FILE) });
  if (!probe.ok) throw new ProvisionError('PROBE_FAILED', `TensorFlow does not compute here: ${probe.message}`);
  if (plan.device === 'cuda' && !probe.usesGpu) throw new ProvisionError('PROBE_FAILED', 'TensorFlow with CUDA computes, and finds no GPU that it can use: see nvidia-smi for the driver, 525 or later');
  return probe;
}

/** Working folders of processes that were killed. Only under the lock, so none of them is in use. */
async function removeLeftovers(enginesDir: string, key: string): Promise<void> {
  for (const name of await readdir(enginesDir)) {
    if (name.startsWith(`.tmp-${key}-`)) await rm(join(enginesDir, name), { recursive: true, force: true });
  }
}

function wheelFile(wheel: PinnedWheel): string {
  return `${wheel.project.replaceAll('-', '_')}-${wheel.version}-*-${wheel.platformTag}.whl`;
}
