import type { ImageSet, LargerImages } from './dataset.ts';
import { openImageSource, type ImageSource, type ImageSourceHandle } from './image-source.ts';
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
  larger?: Omit<LargerImages, 'images'> & { images: ImageSourceHandle };
}

export const imageSetHandle = ({ images, labels, larger }: ImageSet): ImageSetHandle => ({
  images: images.handle,
  labels,
  ...(larger && { larger: { ...larger, images: larger.images.handle } }),
});

export const openImageSet = ({ images, labels, larger }: ImageSetHandle): ImageSet => ({
  count: labels.length,
  images: openImageSource(images),
  labels,
  ...(larger && { larger: { ...larger, images: openImageSource(larger.images) } }),
});

/** The same of the images and of the larger pictures of them. */
function eachOf({ images, larger }: ImageSet, change: (images: ImageSource) => ImageSource): Pick<ImageSet, 'images' | 'larger'> {
  return { images: change(images), ...(larger && { larger: { ...larger, images: change(larger.images) } }) };
}

/** @throws DatasetError FILE_CORRUPT when a label names no class. */
export function requireLabels(set: ImageSet, classCount: number, name: string): void {
  const index = set.labels.findIndex((label) => label >= classCount);
  if (index >= 0)
    throw new DatasetError('FILE_CORRUPT', `${name}: image ${index} has label ${set.labels[index]}, allowed 0 to ${classCount - 1}`);
}

/** These images, in this order. */
export function subsetOf(set: ImageSet, indices: Uint32Array): ImageSet {
  return {
    ...eachOf(set, (images) => images.subset(indices)),
    count: indices.length,
    labels: Uint16Array.from(indices, (i) => set.labels[i]),
  };
}

/** The images from `start` to before `end`, of the same memory. */
export function imageRange(set: ImageSet, start: number, end: number): ImageSet {
  const indices = Uint32Array.from({ length: end - start }, (_, i) => start + i);
  return { ...eachOf(set, (images) => images.subset(indices)), count: end - start, labels: set.labels.subarray(start, end) };
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

/** The images of both, one set after the other. @throws Error where they lie in different files */
export function joinedSets(first: ImageSet, second: ImageSet): ImageSet {
  const both = (a: ImageSource, b: ImageSource): ImageSource => {
    const [one, other] = [a.handle, b.handle];
    if (one.store.kind !== 'file' || other.store.kind !== 'file' || one.store.path !== other.store.path)
      throw new Error('sets of images are joined where they lie in one file');
    const indices = new Uint32Array(new SharedArrayBuffer(4 * (a.count + b.count)));
    for (const [at, { handle, count }] of [[0, a] as const, [a.count, b] as const])
      for (let i = 0; i < count; i++) indices[at + i] = handle.indices ? handle.indices[i] : i;
    return openImageSource({ ...one, indices });
  };
  return {
    count: first.count + second.count,
    images: both(first.images, second.images),
    labels: Uint16Array.from({ length: first.count + second.count }, (_, i) =>
      i < first.count ? first.labels[i] : second.labels[i - first.count],
    ),
    ...(first.larger && second.larger && { larger: { ...first.larger, images: both(first.larger.images, second.larger.images) } }),
  };
}
