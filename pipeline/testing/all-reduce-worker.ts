/** A member of an all-reduce, for its test: each number it gives depends on the last sum, so a torn or early read shows. */
import { parentPort, workerData } from 'node:worker_threads';
import { joinAllReduce, type AllReduceHandle } from '../training/parallel/all-reduce.ts';

interface Data {
  handle: AllReduceHandle;
  rank: number;
  steps: number;
  length: number;
}

const { handle, rank, steps, length } = (workerData as { data: Data }).data;
parentPort!.ref();
const member = joinAllReduce(handle, rank);
let carried = 0;
let sum: ArrayLike<number> = [];
for (let step = 1; step <= steps; step++) {
  for (let i = 0; i < length; i++) member.slot[i] = step * (rank + 1) + i + carried;
  sum = await member.sum(length);
  for (let i = 0; i < length; i++) if (sum[i] !== sum[0] + 3 * i) throw new Error(`step ${step}, number ${i}`);
  carried = sum[0] % 7;
}
parentPort!.postMessage(sum[0]);
process.exit();
