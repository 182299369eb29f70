/** Fraction bits of a weight: 32, less 8 for the level and 2 to spare, as in Pillow. */
export const WEIGHT_BITS = 32 - 8 - 2;

/** Weights of each pixel of the result along one axis: which source pixels it takes, and how much of each. Nobody may change them. */
export interface FilterWeights {
  /** First source pixel of each result. */
  first: Int32Array;
  /** Number of source pixels of each result. */
  taps: Int32Array;
  /** `stride` weights for each result, of which `taps` count; each run adds up to about 2^WEIGHT_BITS. */
  weights: Int32Array;
  stride: number;
}

/** Filters that are kept: pictures of the same size come again and again. */
const KEPT_FILTERS = 32;
/** A filter of more weights, of a picture of many megapixels, is not kept. */
const KEPT_WEIGHTS = 16_384;
const kept = new Map<string, FilterWeights>();

/** `triangleWeights`, computed again only where the same were not asked for lately. */
export function recentTriangleWeights(sourceSize: number, boxStart: number, boxEnd: number, resultSize: number): FilterWeights {
  const key = `${sourceSize} ${boxStart} ${boxEnd} ${resultSize}`;
  const filter = kept.get(key) ?? triangleWeights(sourceSize, boxStart, boxEnd, resultSize);
  if (filter.weights.length > KEPT_WEIGHTS) return filter;
  // Behind all others: the first one is the one that was asked for longest ago.
  kept.delete(key);
  kept.set(key, filter);
  if (kept.size > KEPT_FILTERS) kept.delete(kept.keys().next().value!);
  return filter;
}

/**
 * Weights of an antialiased triangle filter (linear interpolation; when shrinking, as wide as the shrinkage
 * asks), in fixed point, equal to those of Pillow's BILINEAR resampling. Uses only +, -, ·, / and truncation
 * on doubles, so every JavaScript engine gives the same weights.
 *
 * @param sourceSize - pixels that there are along the axis
 * @param boxStart, boxEnd - the part of them to resample, in pixels, fractions allowed; the filter may reach
 *   beyond the box, not beyond the source
 * @param resultSize - pixels to make of the box
 */
export function triangleWeights(sourceSize: number, boxStart: number, boxEnd: number, resultSize: number): FilterWeights {
  // Pillow keeps the box in single precision.
  const start = Math.fround(boxStart);
  const scale = Math.fround(Math.fround(boxEnd) - start) / resultSize;
  const support = Math.max(scale, 1);
  const inverseSupport = 1 / support;
  const stride = Math.ceil(support) * 2 + 1;
  const first = new Int32Array(resultSize);
  const taps = new Int32Array(resultSize);
  const weights = new Int32Array(resultSize * stride);
  const exact = new Float64Array(stride);
  for (let result = 0; result < resultSize; result++) {
    const centre = start + (result + 0.5) * scale;
    const from = Math.max(0, Math.trunc(centre - support + 0.5));
    const count = Math.min(sourceSize, Math.trunc(centre + support + 0.5)) - from;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const distance = Math.abs((tap + from - centre + 0.5) * inverseSupport);
      exact[tap] = distance < 1 ? 1 - distance : 0;
      sum += exact[tap];
    }
    for (let tap = 0; tap < count; tap++) {
      const weight = sum === 0 ? exact[tap] : exact[tap] / sum;
      weights[result * stride + tap] = Math.trunc(0.5 + weight * (1 << WEIGHT_BITS));
    }
    first[result] = from;
    taps[result] = count;
  }
  return { first, taps, weights, stride };
}
