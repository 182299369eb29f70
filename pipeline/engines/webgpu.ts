/**
 * The `webgpu` engine: tfjs-backend-webgpu on Dawn (the npm package `webgpu`): any GPU with a current driver, no CUDA.
 * It cannot be read synchronously: everything that may run on it reads with `await tensor.data()`.
 */
import { createBackend } from './webgpu/backend.ts';
import { openAdapter } from './webgpu/dawn.ts';
import { createWebgpuUpdates } from './webgpu/in-place-updates.ts';
import { probeWebgpu } from './webgpu/probe.ts';
import type { Engine, EngineHandle, Tfjs } from './engine.ts';
import { createWebgpuOps } from './webgpu-ops.ts';

/** Steps between two reads of the losses: so many that the wait does not count, so few that a training that diverges is stopped soon. */
const STEPS_PER_READ = 20;

const LIBRARY = 'Dawn by webgpu 0.6.2, @tensorflow/tfjs-backend-webgpu 4.22.0';

/** Tries it in a child process first: a driver may end the process that loads it. @throws Error in one line. */
export async function prepareWebgpu(): Promise<EngineHandle> {
  const { ok, message, adapter } = await probeWebgpu();
  if (!ok) throw new Error(message);
  const { description, software } = adapter!;
  return {
    name: 'webgpu',
    gpu: true,
    description: `WebGPU on ${description}${software ? ', software' : ''} (${LIBRARY})`,
    ...(software && {
      onlyByName: `${description} computes in software, slower than the engines after it; --engine webgpu takes it nevertheless`,
    }),
  };
}

export async function createWebgpuEngine(handle: EngineHandle): Promise<Engine> {
  // The union package: it registers the gradients, which the core alone does not.
  const tf = (await import('@tensorflow/tfjs')) as unknown as Tfjs;
  const { adapter } = await openAdapter();
  const backend = await createBackend(tf, adapter);
  return {
    name: 'webgpu',
    description: handle.description,
    tf,
    ops: createWebgpuOps(tf, backend),
    updates: createWebgpuUpdates(tf, backend),
    handle,
    stepsPerRead: STEPS_PER_READ,
    counts: backend.counts,
  };
}
