/**
 * A batch worked through in equal parts, one after another, so that a step needs the memory of one part. Parts are of one size, so the
 * mean of their gradients and losses is that of the whole batch but for rounding. Batch norm normalises each part by its own statistics, as
 * each replica does its share; running statistics take the mean of the parts' means and variances.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import { mapResults, tensorsOf, type StepBatch, type StepResults } from './step.ts';

/**
 * Number of images of a part.
 * @param images of the whole batch, or of a replica's share of it
 * @param most images of a part; 0: no limit
 * @returns the largest divisor of `images` within the limit
 */
export function partSize(images: number, most: number): number {
  if (most === 0 || most >= images) return images;
  let size = most;
  while (images % size !== 0) size--;
  return size;
}

/** The parts of a batch, each with all views of its images, in order. */
export function partsOf(batch: StepBatch, views: number, size: number): StepBatch[] {
  const { images, labels, shares, teacherLogits } = batch;
  const count = labels.length;
  if (size === count) return [batch];
  return Array.from({ length: count / size }, (_, part) => {
    /** The part of `[views · count, …]`. */
    const ofViews = (values: Float32Array): Float32Array => {
      const each = values.length / (views * count);
      const out = new Float32Array(views * size * each);
      for (let view = 0; view < views; view++) {
        const start = view * count + part * size;
        out.set(values.subarray(start * each, (start + size) * each), view * size * each);
      }
      return out;
    };
    return {
      ...batch,
      images: ofViews(images),
      labels: labels.slice(part * size, (part + 1) * size),
      ...(shares && { shares: shares.slice((part * size * shares.length) / count, ((part + 1) * size * shares.length) / count) }),
      ...(teacherLogits && { teacherLogits: ofViews(teacherLogits) }),
      part,
    };
  });
}

/** The mean of results, which are computed part by part; each is disposed once it is added. */
export function meanOfParts(tf: Tfjs, parts: readonly StepBatch[], compute: (part: StepBatch) => StepResults): StepResults {
  let sum = compute(parts[0]);
  if (parts.length === 1) return sum;
  for (const part of parts.slice(1)) {
    const others = tensorsOf(compute(part));
    sum = mapResults(sum, (tensor) => replaced([tensor, others.shift()!], ([a, b]) => tf.add(a, b)));
  }
  return mapResults(sum, (tensor) => replaced([tensor], ([total]) => tf.mul(total, 1 / parts.length)));
}

function replaced(before: Tensor[], compute: (before: Tensor[]) => Tensor): Tensor {
  const after = compute(before);
  for (const tensor of before) tensor.dispose();
  return after;
}
