/**
 * Worker thread: makes the views of a batch and asks the teacher about them, off the training thread.
 * What it makes depends on (seed, epoch, sample, view) alone, never on which worker or when.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { createRandom, strongView, weakView, type ImageShape } from '../augmentation/index.ts';
import { openImageSource, type ImageSourceHandle } from '../datasets/image-source.ts';
import type { ViewName } from '../distillers/index.ts';
import type { EngineHandle } from '../engines/engine.ts';
import { createEngine } from '../engines/index.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { createFrozenRunner } from '../networks/run-frozen.ts';

export interface ViewWorkerData {
  /** The whole training set. */
  images: ImageSourceHandle;
  shape: ImageShape;
  mean: number[];
  std: number[];
  views: readonly ViewName[];
  seed: number;
  teacher?: FrozenNetwork;
  engine: EngineHandle;
}

export interface ViewRequest {
  epoch: number;
  indices: Uint32Array;
}

export interface ViewReply {
  /** All weak views, then all strong ones: `[views · B, H, W, C]`, normalised. */
  images: Float32Array;
  /** `[views · B, classes]`; absent without a teacher. */
  teacherLogits?: Float32Array;
}

const VIEW_ID: Record<ViewName, number> = { weak: 0, strong: 1 };
const makers = { weak: weakView, strong: strongView };

const { data } = workerData as { data: ViewWorkerData };
const { shape, views, seed } = data;
const source = openImageSource(data.images);
const imageSize = source.imageBytes;
const random = createRandom(0);
const view = new Uint8Array(imageSize);
const lookup = data.mean.map((mean, c) => Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / data.std[c]));

function makeViews({ epoch, indices }: ViewRequest): Float32Array {
  const images = new Float32Array(views.length * indices.length * imageSize);
  let at = 0;
  for (const name of views) {
    for (const index of indices) {
      random.reseed(seed, epoch, index, VIEW_ID[name]);
      makers[name](source.image(index), view, shape, random);
      for (let i = 0; i < imageSize; i++) images[at++] = lookup[i % shape.channels][view[i]];
    }
  }
  return images;
}

const engine = data.teacher ? await createEngine(data.engine) : undefined;
const runner = engine && data.teacher ? createFrozenRunner(engine.tf, data.teacher) : undefined;

function teacherLogits(images: Float32Array, count: number): Float32Array {
  const input = engine!.tf.tensor4d(images, [count, shape.height, shape.width, shape.channels]);
  const logits = runner!.logits(input);
  const values = (logits.dataSync() as Float32Array).slice();
  logits.dispose();
  input.dispose();
  return values;
}

parentPort!.on('message', (request: ViewRequest) => {
  const images = makeViews(request);
  const logits = runner && teacherLogits(images, views.length * request.indices.length);
  const reply: ViewReply = logits ? { images, teacherLogits: logits } : { images };
  parentPort!.postMessage(reply, [images.buffer as ArrayBuffer, ...(logits ? [logits.buffer as ArrayBuffer] : [])]);
});
