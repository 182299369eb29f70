/** Features of stored images: each passes the frozen backbone once for each fixed view. */
import { flipLeftRight, flipsLeftRight, flipsUpDown, flipUpDown, type Flip } from '../data/augmentation/index.ts';
import type { ImageSet } from '../data/sets/index.ts';
import type { Tfjs } from '../engines/engine.ts';
import { modelInput, modelPixels, type ImageSize, type ModelPreprocessing } from '../evaluation/model-input.ts';
import { variantLogits } from '../evaluation/network-logits.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';

/** A fixed view: the image as it is, or a mirror image of it. */
export interface FixedView {
  leftRight: boolean;
  upDown: boolean;
}

export const PLAIN: FixedView = { leftRight: false, upDown: false };

/** The image as it is, first, and every mirror image of it that training may see. */
export const fixedViews = (flip: Flip): FixedView[] =>
  [false, ...(flipsUpDown(flip) ? [true] : [])].flatMap((upDown) =>
    [false, ...(flipsLeftRight(flip) ? [true] : [])].map((leftRight) => ({ leftRight, upDown })),
  );

export interface FeatureSource {
  tf: Tfjs;
  /** A backbone (`featureNetwork`). */
  backbone: FrozenNetwork;
  /** Size of the stored images. */
  stored: ImageSize;
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
  const input = (stored8: Uint8Array): Float32Array => {
    const pixels = modelPixels(stored8, stored8.length / set.images.imageBytes, stored, preprocessing);
    return modelInput(mirrored(pixels, preprocessing, view), preprocessing);
  };
  return (await variantLogits(tf, [backbone], set, input, onImages))[0];
}

/** The same view of each image: uint8 `[images, height, width, channels]`; a new array where there is a mirror image. */
function mirrored(pixels: Uint8Array, size: ImageSize, { leftRight, upDown }: FixedView): Uint8Array {
  if (!leftRight && !upDown) return pixels;
  const out = pixels.slice();
  const imageBytes = size.height * size.width * size.channels;
  for (let start = 0; start < out.length; start += imageBytes) {
    const image = out.subarray(start, start + imageBytes);
    if (leftRight) flipLeftRight(image, size);
    if (upDown) flipUpDown(image, size);
  }
  return out;
}
