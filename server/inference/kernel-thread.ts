import { Worker } from 'node:worker_threads';
import { KERNEL_WORKER, nodeKernelThread } from '@sld-edge/runtime/node';

/** Starts a helper thread of integer kernels: `kernel-worker.js` beside the bundle, or the runtime's module where the sources run. */
export const startKernelThread = () =>
  nodeKernelThread(new Worker(import.meta.url.endsWith('.ts') ? KERNEL_WORKER : new URL('./kernel-worker.js', import.meta.url)));
