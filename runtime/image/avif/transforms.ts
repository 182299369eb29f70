import { AppError } from '../../errors/catalogue.ts';
import type { ByteReader } from '../inspect/byte-reader.ts';
import type { IsoBox } from '../inspect/iso-boxes.ts';
import { turnUpright, type Orientation } from '../orientation.ts';
import type { RgbImage } from '../rgb-image.ts';

/** Transform of a stored picture that a property states. */
export type AvifTransform = { orientation: Orientation } | { crop: CleanAperture };

/** A window by its size and by how far its middle lies right of and below the picture's, in pixels. */
interface CleanAperture {
  width: number;
  height: number;
  /** Twice the distance, which may be half a pixel. */
  twiceRight: number;
  twiceDown: number;
}

/** Orientations by quarter turns against the clock. */
const ROTATIONS: readonly Orientation[] = [1, 8, 3, 6];
/** Top and bottom exchanged; left and right exchanged. */
const MIRRORINGS: readonly Orientation[] = [4, 2];

/**
 * Reads a rotation, a mirroring (`irot`, `imir`: ISO/IEC 23008-12, 6.5.10 and 6.5.12) or a crop (`clap`: ISO/IEC
 * 14496-12, 12.1.4, of four fractions).
 *
 * @throws AppError IMAGE_UNDECODABLE if a crop is not one of whole pixels, as MIAF (ISO/IEC 23000-22, 7.3.6.7) demands:
 *   decoders round otherwise
 */
export function readTransform(reader: ByteReader, { type, start, end }: IsoBox): AvifTransform {
  if (type === 'irot') return { orientation: ROTATIONS[reader.u8(start) & 3] };
  if (type === 'imir') return { orientation: MIRRORINGS[reader.u8(start) & 1] };
  if (end < start + 32) throw reader.damaged();
  // The distances have a sign; doubles hold their double exactly.
  const quotient = (at: number, factor: number, signed: boolean): number => {
    const numerator = reader.u32(at, false);
    const value = (factor * (signed ? numerator | 0 : numerator)) / reader.u32(at + 4, false);
    if (!Number.isInteger(value)) throw reader.damaged();
    return value;
  };
  return {
    crop: {
      width: quotient(start, 1, false),
      height: quotient(start + 8, 1, false),
      twiceRight: quotient(start + 16, 2, true),
      twiceDown: quotient(start + 24, 2, true),
    },
  };
}

/**
 * Turns and crops a stored picture as its properties say, in their order.
 *
 * @throws AppError IMAGE_UNDECODABLE if a window begins within a pixel, is empty, or is not within the picture
 */
export function applyTransforms(stored: RgbImage, transforms: readonly AvifTransform[]): RgbImage {
  return transforms.reduce(
    (image, transform) => ('crop' in transform ? crop(image, transform.crop) : turnUpright(image, transform.orientation)),
    stored,
  );
}

function crop(image: RgbImage, { width, height, twiceRight, twiceDown }: CleanAperture): RgbImage {
  const left = (image.width - width + twiceRight) / 2;
  const top = (image.height - height + twiceDown) / 2;
  const isWithin = width > 0 && height > 0 && left >= 0 && top >= 0 && left + width <= image.width && top + height <= image.height;
  if (!isWithin || !Number.isInteger(left) || !Number.isInteger(top)) throw new AppError('IMAGE_UNDECODABLE', { format: 'AVIF' });
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { width, height, data };
}
