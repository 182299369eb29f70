import type { ByteImage } from '../byte-image.ts';

/** One table of 256 levels per channel; reused by all operations of a thread, which run one after another. */
export const tables = [new Uint8Array(256), new Uint8Array(256), new Uint8Array(256)] as const;

/** The table in which every level is itself. */
export function fillIdentity(table: Uint8Array): void {
  for (let level = 0; level < 256; level++) table[level] = level;
}

/** Sends every channel of every pixel through the same table. */
export function applyTable(image: ByteImage, table: Uint8Array, target: Uint8Array): void {
  const { data } = image;
  for (let i = 0; i < data.length; i++) target[i] = table[data[i]];
}

/** Sends channel c of every pixel through `tables[c]`. */
export function applyTablePerChannel(image: ByteImage, target: Uint8Array): void {
  const { data } = image;
  const [first, second, third] = tables;
  if (image.channels === 1) {
    applyTable(image, first, target);
    return;
  }
  for (let i = 0; i < data.length; i += 3) {
    target[i] = first[data[i]];
    target[i + 1] = second[data[i + 1]];
    target[i + 2] = third[data[i + 2]];
  }
}

const counts = new Uint32Array(256);

/** Counts how often each level occurs in one channel; the returned array is overwritten by the next call. */
export function histogram(image: ByteImage, channel: number): Uint32Array {
  counts.fill(0);
  const { data, channels } = image;
  for (let i = channel; i < data.length; i += channels) counts[data[i]]++;
  return counts;
}
