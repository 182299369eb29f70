import type { ColourCoding } from './matrix.ts';
import { readAvifMetadata } from './metadata.ts';

/** An AVIF taken apart, so that a decoder converts nothing: files of the same length, with the same coded pictures. */
export interface AvifLayers {
  /** The picture without alpha and without its ICC profile. */
  colour: Uint8Array<ArrayBuffer>;
  profile?: Uint8Array;
  /** The alpha plane as a grey picture of full range, as its samples are meant whatever they are said to be. */
  alpha?: Uint8Array<ArrayBuffer>;
  /** True if the colours are multiplied by the alpha already. */
  premultiplied: boolean;
  /** Coding of the samples, which not every decoder tells. */
  coding?: ColourCoding;
}

/** `colr` of type `nclx` (ISO/IEC 14496-12, 12.1.5): primaries of BT.709, transfer of sRGB, matrix of BT.601, full range. */
const FULL_RANGE = [...ascii('nclx'), 0, 1, 0, 13, 0, 6, 0x80];

/**
 * Takes apart an AVIF by changing boxes where they stand: no byte moves, so that all offsets hold and tiles stay where
 * they are.
 * - Without its profile: the colour box becomes `free`. (A colour box of an unknown kind makes libheif refuse the file.)
 * - Without alpha: the reference from the alpha's item to the picture's becomes a `skip`.
 * - The alpha as a picture: that, the alpha's item becomes the primary one, and the property that calls it an alpha
 *   plane becomes a colour box of full range.
 *
 * @param bytes - what `inspectImage` has let through as AVIF
 * @param metadata - the file's, where they were read already
 * @returns undefined for a sequence of frames with a profile or alpha: they lie elsewhere too
 * @throws AppError IMAGE_UNDECODABLE, IMAGE_TRUNCATED if boxes contradict themselves
 */
export function avifLayers(bytes: Uint8Array<ArrayBuffer>, metadata = readAvifMetadata(bytes)): AvifLayers | undefined {
  if (!metadata) return undefined;
  const { sequence, alpha, profile, premultiplied, coding, primaryBox, colourBoxes, profileBoxes, alphaReferences } = metadata;
  if (!alpha && !profile) return { colour: bytes, premultiplied, coding };
  if (sequence) return undefined;

  const colour = bytes.slice();
  for (const { at } of alphaReferences) colour.set(ascii('skip'), at + 4);
  const alone = alpha && colour.slice();
  for (const { at } of profileBoxes) colour.set(ascii('free'), at + 4);
  if (alone) {
    for (const { at } of colourBoxes) alone.set(ascii('free'), at + 4);
    const { start } = primaryBox;
    const view = new DataView(alone.buffer);
    // Version 0 has item identifiers of 16 bits.
    if (alone[start] === 0) view.setUint16(start + 4, alpha.item);
    else view.setUint32(start + 4, alpha.item);
    alone.set(ascii('colr'), alpha.type.at + 4);
    alone.set(FULL_RANGE, alpha.type.start);
  }
  return { colour, profile, alpha: alone, premultiplied, coding };
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0));
}
