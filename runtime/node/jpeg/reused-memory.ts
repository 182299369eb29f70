/** Pictures up to 5 megapixels. What a larger one takes goes back to the system: it would be held while other kinds of files are decoded. */
const KEPT_BYTES = 16_000_000;

/**
 * Memory for the pixels of one picture after another: the same bytes again and again, so that none has to be found and cleared for each.
 *
 * @returns gives so many bytes, which hold whatever they held, until it is asked again
 */
export function createReusedMemory(keptBytes = KEPT_BYTES): (byteLength: number) => Uint8Array {
  let kept = new ArrayBuffer(0);
  return (byteLength) => {
    if (byteLength > keptBytes) return new Uint8Array(byteLength);
    if (byteLength > kept.byteLength) kept = new ArrayBuffer(Math.min(keptBytes, 2 * byteLength));
    return new Uint8Array(kept, 0, byteLength);
  };
}
