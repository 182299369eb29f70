/** Damages a file: its bytes, or the numbers of its header, sizes and sides above all. */
import { crc32 } from 'node:zlib';
import type { Draw } from './draw.ts';
import type { Format, SeedFile } from './seed-files.ts';

const LARGEST_SIDE = 100_000;

export function mutateBytes(draw: Draw, { bytes }: SeedFile, other: SeedFile): Buffer {
  const mutated = Buffer.from(bytes);
  const at = draw.below(bytes.length);
  const count = Math.min(bytes.length - at, 1 + draw.below(64));
  switch (draw.below(6)) {
    case 0:
      return mutated.subarray(0, at);
    case 1:
      return Buffer.concat([mutated.subarray(0, at), mutated.subarray(at + count)]);
    case 2:
      return Buffer.concat([
        mutated.subarray(0, at + count),
        ...Array.from({ length: 1 + draw.below(2000) }, () => mutated.subarray(at, at + count)),
        mutated.subarray(at),
      ]);
    case 3:
      return Buffer.concat([mutated.subarray(0, at), other.bytes.subarray(draw.below(other.bytes.length))]);
    case 4:
      return mutated.fill(draw.of([0, 0xff, 0x80, 0x7f]), at, at + count);
    default:
      for (let i = draw.below(20); i >= 0; i--) mutated[draw.below(mutated.length)] = draw.below(256);
      return mutated;
  }
}

/** Changes to a header's numbers, by format: the sides, and other numbers by which decoders allocate. */
const HEADERS: Record<Format, (draw: Draw, bytes: Buffer) => void> = {
  png(draw, bytes) {
    bytes.writeUInt32BE(draw.side(LARGEST_SIDE), draw.of([16, 20]));
    if (draw.chance(0.3)) bytes[24] = draw.of([1, 2, 4, 8, 16, 32]);
    if (draw.chance(0.3)) bytes[25] = draw.below(8);
    if (draw.chance(0.3)) bytes[28] = draw.below(3);
    bytes.writeUInt32BE(crc32(bytes.subarray(12, 29)), 29);
  },
  jpeg(draw, bytes) {
    const frame = [0xc0, 0xc2].map((marker) => bytes.indexOf(Buffer.of(0xff, marker, 0))).find((found) => found > 0) ?? 2;
    bytes.writeUInt16BE(draw.side(65_535), frame + draw.of([5, 7]));
    if (draw.chance(0.2)) bytes[frame + 1] = 0xc0 + draw.below(16);
    if (draw.chance(0.3)) bytes[frame + 11] = draw.below(256);
    if (draw.chance(0.1)) bytes[frame + 4] = draw.of([2, 8, 12, 16]);
  },
  webp(draw, bytes) {
    const canvas = bytes.toString('latin1', 12, 16) === 'VP8X';
    if (canvas) bytes.writeUIntLE(draw.side(0xffffff), draw.of([24, 27]), 3);
    else if (bytes.toString('latin1', 12, 16) === 'VP8 ') bytes.writeUInt16LE(draw.side(16_383), draw.of([26, 28]));
    else bytes.writeUInt32LE(draw.below(2 ** 32), 21);
    if (canvas && draw.chance(0.3)) bytes[20] = draw.below(256);
  },
  gif(draw, bytes) {
    const frame = bytes.indexOf(0x2c, 13);
    const places = frame > 0 && frame + 9 < bytes.length ? [6, 8, frame + 1, frame + 3, frame + 5, frame + 7] : [6, 8];
    for (let i = draw.below(3); i >= 0; i--) bytes.writeUInt16LE(draw.side(65_535), draw.of(places));
  },
  avif(draw, bytes) {
    const extent = bytes.indexOf('ispe') + 8;
    bytes.writeUInt32BE(draw.side(LARGEST_SIDE), extent + draw.of([0, 4]));
    if (draw.chance(0.3)) bytes[bytes.indexOf('av1C') + 6] = draw.below(256);
    // The sequence header, with which the picture itself begins.
    const picture = bytes.indexOf('mdat') + 4;
    if (draw.chance(0.3)) bytes[picture + draw.below(16)] = draw.below(256);
  },
  tiff(draw, bytes) {
    const directory = bytes.readUInt32LE(4);
    const fields = bytes.readUInt16LE(directory);
    for (let i = draw.below(3); i >= 0; i--) {
      const field = directory + 2 + 12 * draw.below(fields);
      bytes.writeUInt32LE(draw.chance(0.7) ? draw.side(LARGEST_SIDE) : draw.below(2 ** 32), field + 8);
      if (draw.chance(0.1)) bytes.writeUInt32LE(draw.side(LARGEST_SIDE), field + 4);
    }
  },
};

export function mutateHeader(draw: Draw, { format, bytes }: SeedFile): Buffer {
  const mutated = Buffer.from(bytes);
  HEADERS[format](draw, mutated);
  return mutated;
}
