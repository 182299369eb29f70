import type { ByteImage } from '../byte-image.ts';

/** One operation of the strong augmentation: what Pillow's function of that name makes of 8-bit images. */
export interface ImageOperation {
  /** The range of magnitudes that the strong view draws from. */
  min: number;
  max: number;
  /** The magnitude that changes nothing, in or beyond the range; absent: the operation has no magnitude. */
  neutral?: number;
  /**
   * @param image - read only; 3 channels mean Pillow's mode "RGB", 1 means mode "L"
   * @param magnitude - within min…max
   * @param target - receives the result, as many bytes as `image.data` and not the same memory
   */
  apply(image: ByteImage, magnitude: number, target: Uint8Array): void;
}
