import { crc32, deflateSync } from 'node:zlib';
import sharp, { type SharpOptions } from 'sharp';

/**
 * An image of more than 8 bits with an ICC profile as one of 8 bits with that profile: the high bytes.
 *
 * sharp would take the detour over Display P3 for 16-bit RGB and leave out the profile of 16-bit grey; Chromium takes
 * the high bytes first and converts then, and the result is to be the same.
 *
 * @returns a PNG; `encoded` itself where it has not more than 8 bits and a profile
 */
export async function reduceDepth(encoded: Uint8Array, options: SharpOptions): Promise<Uint8Array> {
  const { depth, icc, space } = await sharp(encoded, options).metadata();
  if (depth !== 'ushort' || !icc) return encoded;
  const grey = space === 'grey16' || space === 'b-w';
  const { data, info } = await sharp(encoded, options)
    .keepIccProfile()
    .toColourspace(grey ? 'grey16' : 'rgb16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const levels = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const { width, height, channels } = info;
  const png = await sharp(Uint8Array.from(levels, (level) => level >> 8), { raw: { width, height, channels }, limitInputPixels: options.limitInputPixels })
    .toColourspace(grey ? 'b-w' : 'srgb')
    .png({ compressionLevel: 1 })
    .toBuffer();
  return withProfile(png, icc);
}

/** A PNG with an ICC profile. */
export function withProfile(png: Uint8Array, profile: Uint8Array): Uint8Array {
  // Signature and IHDR come first (W3C PNG, third edition, 5.6), then the profile.
  const afterHeader = 8 + 12 + 13;
  return Buffer.concat([png.subarray(0, afterHeader), profileChunk(profile), png.subarray(afterHeader)]);
}

function profileChunk(profile: Uint8Array): Buffer {
  const content = Buffer.concat([Buffer.from('iCCPprofile\0\0', 'latin1'), deflateSync(profile)]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(content.length - 4, 0);
  numbers.writeUInt32BE(crc32(content), 4);
  return Buffer.concat([numbers.subarray(0, 4), content, numbers.subarray(4)]);
}
