/** Start and end of a piece of a file. */
export type Span = [start: number, end: number];

/** A file without some pieces, which are given in order. @returns the same bytes if there are none */
export function without<Bytes extends Uint8Array>(bytes: Bytes, removed: readonly Span[]): Bytes | Uint8Array<ArrayBuffer> {
  if (removed.length === 0) return bytes;
  const shorter = new Uint8Array(bytes.length - removed.reduce((sum, [start, end]) => sum + end - start, 0));
  let to = 0;
  let from = 0;
  for (const [start, end] of [...removed, [bytes.length, bytes.length]]) {
    shorter.set(bytes.subarray(from, start), to);
    to += start - from;
    from = end;
  }
  return shorter;
}
