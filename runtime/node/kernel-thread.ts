import type { Worker } from 'node:worker_threads';
import type { KernelThread } from '../integer/threads/kernel-thread.ts';

/** Module that a worker thread runs as a helper of integer kernels; bundles have it as an entry of its own. */
export const KERNEL_WORKER = new URL('./kernel-worker.ts', import.meta.url);

/** @param worker runs `KERNEL_WORKER`; it does not keep the process alive */
export function nodeKernelThread(worker: Worker): KernelThread {
  return {
    post: (message) => worker.postMessage(message),
    listen(onMessage, onEnd) {
      worker.on('message', onMessage);
      worker.on('error', (error) => onEnd(`a thread has failed: ${error.message}`));
      worker.on('exit', (code) => onEnd(`a thread has ended with code ${code}`));
      // A listener of messages keeps the process alive.
      worker.unref();
    },
    end: () => void worker.terminate(),
  };
}
