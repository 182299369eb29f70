/** Features of stored images: each passes the frozen backbone once for each fixed view. */
import {
  createRandom,
  flipLeftRight,
  flipsLeftRight,
  flipsUpDown,
  flipUpDown,
  PUBLISHED,
  weakView,
  type Augmentation,
  type ByteImage,
  type Flip,
  type ImageShape,
  type Random,
  type ResizedCrop,
} from '../data/augmentation/index.ts';
import type { ImageSet } from '../data/sets/index.ts';
import type { Tfjs } from '../engines/engine.ts';
import { modelInput, modelPixels, type ModelPreprocessing } from '../evaluation/model-input.ts';
import { variantLogits } from '../evaluation/network-logits.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';

/** A fixed view of each image: as it is, a mirror image, or a random resized crop. */
export type FixedView =
  | { kind: 'whole'; leftRight: boolean; upDown: boolean }
  | { kind: 'crop'; crop: ResizedCrop; flip: Flip; keys: readonly [seed: number, draw: number] };

export const PLAIN: FixedView = { kind: 'whole', leftRight: false, upDown: false };

/** First key of the crops' random stream, apart from those of training's views. */
const CROP_STREAM = 0x2c40;

/** The image as it is, first, and every mirror image that training may see; with resized crops twice as many of these besides. */
export function fixedViews({ flip, resizedCrop }: Pick<Augmentation, 'flip' | 'resizedCrop'>, seed: number): FixedView[] {
  const whole = [false, ...(flipsUpDown(flip) ? [true] : [])].flatMap((upDown) =>
    [false, ...(flipsLeftRight(flip) ? [true] : [])].map((leftRight): FixedView => ({ kind: 'whole', leftRight, upDown })),
  );
  if (!resizedCrop) return whole;
  return [...whole, ...[...whole, ...whole].map((_, draw): FixedView => ({ kind: 'crop', crop: resizedCrop, flip, keys: [seed, draw] }))];
}

export interface FeatureSource {
  tf: Tfjs;
  /** A backbone (`featureNetwork`). */
  backbone: FrozenNetwork;
  /** Shape of the stored images. */
  stored: ImageShape;
  preprocessing: ModelPreprocessing;
}

/**
 * @param onImages told how many images passed since it was told last
 * @returns `[images, features]`
 */
export async function featuresOf(
  { tf, backbone, stored, preprocessing }: FeatureSource,
  set: ImageSet,
  view: FixedView,
  onImages: (count: number) => void = () => {},
): Promise<Float32Array> {
  const random = createRandom(0);
  const range = (start: number, end: number): Uint8Array => {
    if (view === PLAIN) return set.images.range(start, end);
    const from = view.kind === 'crop' && set.larger ? set.larger : { ...stored, images: set.images };
    const size = { height: from.height, width: from.width, channels: stored.channels };
    const { imageBytes } = set.images;
    const views = new Uint8Array((end - start) * imageBytes);
    for (let i = start, at = 0; i < end; i++, at += imageBytes)
      makeView(view, { ...size, data: from.images.image(i) }, views.subarray(at, at + imageBytes), stored, random, i);
    return views;
  };
  const input = (pixels: Uint8Array): Float32Array =>
    modelInput(modelPixels(pixels, pixels.length / set.images.imageBytes, stored, preprocessing), preprocessing);
  return (await variantLogits(tf, [backbone], { count: set.count, images: { range } }, input, onImages))[0];
}

/** @param target receives the view, of `shape` */
function makeView(view: FixedView, source: ByteImage, target: Uint8Array, shape: ImageShape, random: Random, index: number): void {
  if (view.kind === 'crop') {
    const { crop, flip, keys } = view;
    random.reseed(CROP_STREAM, ...keys, index);
    weakView(source, target, shape, random, { ...PUBLISHED, flip, resizedCrop: crop });
    return;
  }
  target.set(source.data);
  if (view.leftRight) flipLeftRight(target, shape);
  if (view.upDown) flipUpDown(target, shape);
}
