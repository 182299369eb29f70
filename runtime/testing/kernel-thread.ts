import { buildSync } from 'esbuild';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { KernelThread } from '../integer/threads/kernel-thread.ts';
import { KERNEL_WORKER, nodeKernelThread } from '../node/kernel-thread.ts';

let bundle: string | undefined;

/** Starts a helper thread of integer kernels as JavaScript: a loader of TypeScript takes a second in each. */
export function startKernelThread(): KernelThread {
  bundle ??= buildSync({
    entryPoints: [fileURLToPath(KERNEL_WORKER)],
    bundle: true,
    platform: 'node',
    format: 'cjs',
    write: false,
  }).outputFiles[0].text;
  return nodeKernelThread(new Worker(bundle, { eval: true }));
}
