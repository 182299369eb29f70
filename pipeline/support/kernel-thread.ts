import { KERNEL_WORKER, nodeKernelThread } from '@sld-edge/runtime/node';
import { startThread } from './thread.ts';

/** Starts a helper thread of integer kernels. */
export const startKernelThread = () => nodeKernelThread(startThread(KERNEL_WORKER, undefined));
