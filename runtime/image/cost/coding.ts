import type { ImageFormat } from '../image-format.ts';
import type { ByteReader } from '../inspect/byte-reader.ts';
import { avifCoding } from './avif-coding.ts';
import { jpegCoding } from './jpeg-coding.ts';
import { pngCoding } from './png-coding.ts';
import { tiffCoding } from './tiff-coding.ts';

/** Properties in a header that decide the work of decoding. */
export interface Coding {
  format: ImageFormat;
  /** The largest picture that the decoder makes on the way: an AVIF's coded one may be larger than the one it shows. */
  width: number;
  height: number;
  encodedBytes: number;
  /** Samples of a decoded pixel, before it is brought to 8-bit RGB. */
  channels: number;
  alpha: boolean;
  /** Bits of a sample. */
  bits: number;
  /** Samples that are coded for a pixel, where colours have fewer of them. */
  codedSamples: number;
  /** True if the whole picture is read before its first line is there: progressive, interlaced. */
  whole: boolean;
  /** True if it has an ICC profile. */
  profile: boolean;
  /** True if an orientation makes a turned copy necessary. */
  turned: boolean;
  /** Decoded bytes of the largest strip, or of a row of tiles. */
  pieceBytes: number;
  /** True if colours and alpha are decoded one after the other. */
  layered: boolean;
}

const ANIMATION_OR_ALPHA = 0x12;

type Findings = Partial<Omit<Coding, 'format' | 'encodedBytes'>>;

/** Readers of each format's header: what is not found is as in an ordinary picture of that format. */
const READERS: Record<ImageFormat, (reader: ByteReader, size: { width: number; height: number }) => Findings> = {
  jpeg: jpegCoding,
  png: pngCoding,
  webp: webpCoding,
  gif: () => ({ channels: 4, alpha: true }),
  avif: avifCoding,
  tiff: tiffCoding,
};

/**
 * @param reader - on a file that its format's header reader has accepted
 * @param size - as that told it
 * @throws AppError IMAGE_TRUNCATED, IMAGE_UNDECODABLE, and nothing else
 */
export function codingOf(reader: ByteReader, format: ImageFormat, size: { width: number; height: number }): Coding {
  const ordinary = { channels: 3, alpha: false, bits: 8, whole: false, profile: false, turned: false, pieceBytes: 0, layered: false };
  const found = { ...size, ...ordinary, ...READERS[format](reader, size) };
  return { codedSamples: found.channels, ...found, format, encodedBytes: reader.length };
}

/** WebP (RFC 9649): whether there is alpha, as an animation's canvas always has it. Frames are not larger than the canvas. */
function webpCoding(reader: ByteReader): Findings {
  const kind = reader.tag(12);
  const alpha = kind === 'VP8X' ? (reader.u8(20) & ANIMATION_OR_ALPHA) !== 0 : kind === 'VP8L' && (reader.u8(24) & 0x10) !== 0;
  return { alpha, channels: alpha ? 4 : 3 };
}
