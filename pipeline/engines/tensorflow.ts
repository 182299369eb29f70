/** The `tensorflow` engine: tfjs-node-gpu on a native TensorFlow that `provision/` has put into the cache. */
import type { Engine, EngineHandle, Tfjs } from './engine.ts';
import { loadTensorflow, provisionTensorflow, type ProvisionProgress } from './provision/index.ts';
import { registerFusedConv2d } from './tensorflow-fused-conv.ts';
import type { NativeBackend } from './tensorflow-native.ts';
import { createTensorflowOps } from './tensorflow-ops.ts';
import { traceOps } from './tensorflow-trace.ts';
import { createHostUpdates } from './tensorflow-updates.ts';

/** Provisions where needed (minutes, the first time). @throws ProvisionError in one line. */
export async function prepareTensorflow(onProgress?: (progress: ProvisionProgress) => void, coresPerOp?: number): Promise<EngineHandle> {
  const { bindingPath, device, tensorflowVersion, notes } = await provisionTensorflow({ onProgress });
  return {
    name: 'tensorflow',
    bindingPath,
    description: `TensorFlow ${tensorflowVersion} (${device}) by @tensorflow/tfjs-node-gpu 4.22.0`,
    coresPerOp,
    ...(device === 'cuda' && { gpu: true }),
    notes,
  };
}

export function createTensorflowEngine(handle: EngineHandle): Engine {
  // TensorFlow reads it once a process, when it makes its first device.
  if (handle.coresPerOp) process.env.TF_NUM_INTRAOP_THREADS ??= String(handle.coresPerOp);
  const tf = loadTensorflow({ bindingPath: handle.bindingPath! }) as unknown as Tfjs;
  registerFusedConv2d(tf);
  const backend = tf.backend() as unknown as NativeBackend;
  return {
    name: 'tensorflow',
    description: handle.description,
    tf,
    ops: createTensorflowOps(tf, !handle.gpu),
    // A GPU's tensors stay there.
    ...(!handle.gpu && { updates: createHostUpdates(backend) }),
    trace: (...computation) => traceOps(backend, ...computation),
    handle,
  };
}
