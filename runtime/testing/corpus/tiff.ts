/** TIFF files (TIFF 6.0) of kinds that none of our encoders writes. */

/** A field: its numbers as SHORTs, or as another type where `type` says so (1 BYTE, 4 LONG). */
export interface TiffEntry {
  tag: number;
  type?: 1 | 3 | 4;
  values: number[];
}

const BYTES_OF = { 1: 1, 3: 2, 4: 4 };

/**
 * A little-endian TIFF of one strip.
 *
 * @param pixels - the strip
 * @param entries - beside the size and the strip's place: bits, compression (none unless given), photometric interpretation (RGB), samples
 * (3) and so on
 */
export function writeTiff({ width, height }: { width: number; height: number }, pixels: Uint8Array, entries: TiffEntry[]): Buffer {
  const ordinary: TiffEntry[] = [
    { tag: 256, values: [width] },
    { tag: 257, values: [height] },
    { tag: 258, values: [8, 8, 8] },
    { tag: 259, values: [1] },
    { tag: 262, values: [2] },
    { tag: 273, type: 4, values: [0] },
    { tag: 277, values: [3] },
    { tag: 278, values: [height] },
    { tag: 279, type: 4, values: [pixels.length] },
  ];
  const all = [...ordinary.filter(({ tag }) => !entries.some((entry) => entry.tag === tag)), ...entries].sort((a, b) => a.tag - b.tag);
  const directory = 8;
  const afterDirectory = directory + 2 + 12 * all.length + 4;
  const file = Buffer.alloc(
    afterDirectory + all.reduce((sum, { type = 3, values }) => sum + 4 + BYTES_OF[type] * values.length, 0) + pixels.length,
  );
  file.write('II*\0', 0, 'latin1');
  file.writeUInt32LE(directory, 4);
  file.writeUInt16LE(all.length, directory);
  const stripAt = file.length - pixels.length;
  let free = afterDirectory;
  all.forEach(({ tag, type = 3, values }, i) => {
    const at = directory + 2 + 12 * i;
    const bytes = BYTES_OF[type];
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(values.length, at + 4);
    const isInline = bytes * values.length <= 4;
    if (!isInline) file.writeUInt32LE(free, at + 8);
    (tag === 273 ? [stripAt] : values).forEach((value, k) => file.writeUIntLE(value, (isInline ? at + 8 : free) + k * bytes, bytes));
    if (!isInline) free += bytes * values.length;
  });
  file.set(pixels, stripAt);
  return file;
}
