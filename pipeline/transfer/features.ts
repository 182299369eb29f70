/** Features of stored images: each passes the frozen backbone once for each fixed view. */
import type { ImageSet } from '../data/sets/index.ts';
import type { Tfjs } from '../engines/engine.ts';
import { modelInput, modelPixels, type ImageSize, type ModelPreprocessing } from '../evaluation/model-input.ts';
import { variantLogits } from '../evaluation/network-logits.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';

/** Fixed views: the image as it is, and its mirror image. */
export type FixedView = 'plain' | 'mirrored';

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
    return modelInput(view === 'mirrored' ? mirrored(pixels, preprocessing) : pixels, preprocessing);
  };
  return (await variantLogits(tf, [backbone], set, input, onImages))[0];
}

/** Left for right: uint8 `[images, height, width, channels]`, a new array. */
export function mirrored(pixels: Uint8Array, { width, channels }: Pick<ImageSize, 'width' | 'channels'>): Uint8Array {
  const out = new Uint8Array(pixels.length);
  const row = width * channels;
  for (let start = 0; start < pixels.length; start += row)
    for (let x = 0; x < width; x++) {
      const from = start + (width - 1 - x) * channels;
      for (let c = 0; c < channels; c++) out[start + x * channels + c] = pixels[from + c];
    }
  return out;
}
