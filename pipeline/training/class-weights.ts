/** Weights of classes that make up for how many images each has. */
import { classCounts } from '../data/sets/class-counts.ts';

/**
 * n / (classes · n_class) for each class: every class then weighs the same in the whole set's cross-entropy, and alike
 * classes weigh 1. A class without images weighs 0.
 */
export function balancedClassWeights(labels: ArrayLike<number>, classes: number): Float32Array {
  return Float32Array.from(classCounts(labels, classes), (count) => (count === 0 ? 0 : labels.length / (classes * count)));
}
