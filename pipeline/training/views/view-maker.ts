/**
 * Makes the views of a batch and asks the teacher about them. What it makes depends on the view's keys (`view-keys.ts`)
 * and the sample alone, never on the thread or when.
 */
import { createRandom, drawMix, mixInto, strongView, weakView } from '../../data/augmentation/index.ts';
import { openImageSet } from '../../data/sets/image-set.ts';
import type { ViewName } from '../../distillers/index.ts';
import type { Engine, EngineHandle } from '../../engines/engine.ts';
import { modelPixels, type ImageSize } from '../../evaluation/model-input.ts';
import { openTeacherRunner } from '../../teachers/runner.ts';
import type { Views } from '../training.ts';
import { openLogitCache } from './logit-cache.ts';
import { viewKeys } from './view-keys.ts';

export interface ViewRequest {
  epoch: number;
  indices: Uint32Array;
  /** Views of which only the teacher's logits are wanted, for filling the cache. */
  teacherOnly?: readonly ViewName[];
}

export interface ViewReply {
  /** All weak views, then all strong ones: `[views · B, H, W, C]`, normalised; empty where only the teacher was wanted. */
  images: Float32Array;
  /** `[views · B, classes]`; absent without a teacher. */
  teacherLogits?: Float32Array;
}

export interface ViewMaker {
  make(request: ViewRequest): Promise<ViewReply>;
  close(): Promise<void>;
}

const makers = { weak: weakView, strong: strongView };

/** The mix of a sample in an epoch, all of its views alike; undefined where pictures are not mixed. */
export function pictureMixOf(
  { seed, viewSets, augmentation }: Pick<Views, 'seed' | 'viewSets' | 'augmentation'>,
  count: number,
  shape: ImageSize,
  epoch: number,
  sample: number,
): ReturnType<typeof drawMix> | undefined {
  return (
    augmentation.mixing && drawMix(augmentation.mixing, count, shape, createRandom(...viewKeys({ seed, epoch, viewSets }, sample, 'mix')))
  );
}

/**
 * @param engine where a teacher that is one of our networks computes, or how to start it in this thread
 * @throws Error in one line where the teacher can't be opened
 */
export async function openViewMaker(data: Views, engine: Engine | EngineHandle = data.engine): Promise<ViewMaker> {
  const { preprocessing, stored: shape = preprocessing, seed, viewSets, augmentation } = data;
  const train = openImageSet(data.train);
  const { height, width, images: source } = train.larger ?? { ...shape, images: train.images };
  const imageSize = train.images.imageBytes;
  const partner = new Uint8Array(imageSize);
  const random = createRandom(0);
  const { channels, mean, std } = preprocessing;
  const lookup = mean.map((mean, c) => Float32Array.from({ length: 256 }, (_, value) => (value / 255 - mean) / std[c]));

  const cache = data.teacherCache && openLogitCache(data.teacherCache);
  const runner = data.teacher && !cache ? await openTeacherRunner(data.teacher, engine) : undefined;

  function makeView(index: number, name: ViewName, epoch: number, target: Uint8Array): void {
    random.reseed(...viewKeys({ seed, epoch, viewSets }, index, name));
    makers[name]({ height, width, channels: shape.channels, data: source.image(index) }, target, shape, random, augmentation);
  }

  /** uint8 `[views · B, H, W, C]` */
  function makeViews(views: readonly ViewName[], { epoch, indices }: ViewRequest): Uint8Array {
    const pixels = new Uint8Array(views.length * indices.length * imageSize);
    let at = 0;
    for (const name of views) {
      for (const index of indices) {
        const view = pixels.subarray(at, at + imageSize);
        makeView(index, name, epoch, view);
        const mix = pictureMixOf(data, train.count, shape, epoch, index);
        if (mix) {
          // The view that the other picture has by itself.
          makeView(mix.partner, name, epoch, partner);
          mixInto(view, partner, shape, mix);
        }
        at += imageSize;
      }
    }
    return pixels;
  }

  function normalised(pixels: Uint8Array): Float32Array {
    const images = new Float32Array(pixels.length);
    for (let i = 0; i < images.length; i++) images[i] = lookup[i % channels][pixels[i]];
    return images;
  }

  return {
    async make(request) {
      const views = request.teacherOnly ?? data.views;
      const count = views.length * request.indices.length;
      const pixels = makeViews(views, request);
      const images = request.teacherOnly ? new Float32Array(0) : normalised(modelPixels(pixels, count, shape, preprocessing));
      const teacherLogits = cache
        ? cache.read(request.epoch, views, request.indices)
        : runner && (await runner.logits(modelPixels(pixels, count, shape, data.teacher!.preprocessing), count));
      return teacherLogits ? { images, teacherLogits } : { images };
    },
    async close() {
      cache?.close();
      await runner?.dispose();
    },
  };
}
