import { AppError } from '../../errors/catalogue.ts';

/**
 * Reads numbers of a file, and turns every way in which a file can be wrong into an AppError: a read behind
 * the end is IMAGE_TRUNCATED, a structure that makes no sense is IMAGE_UNDECODABLE.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly length: number;
  private readonly view: DataView;
  private readonly format: string;

  /** @param format - the name that messages give the format: "JPEG" */
  constructor(bytes: Uint8Array, format: string) {
    this.bytes = bytes;
    this.length = bytes.length;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.format = format;
  }

  /** @throws AppError IMAGE_TRUNCATED if the file has not all of the bytes at…at+count-1 */
  require(at: number, count: number): void {
    if (at + count > this.length) throw this.truncated();
  }

  u8(at: number): number {
    this.require(at, 1);
    return this.bytes[at];
  }

  u16(at: number, littleEndian: boolean): number {
    this.require(at, 2);
    return this.view.getUint16(at, littleEndian);
  }

  u24(at: number): number {
    return this.u16(at, true) | (this.u8(at + 2) << 16);
  }

  u32(at: number, littleEndian: boolean): number {
    this.require(at, 4);
    return this.view.getUint32(at, littleEndian);
  }

  /** Rounded where it exceeds 2^53, which is far behind the end of any file. */
  u64(at: number, littleEndian: boolean): number {
    this.require(at, 8);
    return Number(this.view.getBigUint64(at, littleEndian));
  }

  /** Four bytes as text: a chunk type, a box type, a brand. */
  tag(at: number): string {
    this.require(at, 4);
    return asciiAt(this.bytes, at, 4);
  }

  truncated(): AppError {
    return new AppError('IMAGE_TRUNCATED', { format: this.format });
  }

  damaged(): AppError {
    return new AppError('IMAGE_UNDECODABLE', { format: this.format });
  }
}

/** `count` bytes as Latin-1 text; shorter where the bytes end. */
export function asciiAt(bytes: Uint8Array, at: number, count: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + count));
}
