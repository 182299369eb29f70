import type { ImageFormat } from '../image-format.ts';
import type { Coding } from './coding.ts';

/**
 * Bytes a pixel that a decoder holds beside the picture which it gives: measured at 12 megapixels (sharp 0.35.5, libvips
 * 8.18), rounded up. docs/images.md lists what was measured.
 */
const HELD_BYTES_PER_PIXEL: Record<ImageFormat, (coding: Coding) => number> = {
  // Coefficients of 16 bits, and a bit of each while the codes are checked.
  jpeg: ({ whole, codedSamples }) => (whole ? (2 + 1 / 8) * codedSamples : 0),
  png: (coding) => (coding.whole ? storedBytesPerPixel(coding) : 0),
  webp: ({ alpha }) => (alpha ? 8.5 : 7.5),
  gif: () => 5,
  // Samples, twice over, and RGB in two orders; of more than 8 bits in twice the bytes.
  avif: ({ bits, layered }) => (bits > 8 ? 23 : 16) + (layered ? 5 : 0),
  tiff: () => 0,
};

/** Lines that libvips keeps of what it decodes from top to bottom. */
const LINES = 640;
/** Bytes that a picture of any size takes. */
const FIXED_BYTES = 6_000_000;
/** The file itself, without the parts that not all decoders heed, a JPEG's codes while they are checked, and what a decoder reads of it. */
const ENCODED_COPIES = 4;

/**
 * The memory that decoding a picture takes at its peak, until it is 8-bit RGB, in bytes. An upper bound of what sharp takes;
 * browsers' decoders have not been measured, and are held to the same.
 */
export function decodingBytesOf(coding: Coding): number {
  const { width, height, encodedBytes, alpha, bits, profile, turned, pieceBytes } = coding;
  const pixels = width * height;
  const picture = pixels * (alpha ? 4 : 3);
  const held = pixels * HELD_BYTES_PER_PIXEL[coding.format](coding) + 2 * pieceBytes;
  // Reduced to 8 bits, and handed on as a file with the profile, before the picture is made of it.
  const reduced = profile && bits > 8 && coding.format !== 'avif' ? 2 * picture : 0;
  const afterwards = turned ? picture : 0;
  const beside = reduced > 0 ? Math.max(held, reduced) + afterwards : Math.max(held, afterwards);
  const lines = width * Math.min(height, LINES) * Math.max(3, storedBytesPerPixel(coding));
  return Math.ceil(FIXED_BYTES + ENCODED_COPIES * encodedBytes + lines + picture + beside);
}

function storedBytesPerPixel({ channels, bits }: Coding): number {
  return (channels * bits) / 8;
}
