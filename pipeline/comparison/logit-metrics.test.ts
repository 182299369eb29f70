import { describe, expect, it } from 'vitest';
import { DivergenceError } from '../training/train.ts';
import { errorOf } from '../testing/error-of.ts';
import { logitMetrics } from './logit-metrics.ts';

/** Logits of probabilities 3/4 and 1/4, the larger for class 0, 0, 1, 1; true: 0, 1, 1, 1. */
const logits = Float32Array.from([Math.log(3), 0, Math.log(3), 0, 0, Math.log(3), 0, Math.log(3)]);
const labels = [0, 1, 1, 1];

describe('logitMetrics', () => {
  it('gives top-1, loss and calibration error', () => {
    const { count, top1, top5, loss, calibrationError } = logitMetrics(logits, labels, 2);
    expect({ count, top1, top5 }).toEqual({ count: 4, top1: 0.75, top5: 1 });
    expect(loss).toBeCloseTo((3 * Math.log(4 / 3) + Math.log(4)) / 4, 6);
    // All in one bin, right as often as confident.
    expect(calibrationError).toBeCloseTo(0, 6);
  });

  it('refuses logits of a network that broke', async () => {
    const error = await errorOf(() => logitMetrics(Float32Array.from([0, 1, NaN, 1]), [0, 1], 2));
    expect(error).toBeInstanceOf(DivergenceError);
    expect(error.message).toMatch(/not finite \(NaN for image 1\)/);
  });
});
