/** Float32's answers in the place of labels that nobody gave: accuracy by them is agreement. */
import type { ImageSet } from '../../data/sets/index.ts';
import { predictions } from '../../evaluation/accuracy.ts';

/** @param float32 logits `[images, classes]` of the set's images */
export const answersAsLabels = (set: ImageSet, float32: Float32Array, classes: number): ImageSet => ({
  ...set,
  labels: Uint16Array.from(predictions(float32, classes)),
});
