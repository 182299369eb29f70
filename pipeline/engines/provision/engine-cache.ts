import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { assembleEngine } from './assemble.ts';
import { BINDING_FILE } from './build-binding.ts';
import { downloadWheel, findDownloaded } from './download-wheel.ts';
import { LOCAL_WHEEL_VARIABLE, type LocalWheel } from './local-wheel.ts';
import { checkBuildTools, checkDisk, checkPip, findPip } from './prerequisites.ts';
import { probeEngine } from './probe.ts';
import { acquireLock, type FileLock } from '../../support/file-lock.ts';
import type { OnProgress } from './progress.ts';
import { ProvisionError } from './provision-error.ts';
import { damagedFiles, processorName, readStamp, writeStamp, type EngineStamp } from './stamp.ts';
import type { PinnedWheel } from './wheels.ts';

/** One engine to have in the cache: its name there, and what it is made of. */
export interface EnginePlan {
  device: 'cpu' | 'cuda';
  key: string;
  cacheDir: string;
  wheels: readonly PinnedWheel[];
  local: LocalWheel | null;
  offline: boolean;
  onProgress: OnProgress;
}

/** An engine that is whole and has computed right on this processor. */
export interface ObtainedEngine {
  bindingPath: string;
  tensorflowVersion: string;
  wasCached: boolean;
}

/**
 * The engine of a plan, from the cache or built now.
 * @throws ProvisionError; what was cached before stays.
 */
export async function obtainEngine(plan: EnginePlan): Promise<ObtainedEngine> {
  const enginesDir = join(plan.cacheDir, 'engines');
  const engineDir = join(enginesDir, plan.key);
  const answer = (stamp: EngineStamp, wasCached: boolean): ObtainedEngine => {
    plan.onProgress({ stage: 'ready', message: `TensorFlow ${stamp.tensorflowVersion} (${plan.device}) is ready` });
    return { bindingPath: join(engineDir, BINDING_FILE), tensorflowVersion: stamp.tensorflowVersion, wasCached };
  };

  const cached = await usableStamp(engineDir, plan);
  if (cached) return answer(cached, true);
  await mkdir(enginesDir, { recursive: true });
  await using lock = await acquireLock(join(enginesDir, `${plan.key}.lock`), {
    onWait: (holder) => plan.onProgress({ stage: 'wait', message: `${holder} has begun to provision this engine: waiting for it` }),
  });
  const builtByOther = await usableStamp(engineDir, plan);
  if (builtByOther) return answer(builtByOther, true);
  const stamp = await readStamp(engineDir);
  const damaged = stamp ? await damagedFiles(engineDir, stamp, { contents: false }) : [];
  if (damaged.length > 0)
    plan.onProgress({ stage: 'build', message: `the cached engine is damaged (${damaged.join(', ')}): it is built again` });
  await removeLeftovers(enginesDir, plan.key);
  return answer(await build(plan, engineDir, lock), false);
}

/** The stamp of a whole engine that has computed right on this processor; null when there is none. */
async function usableStamp(engineDir: string, plan: EnginePlan): Promise<EngineStamp | null> {
  const stamp = await readStamp(engineDir);
  if (!stamp || stamp.key !== plan.key) return null;
  if ((await damagedFiles(engineDir, stamp, { contents: false })).length > 0) return null;
  if (stamp.provenOn.includes(processorName())) return stamp;
  await prove(engineDir, plan);
  const proven = { ...stamp, provenOn: [...stamp.provenOn, processorName()] };
  writeStamp(engineDir, proven);
  return proven;
}

async function build(plan: EnginePlan, engineDir: string, lock: FileLock): Promise<EngineStamp> {
  const downloadsDir = join(plan.cacheDir, 'downloads');
  const kept = plan.local ? [plan.local.path] : await Promise.all(plan.wheels.map((wheel) => findDownloaded(wheel, downloadsDir)));
  const needsDownload = kept.includes(null);
  if (needsDownload && plan.offline) {
    throw new ProvisionError(
      'OFFLINE',
      `TensorFlow is not in ${plan.cacheDir}: run once with network, or set ${LOCAL_WHEEL_VARIABLE}=/path/to/${wheelFile(plan.wheels[0])}`,
    );
  }
  await requirePrerequisites(plan, needsDownload);

  const workDir = join(plan.cacheDir, 'engines', `.tmp-${plan.key}-${randomBytes(8).toString('hex')}`);
  const stagingDir = join(workDir, 'engine');
  await mkdir(workDir, { recursive: true });
  try {
    const wheelPaths = plan.local ? [plan.local.path] : await downloadAll(plan, downloadsDir, workDir);
    const files = await assembleEngine(wheelPaths, stagingDir, workDir, plan.onProgress);
    const { tensorflowVersion } = await prove(stagingDir, plan);
    const wheels = plan.local
      ? [{ file: basename(plan.local.path), sha256: plan.local.sha256 }]
      : plan.wheels.map((wheel) => ({ file: wheelFile(wheel), sha256: wheel.sha256 }));
    const stamp: EngineStamp = {
      formatVersion: 1,
      key: plan.key,
      device: plan.device,
      tensorflowVersion,
      wheels,
      files,
      provenOn: [processorName()],
    };
    writeStamp(stagingDir, stamp);
    lock.assertHeld();
    await rm(engineDir, { recursive: true, force: true });
    await rename(stagingDir, engineDir);
    if (!plan.local) await Promise.all(wheelPaths.map((path) => rm(path, { force: true })));
    return stamp;
  } finally {
    await rm(workDir, { recursive: true, force: true });
  }
}

async function downloadAll(plan: EnginePlan, downloadsDir: string, workDir: string): Promise<string[]> {
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

async function requirePrerequisites(plan: EnginePlan, needsDownload: boolean): Promise<void> {
  const rows = [...(await checkBuildTools()), await checkDisk(plan.cacheDir, plan.device), ...(needsDownload ? [await checkPip()] : [])];
  const missing = rows.filter((row) => !row.ok);
  if (missing.length === 0) return;
  const list = missing.map((row) => `${row.name} (${row.command})`).join(', ');
  const onlyDisk = missing.length === 1 && missing[0].name === 'disk space';
  throw new ProvisionError(onlyDisk ? 'DISK_FULL' : 'PREREQUISITES_MISSING', `native TensorFlow needs what this machine lacks: ${list}`);
}

async function prove(engineDir: string, plan: EnginePlan): Promise<{ tensorflowVersion: string }> {
  plan.onProgress({ stage: 'probe', message: 'checking the engine with a known computation' });
  const probe = await probeEngine({ bindingPath: join(engineDir, BINDING_FILE) });
  if (!probe.ok) throw new ProvisionError('PROBE_FAILED', `TensorFlow does not compute here: ${probe.message}`);
  if (plan.device === 'cuda' && !probe.usesGpu)
    throw new ProvisionError(
      'PROBE_FAILED',
      'TensorFlow with CUDA computes, and finds no GPU that it can use: see nvidia-smi for the driver, 525 or later',
    );
  return probe;
}

/** Removes the working folders of processes that were killed: whoever holds the lock works here alone. */
async function removeLeftovers(enginesDir: string, key: string): Promise<void> {
  const leftovers = (await readdir(enginesDir)).filter((name) => name.startsWith(`.tmp-${key}-`));
  for (const name of leftovers) await rm(join(enginesDir, name), { recursive: true, force: true });
}

function wheelFile(wheel: PinnedWheel): string {
  return `${wheel.project.replaceAll('-', '_')}-${wheel.version}-*-${wheel.platformTags[0]}.whl`;
}
