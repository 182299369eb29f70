/** PNG files (W3C PNG, third edition) of kinds and with chunks that none of our encoders writes. */
import { crc32, deflateSync } from 'node:zlib';

export type PngChunk = [type: string, data: Uint8Array];

const SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

function chunk([type, data]: PngChunk): Buffer {
  const bytes = Buffer.alloc(12 + data.length);
  bytes.writeUInt32BE(data.length, 0);
  bytes.write(type, 4, 'latin1');
  bytes.set(data, 8);
  bytes.writeUInt32BE(crc32(bytes.subarray(4, 8 + data.length)), 8 + data.length);
  return bytes;
}

export interface PngPixels {
  width: number;
  height: number;
  bitDepth: 1 | 2 | 4 | 8 | 16;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  colourType: 0 | 2 | 3 | 4 | 6;
  /** One number a sample, below 2^bitDepth, row by row. */
  samples: ArrayLike<number>;
}

const SAMPLES_PER_PIXEL = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** @param chunks those between IHDR and IDAT, in order */
export function writePng({ width, height, bitDepth, colourType, samples }: PngPixels, chunks: PngChunk[] = []): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bitDepth, colourType], 8);
  const perRow = width * SAMPLES_PER_PIXEL[colourType];
  const rowBytes = Math.ceil((perRow * bitDepth) / 8);
  // Each row begins with its filter: 0, none.
  const rows = Buffer.alloc(height * (1 + rowBytes));
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < perRow; i++) {
      const at = y * (1 + rowBytes) + 1 + ((i * bitDepth) >> 3);
      const sample = samples[y * perRow + i];
      if (bitDepth === 16) rows.writeUInt16BE(sample, at);
      else rows[at] |= sample << (8 - bitDepth - ((i * bitDepth) & 7));
    }
  }
  const all: PngChunk[] = [['IHDR', header], ...chunks, ['IDAT', deflateSync(rows, { level: 9 })], ['IEND', new Uint8Array(0)]];
  return Buffer.concat([SIGNATURE, ...all.map(chunk)]);
}

/** The same file with more chunks after IHDR. */
export function withPngChunks(png: Uint8Array, chunks: PngChunk[]): Buffer<ArrayBuffer> {
  return withPngChunksAround(png, chunks, []);
}

/** The same file with more chunks after IHDR and before IEND. */
export function withPngChunksAround(png: Uint8Array, before: PngChunk[], after: PngChunk[]): Buffer<ArrayBuffer> {
  const afterHeader = 8 + 12 + 13;
  const end = png.length - 12;
  return Buffer.concat([
    png.subarray(0, afterHeader),
    ...before.map(chunk),
    png.subarray(afterHeader, end),
    ...after.map(chunk),
    png.subarray(end),
  ]);
}

/** Fields of chunks: 16-bit numbers, 32-bit numbers. */
export const u16s = (...values: number[]): Uint8Array => Uint8Array.from(values.flatMap((value) => [value >> 8, value & 255]));
export const u32s = (...values: number[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [value >>> 24, (value >> 16) & 255, (value >> 8) & 255, value & 255]));

/** An `iCCP` chunk's data: a name, the method 0, the compressed profile. */
export const iccpData = (profile: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from('profile\0\0', 'latin1'), deflateSync(profile, { level: 9 })]);
