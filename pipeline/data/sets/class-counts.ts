/** Number of labels of each class. */
export function classCounts(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let i = 0; i < labels.length; i++) counts[labels[i]]++;
  return counts;
}

/**
 * n / (classes · n_class) for each class: every class then weighs the same in the whole set's cross-entropy, and alike
 * classes weigh 1. A class without images weighs 0.
 */
export function balancedClassWeights(labels: ArrayLike<number>, classes: number): Float32Array {
  return Float32Array.from(classCounts(labels, classes), (count) => (count === 0 ? 0 : labels.length / (classes * count)));
}
