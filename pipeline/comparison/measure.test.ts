import { describe, expect, it } from 'vitest';
import { DivergenceError } from '../training/train.ts';
import { reliabilityBins } from '../evaluation/temperature.ts';
import { errorOf } from '../testing/error-of.ts';
import { calibrationErrorOf, confusionCounts, measureLogits } from './measure.ts';

/** Logits of probabilities 3/4 and 1/4, the larger for class 0, 0, 1, 1; true: 0, 1, 1, 1. */
const logits = Float32Array.from([Math.log(3), 0, Math.log(3), 0, 0, Math.log(3), 0, Math.log(3)]);
const labels = [0, 1, 1, 1];

describe('measureLogits', () => {
  it('gives top-1, loss and calibration error', () => {
    const { count, top1, top5, loss, calibrationError } = measureLogits(logits, labels, 2);
    expect({ count, top1, top5 }).toEqual({ count: 4, top1: 0.75, top5: 1 });
    expect(loss).toBeCloseTo((3 * Math.log(4 / 3) + Math.log(4)) / 4, 6);
    // All in one bin, right as often as confident.
    expect(calibrationError).toBeCloseTo(0, 6);
  });

  it('refuses logits of a network that broke', async () => {
    const error = await errorOf(() => measureLogits(Float32Array.from([0, 1, NaN, 1]), [0, 1], 2));
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.message).toMatch(/not finite \(NaN for image 1\)/);
  });
});

it('confusionCounts has true classes in rows', () => {
  expect(confusionCounts(logits, labels, 2)).toEqual([[1, 0], [1, 2]]);
});

describe('reliability', () => {
  it('has 15 bins, each image in the one of its confidence', () => {
    const bins = reliabilityBins(logits, labels, 2, 1);
    expect(bins).toHaveLength(15);
    // 0.75 · 15 = 11.25
    expect(bins.map(({ count }) => count)).toEqual([...Array<number>(11).fill(0), 4, 0, 0, 0]);
    expect(bins[11]).toMatchObject({ lower: 11 / 15, upper: 12 / 15, correct: 3 });
    expect(bins[11].confidence).toBeCloseTo(3, 5);
  });

  it('errs by the share of each bin times its gap', () => {
    const bins = [{ lower: 0, upper: 0.5, count: 4, correct: 1, confidence: 2 }, { lower: 0.5, upper: 1, count: 6, correct: 6, confidence: 4.5 }];
    expect(calibrationErrorOf(bins)).toBeCloseTo((1 + 1.5) / 10, 12);
  });
});
