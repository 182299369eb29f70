/** The part of a batch that memory has room for. */
import { totalmem } from 'node:os';
import { partSize } from '../micro-batches.ts';
import { trainingMemory, type TrainingMemoryRequest } from './training-memory.ts';

/** Share of the machine's memory that a training may take by itself; the rest is for the process and for others. */
export const MEMORY_SHARE = 0.5;

/** Bytes of memory of this machine, or of its container where that has a limit. The same at every start, because the parts of a batch follow from it. */
export function memoryLimit(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(totalmem(), constrained) : totalmem();
}

export const gigabytes = (bytes: number): string => `${Number((bytes / 1e9).toPrecision(2))} GB`;

/**
 * Number of images that a replica works through at once, as of `Recipe.microBatch`: what is stated, else all of its share where that fits,
 * else the largest divisor of the share that does.
 * @param limit bytes of memory
 * @returns 0: the whole share
 * @throws Error in one line where one image at a time does not fit
 */
export function microBatchFor(request: TrainingMemoryRequest, limit: number): number {
  if (request.microBatch > 0) return request.microBatch;
  const share = request.batchSize / request.replicas;
  const needed = (microBatch: number): number => trainingMemory({ ...request, microBatch }).totalBytes;
  if (needed(0) <= MEMORY_SHARE * limit) return 0;
  for (let size = partSize(share, share - 1 || 1); size > 1; size = partSize(share, size - 1))
    if (needed(size) <= MEMORY_SHARE * limit) return size;
  if (needed(1) <= MEMORY_SHARE * limit) return 1;
  const { height, width } = request.network.inputShape;
  const fewer = request.replicas > 1 ? ' --replicas 1,' : '';
  throw new Error(
    `training ${request.network.name} at ${width}x${height} needs ${gigabytes(needed(1))} even one image at a time, and may take ${gigabytes(MEMORY_SHARE * limit)}, half of the memory here:${fewer} --batch-size ${Math.max(2, request.batchSize / 2)} or smaller images (--image-size) need less; --micro-batch 1 tries it nevertheless`,
  );
}
