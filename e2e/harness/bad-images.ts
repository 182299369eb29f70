import sharp from 'sharp';
import { randomStates } from '@sld-edge/runtime/testing';

/** One image for each refusal of the image policy (docs/errors.md). */
export interface BadImage {
  code: string;
  /** HTTP status that the server must answer with. */
  status: number;
  name: string;
  bytes: Buffer;
}

export async function badImages(): Promise<BadImage[]> {
  const noise = sharp(pseudoRandom(96 * 96 * 3), { raw: { width: 96, height: 96, channels: 3 } });
  const jpeg = await noise.clone().jpeg({ quality: 95 }).toBuffer();
  const png = await noise.clone().png().toBuffer();
  const cmyk = await noise.clone().toColourspace('cmyk').jpeg().toBuffer();
  return [
    { code: 'IMAGE_NOT_RECOGNISED', status: 415, name: 'text.png', bytes: Buffer.from('This is a letter, not a picture. '.repeat(9)) },
    { code: 'IMAGE_TRUNCATED', status: 422, name: 'half.png', bytes: png.subarray(0, png.length / 2) },
    { code: 'IMAGE_TRUNCATED', status: 422, name: 'half.jpg', bytes: jpeg.subarray(0, jpeg.length / 2) },
    { code: 'IMAGE_TOO_LARGE', status: 413, name: 'large.jpg', bytes: Buffer.concat([jpeg, Buffer.alloc(10 * 1024 * 1024)]) },
    { code: 'IMAGE_TOO_MANY_PIXELS', status: 413, name: 'bomb.png', bytes: withSize(png, 30_000, 30_000) },
    { code: 'IMAGE_SIDE_TOO_LONG', status: 413, name: 'long.png', bytes: withSize(png, 60_000, 8) },
    { code: 'IMAGE_CMYK', status: 415, name: 'print.jpg', bytes: cmyk },
    { code: 'IMAGE_HEIC', status: 415, name: 'photo.jpg', bytes: heic() },
  ];
}

function pseudoRandom(count: number): Buffer {
  const next = randomStates();
  return Buffer.from(Uint8Array.from({ length: count }, () => next() >> 8));
}

/** A PNG whose header claims another size (PNG specification, 11.2.1: width and height follow "IHDR"), its CRC made good. */
function withSize(png: Buffer, width: number, height: number): Buffer {
  const changed = Buffer.from(png);
  changed.writeUInt32BE(width, 16);
  changed.writeUInt32BE(height, 20);
  changed.writeUInt32BE(crc32(changed.subarray(12, 29)), 29);
  return changed;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** The first box of a HEIC file (ISO/IEC 23008-12): `ftyp` with the brand `heic`. */
function heic(): Buffer {
  const box = Buffer.alloc(256);
  box.writeUInt32BE(24, 0);
  box.write('ftypheic\0\0\0\0mif1heic', 4, 'latin1');
  return box;
}
