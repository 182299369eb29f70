import type { ImageSet } from './dataset.ts';

/** `count` images evenly from the whole set; all of them where it has fewer. */
export function spreadOver(set: ImageSet, count: number): ImageSet {
  if (count >= set.count) return set;
  const indices = Uint32Array.from({ length: count }, (_, i) => Math.floor((i * set.count) / count));
  return { count, images: set.images.subset(indices), labels: Uint16Array.from(indices, (i) => set.labels[i]) };
}
