/** Which images become goldens, and how far a backend's logits may lie from the reference's. */
import type { ImageSet } from '../datasets/index.ts';

/** Images of each kind: saturated and dark ones, and those nearest to a decision boundary. */
const PER_KIND = 3;

/**
 * Indices into `set`, without repeats: the first image of each class, the brightest, the darkest, and those whose
 * two largest logits lie closest together, where a backend that is slightly off changes its answer.
 */
export function selectGoldens(set: ImageSet, logits: Float32Array, classes: number): number[] {
  const chosen = new Set<number>();
  for (let label = 0; label < classes; label++) {
    const first = set.labels.indexOf(label);
    if (first >= 0) chosen.add(first);
  }
  const brightness = Float64Array.from({ length: set.count }, (_, i) => set.images.image(i).reduce((sum, value) => sum + value, 0));
  const margins = Float64Array.from({ length: set.count }, (_, i) => {
    const [first, second] = [...logits.subarray(i * classes, (i + 1) * classes)].sort((a, b) => b - a);
    return first - second;
  });
  const takeSmallest = (key: (index: number) => number): void => {
    const order = Array.from({ length: set.count }, (_, i) => i).sort((a, b) => key(a) - key(b) || a - b);
    for (const index of order.filter((candidate) => !chosen.has(candidate)).slice(0, PER_KIND)) chosen.add(index);
  };
  takeSmallest((i) => -brightness[i]);
  takeSmallest((i) => brightness[i]);
  takeSmallest((i) => margins[i]);
  return [...chosen];
}

/**
 * Largest allowed absolute difference of a logit, by backend. `wasm` is the same binary everywhere and differs by
 * nothing but the order in which an engine may evaluate a multiplication and an addition; others sum in another order.
 */
export function goldenTolerances(logits: Float32Array): Record<string, number> {
  const largest = logits.reduce((max, logit) => Math.max(max, Math.abs(logit)), 1);
  const share = (fraction: number): number => Number((fraction * largest).toPrecision(2));
  return { wasm: share(1e-5), tensorflow: share(1e-4), webgpu: share(1e-4), onnx: share(1e-4) };
}
