import { crc32 } from '../../image/crc32.ts';
import type { RgbImage } from '../../image/rgb-image.ts';

/**
 * RGB pixels and the ICC profile that they are meant by as a PNG (W3C PNG, third edition), for the browser to convert:
 * it is the only way to have colours that lie in memory converted by a profile. Nothing is compressed.
 */
export function pngWithProfile({ width, height, data }: RgbImage, profile: Uint8Array): Blob {
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  // 8 bits, RGB.
  header.set([8, 2], 8);
  // Each row begins with its filter: 0, none.
  const rows = new Uint8Array(height * (1 + 3 * width));
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * 3 * width, (y + 1) * 3 * width), y * (1 + 3 * width) + 1);
  const chunks = [
    ...chunk('IHDR', header),
    // A name, the method 0.
    ...chunk('iCCP', Uint8Array.of(0x70, 0, 0), stored(profile)),
    ...chunk('IDAT', stored(rows)),
    ...chunk('IEND'),
  ];
  return new Blob([SIGNATURE, ...chunks], { type: 'image/png' });
}

type Bytes = Uint8Array<ArrayBuffer>;

const SIGNATURE: Bytes = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function chunk(type: string, ...parts: Bytes[]): Bytes[] {
  const name = new TextEncoder().encode(type);
  const checksum = [name, ...parts].reduce((before, part) => crc32(part, before), 0);
  return [u32(parts.reduce((sum, { length }) => sum + length, 0)), name, ...parts, u32(checksum)];
}

function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

const LARGEST_BLOCK = 0xffff;

/** A zlib stream (RFC 1950) of blocks that are not compressed (RFC 1951, 3.2.4). */
function stored(bytes: Uint8Array): Bytes {
  const blocks = Math.max(1, Math.ceil(bytes.length / LARGEST_BLOCK));
  const stream = new Uint8Array(2 + 5 * blocks + bytes.length + 4);
  stream.set([0x78, 0x01]);
  let to = 2;
  for (let block = 0; block < blocks; block++) {
    const content = bytes.subarray(block * LARGEST_BLOCK, (block + 1) * LARGEST_BLOCK);
    const { length } = content;
    stream.set([block === blocks - 1 ? 1 : 0, length & 255, length >> 8, ~length & 255, (~length >> 8) & 255], to);
    stream.set(content, to + 5);
    to += 5 + length;
  }
  stream.set(u32(adler32(bytes)), to);
  return stream;
}

function adler32(bytes: Uint8Array): number {
  let [low, high] = [1, 0];
  // So many sums stay below 2^32.
  for (let start = 0; start < bytes.length; start += 5552) {
    const end = Math.min(bytes.length, start + 5552);
    for (let i = start; i < end; i++) {
      low += bytes[i];
      high += low;
    }
    low %= 65521;
    high %= 65521;
  }
  return high * 65536 + low;
}
