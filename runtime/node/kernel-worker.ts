/** A helper thread of integer kernels in Node: what `nodeKernelThread` runs. */
import { parentPort } from 'node:worker_threads';
import { serveKernels } from '../integer/threads/serve-kernels.ts';

serveKernels({ post: (message) => parentPort!.postMessage(message), listen: (onMessage) => void parentPort!.on('message', onMessage) });
