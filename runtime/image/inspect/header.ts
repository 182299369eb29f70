import type { CodingFindings } from '../cost/coding.ts';
import type { ByteReader } from './byte-reader.ts';

/** Facts that the headers of an encoded image tell without decoding a pixel. */
export interface ImageHeader {
  /** Pixels as stored: before any EXIF orientation. */
  width: number;
  height: number;
  /** Kind of picture, if that kind is not decoded: "samples of 32-bit floating point". */
  unsupported?: string;
  /** Four inks instead of red, green and blue. */
  cmyk: boolean;
  /** False if the file ends before its format's end. */
  complete: boolean;
}

/** A format: how its files begin, and how to read their headers. */
export interface HeaderFormat<Name extends string> {
  name: Name;
  /** Name of the format in messages. */
  label: string;
  matches(bytes: Uint8Array): boolean;
  /** @throws AppError IMAGE_TRUNCATED or IMAGE_UNDECODABLE, and nothing else */
  read(reader: ByteReader): ImageHeader;
  /**
   * Reads what decides the work of decoding.
   *
   * @param reader - on a file that `read` has accepted
   * @param size - as that told it
   * @throws AppError IMAGE_TRUNCATED or IMAGE_UNDECODABLE, and nothing else
   */
  coding(reader: ByteReader, size: { width: number; height: number }): CodingFindings;
}
