/** Entry of worker threads: teaches the thread TypeScript (tsx does that for main threads only), then runs its module. */
import { workerData } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

register();
await import(workerData.module);
