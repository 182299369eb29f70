/** Pictures that cost a decoder much and their sender little, made in moments and stored nowhere. Their pixels are black or grey. */
import { constants, crc32, deflateRawSync, deflateSync } from 'node:zlib';

export interface PngOptions {
  width: number;
  height: number;
  /** 8 unless given. */
  bits?: 8 | 16;
  /** 0 grey, 2 RGB (unless given), 4 grey and alpha, 6 RGB and alpha. */
  colourType?: 0 | 2 | 4 | 6;
  profile?: Uint8Array;
  /** Chunks between header and pixels. */
  chunks?: Buffer[];
  /** Behind the pixels, in the same compressed stream: zeros that the picture does not need. */
  surplusBytes?: number;
}

const CHANNELS = { 0: 1, 2: 3, 4: 2, 6: 4 } as const;

/** A whole, black (of alpha 0) PNG of any size (W3C PNG, third edition). */
export function blackPng({ width, height, bits = 8, colourType = 2, profile, chunks = [], surplusBytes = 0 }: PngOptions): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, colourType], 8);
  // Each row begins with its filter.
  const rowBytes = 1 + (width * CHANNELS[colourType] * bits) / 8;
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...(profile ? [pngChunk('iCCP', Buffer.concat([Buffer.from('p\0\0', 'latin1'), deflateSync(profile)]))] : []),
    ...chunks,
    pngChunk('IDAT', compressedZeros(rowBytes * height + surplusBytes)),
    pngChunk('IEND'),
  ]);
}

export function pngChunk(type: string, data: Uint8Array = new Uint8Array()): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(data.length, 0);
  numbers.writeUInt32BE(crc32(content), 4);
  return Buffer.concat([numbers.subarray(0, 4), content, numbers.subarray(4)]);
}

/** A compressed text (`zTXt`) of zeros. */
export function textChunk(inflatedBytes: number): Buffer {
  return pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), compressedZeros(inflatedBytes)]));
}

const PIECE_BYTES = 4 * 1024 * 1024;
let piece: Buffer | undefined;

/** A zlib stream (RFC 1950) of zeros, put together of one compressed piece again and again: none refers to what is before it. */
function compressedZeros(count: number): Buffer {
  piece ??= deflateRawSync(Buffer.alloc(PIECE_BYTES), { level: 9, finishFlush: constants.Z_FULL_FLUSH });
  const pieces = Math.floor(count / PIECE_BYTES);
  const checksum = Buffer.alloc(4);
  // Adler-32 of zeros: the first sum stays 1, the second one counts them.
  checksum.writeUInt32BE((((count % 65_521) << 16) | 1) >>> 0);
  return Buffer.concat([
    Buffer.of(0x78, 0x01),
    ...Array.from({ length: pieces }, () => piece!),
    deflateRawSync(Buffer.alloc(count % PIECE_BYTES), { level: 9 }),
    checksum,
  ]);
}

/**
 * A grey progressive JPEG (ITU-T T.81, annex G) of 98 scans in which nothing is coded but runs of empty blocks: six bands of
 * frequencies, and the mean, each refined thirteen times.
 */
export function jpegOfManyScans(width: number, height: number): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  const bands = [
    [1, 10],
    [11, 21],
    [22, 32],
    [33, 43],
    [44, 53],
    [54, 63],
  ];
  const mean = zeroBits(blocks);
  // The one symbol is a run of 2^14 empty blocks and as many as 14 bits say.
  const empty = runsOf(blocks);
  const scans: Buffer[] = [scan(0, 0, 0, 13, mean), ...bands.map(([from, to]) => scan(from, to, 0, 13, empty))];
  for (let bit = 12; bit >= 0; bit--) {
    scans.push(scan(0, 0, bit + 1, bit, mean), ...bands.map(([from, to]) => scan(from, to, bit + 1, bit, empty)));
  }
  return Buffer.concat([
    Buffer.of(0xff, 0xd8),
    segment(0xdb, [0, ...Array.from({ length: 64 }, () => 1)]),
    segment(0xc2, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]),
    // A table of one symbol, coded by the bit 0: no difference; a run of empty blocks.
    segment(0xc4, [0x00, 1, ...Array.from({ length: 15 }, () => 0), 0]),
    segment(0xc4, [0x10, 1, ...Array.from({ length: 15 }, () => 0), 0xe0]),
    ...scans,
    Buffer.of(0xff, 0xd9),
  ]);
}

function segment(marker: number, content: number[]): Buffer {
  const length = content.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 255, ...content]);
}

function scan(from: number, to: number, high: number, low: number, coded: Buffer): Buffer {
  return Buffer.concat([segment(0xda, [1, 1, 0x00, from, to, (high << 4) | low]), coded]);
}

/** Zeros, then ones to the end of the byte. */
function zeroBits(count: number): Buffer {
  const bytes = Buffer.alloc(Math.ceil(count / 8));
  if (count % 8 > 0) bytes[bytes.length - 1] = 0xff >> (count % 8);
  return bytes;
}

function runsOf(blocks: number): Buffer {
  let bits = '';
  for (let left = blocks; left > 0;) {
    if (left < 16_384) throw new RangeError('a picture whose blocks are no sum of runs of 16384 to 32767');
    // Not so many that a rest is left that no run can be.
    const run = left <= 32_767 ? left : Math.min(32_767, left - 16_384);
    bits += '0' + (run - 16_384).toString(2).padStart(14, '0');
    left -= run;
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  const bytes = bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2));
  // A byte of ones is followed by a zero, lest it be taken for a marker.
  return Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])));
}
