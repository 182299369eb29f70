/** Zeros behind an interval, so that a window at its end reads no bytes of the one before. */
const PADDING_BYTES = 8;

/**
 * The entropy-coded data of a scan (ITU-T T.81, B.1.1.5), one restart interval after another, without the zeros that are stuffed behind
 * 0xff.
 */
export class EntropyData {
  /** The present interval: bytes 0 to `length - 1`. */
  readonly data: Uint8Array;
  length = 0;
  /** Number (0 to 7) of the restart marker that ended it; undefined if something else did. */
  restart: number | undefined;
  private readonly bytes: Uint8Array;
  private readonly end: number;
  private at: number;

  /** @param end - where the next marker segment begins */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.data = new Uint8Array(end - start + PADDING_BYTES);
  }

  /** Goes to the next interval. @returns false if there is none */
  next(): boolean {
    const { bytes, data, end } = this;
    let { at } = this;
    if (at > end) return false;
    let to = 0;
    this.restart = undefined;
    while (at < end) {
      const found = bytes.indexOf(0xff, at);
      const next = found < 0 || found > end ? end : found;
      // Short pieces are sooner copied than called for.
      if (next - at > 64) {
        data.set(bytes.subarray(at, next), to);
        to += next - at;
      } else {
        for (let from = at; from < next; from++) data[to++] = bytes[from];
      }
      // Any number of fill bytes may come before a marker; decoders take them before a stuffed zero too.
      for (at = next; at < end && bytes[at] === 0xff;) at++;
      const code = at < end ? bytes[at++] : undefined;
      if (code === 0) {
        data[to++] = 0xff;
        continue;
      }
      if (code !== undefined && code >= 0xd0 && code <= 0xd7) this.restart = code & 7;
      break;
    }
    // Nothing comes behind what is no restart marker.
    this.at = this.restart === undefined ? Infinity : at;
    this.length = to;
    data.fill(0, to, to + PADDING_BYTES);
    return true;
  }
}
