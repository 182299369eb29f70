import type { ImageFormat } from '../image-format.ts';
import type { ByteReader } from '../inspect/byte-reader.ts';
import type { HeaderFormat } from '../inspect/header.ts';

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

/** Findings of a format's header reader: what is not found is as in an ordinary picture of that format. */
export type CodingFindings = Partial<Omit<Coding, 'format' | 'encodedBytes'>>;

/**
 * @param reader - on a file that its format's header reader has accepted
 * @param size - as that told it
 * @throws AppError IMAGE_TRUNCATED, IMAGE_UNDECODABLE, and nothing else
 */
export function codingOf(reader: ByteReader, format: HeaderFormat<ImageFormat>, size: { width: number; height: number }): Coding {
  const ordinary = { channels: 3, alpha: false, bits: 8, whole: false, profile: false, turned: false, pieceBytes: 0, layered: false };
  const found = { ...size, ...ordinary, ...format.coding(reader, size) };
  return { codedSamples: found.channels, ...found, format: format.name, encodedBytes: reader.length };
}
