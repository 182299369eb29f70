/**
 * Inflates a zlib stream (RFC 1950), whatever it would grow to.
 *
 * @param most - bytes
 * @returns undefined if it is damaged, or larger
 */
export async function inflateUpTo(compressed: Uint8Array, most: number): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const reader = new Blob([Uint8Array.from(compressed)]).stream().pipeThrough(new DecompressionStream('deflate')).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parts.push(part.value);
      length += part.value.length;
      if (length > most) {
        await reader.cancel();
        return undefined;
      }
    }
  } catch {
    return undefined;
  }
  const inflated = new Uint8Array(length);
  parts.reduce((to, part) => (inflated.set(part, to), to + part.length), 0);
  return inflated;
}
