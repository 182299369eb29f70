import type { Prediction } from '@sld-edge/runtime';

/** Time in which an earlier answer loses half of its weight: short enough to follow a hand, long enough not to flicker. */
const HALF_LIFE_MS = 350;

/**
 * Makes a moving average of answers that come at uneven times, by exponential weights: what came `halfLifeMs` ago counts half.
 *
 * @returns takes each answer, with every class, and the time at which it came; gives the averaged one, largest probability first
 */
export function createSmoothing(halfLifeMs = HALF_LIFE_MS): (predictions: readonly Prediction[], atMs: number) => Prediction[] {
  let average: Float64Array | undefined;
  let lastMs = 0;
  return (predictions, atMs) => {
    const isFirst = average?.length !== predictions.length;
    const kept = isFirst ? 0 : 2 ** (-(atMs - lastMs) / halfLifeMs);
    const values = isFirst ? new Float64Array(predictions.length) : average!;
    for (const { index, probability } of predictions) values[index] = kept * values[index] + (1 - kept) * probability;
    average = values;
    lastMs = atMs;
    return predictions
      .map(({ label, index }) => ({ label, index, probability: values[index] }))
      .sort((a, b) => b.probability - a.probability || a.index - b.index);
  };
}
