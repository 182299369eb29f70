/** Estimates the memory of a training from the shapes of its networks. Factors are measured by `npm run bench:memory` on TensorFlow's CPU. */
import type { Network } from '../../networks/graph.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { freedAfter } from '../../networks/run-frozen.ts';
import { elementCount, trainableCount } from '../../networks/state.ts';
import type { TeacherHandle } from '../../teachers/teacher-handle.ts';
import { partSize } from '../micro-batches.ts';
import type { Training } from '../training.ts';

export interface TrainingMemoryRequest {
  network: Network;
  /** Number of views of an image. */
  views: number;
  batchSize: number;
  /** As of `Recipe.microBatch`. */
  microBatch: number;
  replicas: number;
  /** Absent where no teacher is asked. */
  teacher?: TeacherHandle;
}

export interface TrainingMemory {
  /** Values that layers keep of the images that are worked through at once, or a teacher's pass where that is more, in all replicas. */
  layersBytes: number;
  /** The teachers' weights. */
  teacherBytes: number;
  /** Weights, gradients, the optimizer's state, and what is exchanged. */
  weightsBytes: number;
  /** Views of a batch as pixels and as numbers, and of the batches ahead. */
  viewsBytes: number;
  /** Threads: an engine and a heap each. */
  threadsBytes: number;
  totalBytes: number;
}

const FLOAT_BYTES = 4;
/** Bytes kept of a training pass, over those of all nodes' values: values before biases, and the first passes keep every gradient. */
const KEPT_PER_VALUE = 1.6;
/** Copies of a weight: variable, gradient, sum of gradients, two of the optimizer, and the exchanged ones. */
const COPIES_OF_WEIGHTS = 8;
/** Copies of a frozen weight: in the handle, in the thread that received it, and on the engine. */
const COPIES_OF_FROZEN_WEIGHTS = 3;
/** Bytes of a view's value: pixels, numbers, the part of them, and their copies on the engine and for the teacher. */
const BYTES_PER_VIEW_VALUE = 18;
const THREAD_BYTES = 90e6;

/** @returns bytes beside those that the process holds before it trains */
export function trainingMemory({ network, views, batchSize, microBatch, replicas, teacher }: TrainingMemoryRequest): TrainingMemory {
  const share = batchSize / replicas;
  const values = network.nodes.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const asked = teacher?.kind === 'network' ? teacher.network : undefined;
  // The teacher has answered before the student begins.
  const keptValues = KEPT_PER_VALUE * values * partSize(share, microBatch);
  const passValues = asked ? largestHeld(asked) * share : 0;
  const layersBytes = FLOAT_BYTES * views * replicas * Math.max(keptValues, passValues);
  const teacherBytes = asked ? replicas * FLOAT_BYTES * COPIES_OF_FROZEN_WEIGHTS * weightsOf(asked) : 0;
  const weightsBytes = COPIES_OF_WEIGHTS * FLOAT_BYTES * trainableCount(network) * replicas;
  const { height, width, channels } = network.inputShape;
  const viewsBytes = BYTES_PER_VIEW_VALUE * height * width * channels * views * batchSize;
  const threadsBytes = THREAD_BYTES * (replicas > 1 ? replicas - 1 : 1);
  const totalBytes = layersBytes + teacherBytes + weightsBytes + viewsBytes + threadsBytes;
  return { layersBytes, teacherBytes, weightsBytes, viewsBytes, threadsBytes, totalBytes };
}

/** The memory of a training as its record states it. */
export const memoryOfTraining = ({ network, views, recipe, replicas, teacher }: Training): TrainingMemory =>
  trainingMemory({
    network,
    views: views.length,
    batchSize: recipe.batchSize,
    microBatch: recipe.microBatch,
    replicas,
    ...(teacher && { teacher }),
  });

const weightsOf = ({ nodes }: FrozenNetwork): number =>
  nodes.reduce((sum, { constants }) => sum + Object.values(constants).reduce((own, { data }) => own + data.length, 0), 0);

/** Largest number of an image's values that a pass of a frozen network holds at once. A layer's own intermediates count as another output. */
export function largestHeld(network: FrozenNetwork): number {
  const freed = freedAfter(network);
  const sizeOf = new Map(network.nodes.map(({ name, shape }) => [name, elementCount(shape)]));
  let held = 0;
  let largest = 0;
  network.nodes.forEach(({ name }, i) => {
    held += sizeOf.get(name)!;
    largest = Math.max(largest, held + sizeOf.get(name)!);
    for (const gone of freed[i]) held -= sizeOf.get(gone)!;
  });
  return largest;
}
