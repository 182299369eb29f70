/** Bytes of a pickle, in order; every read is checked against the end. */

/** Longest line of the text instructions; they hold names and numbers. */
const MAX_LINE = 4096;
/** Longest whole number, in bytes: PyTorch's own magic number has ten. */
const MAX_LONG = 64;

export class PickleReader {
  readonly #bytes: Buffer;
  #at = 0;

  /** @param bytes may go on behind the pickle */
  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes read so far. */
  get position(): number {
    return this.#at;
  }

  /** A view, not a copy. @throws Error if the pickle has no `count` more bytes */
  bytes(count: number): Buffer {
    if (!(count >= 0 && count <= this.#bytes.length - this.#at))
      throw new Error(`its pickle ends early: ${count} bytes expected, ${this.#bytes.length - this.#at} left`);
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  byte = (): number => this.bytes(1)[0];
  uint16 = (): number => this.bytes(2).readUInt16LE();
  uint32 = (): number => this.bytes(4).readUInt32LE();
  int32 = (): number => this.bytes(4).readInt32LE();
  float64BigEndian = (): number => this.bytes(8).readDoubleBE();
  /** A length of eight bytes; exact as far as files go. */
  size8 = (): number => Number(this.bytes(8).readBigUInt64LE());
  utf8 = (length: number): string => this.bytes(length).toString('utf8');
  latin1 = (length: number): string => this.bytes(length).toString('latin1');

  /** A whole number of `length` bytes, two's complement, little-endian. */
  long(length: number): number | bigint {
    if (length < 0 || length > MAX_LONG) throw new Error(`its pickle has a whole number of ${length} bytes; up to ${MAX_LONG} are read`);
    const bytes = this.bytes(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]);
    value = BigInt.asIntN(8 * length, value);
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : value;
  }

  /** Up to a line feed, without it. */
  line(): string {
    const end = this.#bytes.subarray(this.#at, this.#at + MAX_LINE).indexOf(0x0a);
    if (end < 0) throw new Error('its pickle has a line without an end');
    const text = this.#bytes.toString('utf8', this.#at, this.#at + end);
    this.#at += end + 1;
    return text;
  }
}
