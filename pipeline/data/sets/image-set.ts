import type { ImageSet } from './dataset.ts';
import { openImageSource, type ImageSourceHandle } from './image-source.ts';
import { DatasetError } from './dataset-error.ts';

/** A copy of bytes in shared memory, for worker threads. */
export function toShared(bytes: Uint8Array): Uint8Array {
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return shared;
}

/** A set of images as plain data, which a thread opens (`openImageSet`). */
export interface ImageSetHandle {
  images: ImageSourceHandle;
  labels: Uint16Array;
}

export const imageSetHandle = ({ images, labels }: ImageSet): ImageSetHandle => ({ images: images.handle, labels });

export const openImageSet = ({ images, labels }: ImageSetHandle): ImageSet => ({
  count: labels.length,
  images: openImageSource(images),
  labels,
});

/** @throws DatasetError FILE_CORRUPT when a label names no class. */
export function requireLabels(set: ImageSet, classCount: number, name: string): void {
  const index = set.labels.findIndex((label) => label >= classCount);
  if (index >= 0)
    throw new DatasetError('FILE_CORRUPT', `${name}: image ${index} has label ${set.labels[index]}, allowed 0 to ${classCount - 1}`);
}

/** These images, in this order. */
export function subsetOf(set: ImageSet, indices: Uint32Array): ImageSet {
  return { count: indices.length, images: set.images.subset(indices), labels: Uint16Array.from(indices, (i) => set.labels[i]) };
}

/** The images from `start` to before `end`, of the same memory. */
export function imageRange(set: ImageSet, start: number, end: number): ImageSet {
  return {
    count: end - start,
    images: set.images.subset(Uint32Array.from({ length: end - start }, (_, i) => start + i)),
    labels: set.labels.subarray(start, end),
  };
}

/** `count` images evenly from the whole set; all of them where it has fewer. */
export function spreadOver(set: ImageSet, count: number): ImageSet {
  if (count >= set.count) return set;
  return subsetOf(
    set,
    Uint32Array.from({ length: count }, (_, i) => Math.floor((i * set.count) / count)),
  );
}

/** As many parts, each evenly from the whole set; together they are the set. */
export function interleavedParts(set: ImageSet, parts: number): ImageSet[] {
  return Array.from({ length: Math.min(parts, set.count) }, (_, part) =>
    subsetOf(
      set,
      Uint32Array.from({ length: Math.ceil((set.count - part) / parts) }, (_, i) => part + i * parts),
    ),
  );
}
