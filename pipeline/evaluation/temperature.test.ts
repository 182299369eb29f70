import { describe, expect, it } from 'vitest';
import { uniform } from '../testing/numbers.ts';
import { calibrationErrorOf, expectedCalibrationError, fitTemperature, negativeLogLikelihood, reliabilityBins } from './temperature.ts';

/** `rows` answers of the same two logits, of which `right` have the first class as the true one. */
function answers(gap: number, rows: number, right: number): { logits: Float32Array; labels: number[] } {
  return {
    logits: Float32Array.from({ length: 2 * rows }, (_, i) => (i % 2 === 0 ? gap : 0)),
    labels: Array.from({ length: rows }, (_, i) => (i < right ? 0 : 1)),
  };
}

describe('negativeLogLikelihood', () => {
  it('is the mean of -log softmax(logits / T) at the true class', () => {
    const logits = Float32Array.of(2 * Math.log(3), 0, 0, 0);
    // T = 2: (3/4, 1/4) and (1/2, 1/2), true classes 1 and 0.
    expect(negativeLogLikelihood(logits, [1, 0], 2, 2)).toBeCloseTo((Math.log(4) + Math.log(2)) / 2, 6);
    expect(negativeLogLikelihood(logits, [1, 0], 2, 1)).toBeCloseTo((Math.log(10) + Math.log(2)) / 2, 6);
  });

  it('does not overflow', () => {
    expect(negativeLogLikelihood(Float32Array.of(1e4, 0), [1], 2, 0.5)).toBeCloseTo(2e4, 3);
  });
});

describe('fitTemperature', () => {
  it.each([
    // Three of four right: best where the probability is 3/4, at gap / T = ln 3.
    [Math.log(3) * 2, 4, 3, 2],
    [Math.log(3) / 2, 4, 3, 0.5],
    [Math.log(9), 10, 9, 1],
    [Math.log(9) * 5, 10, 9, 5],
  ])('a gap of %f with %i answers of which %i right', (gap, rows, right, temperature) => {
    const { logits, labels } = answers(gap, rows, right);
    expect(fitTemperature(logits, labels, 2)).toBeCloseTo(temperature, 2);
  });

  it('finds the temperature that labels were drawn at', () => {
    const [count, classes, temperature] = [20_000, 5, 2.5];
    const logits = uniform(count * classes, 1, -6, 6);
    const draws = uniform(count, 2, 0, 1);
    const labels = Array.from({ length: count }, (_, i) => {
      const weights = [...logits.subarray(i * classes, (i + 1) * classes)].map((logit) => Math.exp(logit / temperature));
      let left = draws[i] * weights.reduce((a, b) => a + b, 0);
      return Math.max(
        0,
        weights.findIndex((weight) => (left -= weight) < 0),
      );
    });
    expect(Math.abs(fitTemperature(logits, labels, classes) - temperature)).toBeLessThan(0.1);
  });

  it('stays in its range where every answer is right, or every one wrong', () => {
    // Towards certainty the likelihood is flat, to the last bit: any small temperature will do.
    const [sure, unsure] = [answers(3, 4, 4), answers(3, 4, 0)].map(({ logits, labels }) => fitTemperature(logits, labels, 2));
    expect(sure).toBeGreaterThanOrEqual(0.05);
    expect(sure).toBeLessThan(0.2);
    expect(unsure).toBeCloseTo(20, 1);
  });
});

describe('expectedCalibrationError', () => {
  it('is zero where confidence is what is right', () => {
    const { logits, labels } = answers(Math.log(3), 4, 3);
    expect(expectedCalibrationError(logits, labels, 2, 1)).toBeCloseTo(0, 6);
  });

  it('is the distance between confidence and accuracy', () => {
    // Confidence 3/4, half of four right.
    const { logits, labels } = answers(Math.log(3), 4, 2);
    expect(expectedCalibrationError(logits, labels, 2, 1)).toBeCloseTo(0.25, 6);
  });

  it('weighs each bin by its share, and does not let bins cancel', () => {
    // Confidence 3/4 of 4 answers, all right: 0.25 short; confidence 9/10 of 12 answers, 9 right: 0.15 too much.
    const [sure, surer] = [answers(Math.log(3), 4, 4), answers(Math.log(9), 12, 9)];
    const logits = Float32Array.of(...sure.logits, ...surer.logits);
    expect(expectedCalibrationError(logits, [...sure.labels, ...surer.labels], 2, 1)).toBeCloseTo(0.25 * (4 / 16) + 0.15 * (12 / 16), 6);
  });

  it('counts a confidence of one in the last bin', () => {
    expect(expectedCalibrationError(Float32Array.of(1000, 0), [1], 2, 1)).toBeCloseTo(1, 6);
  });

  it('falls when the fitted temperature is used', () => {
    const { logits, labels } = answers(4, 40, 30);
    expect(expectedCalibrationError(logits, labels, 2, fitTemperature(logits, labels, 2))).toBeLessThan(
      0.1 * expectedCalibrationError(logits, labels, 2, 1),
    );
  });
});

describe('reliability', () => {
  it('has 15 bins, each image in the one of its confidence', () => {
    // Probabilities 3/4 and 1/4, the larger for class 0, 0, 1, 1.
    const logits = Float32Array.from([Math.log(3), 0, Math.log(3), 0, 0, Math.log(3), 0, Math.log(3)]);
    const bins = reliabilityBins(logits, [0, 1, 1, 1], 2, 1);
    expect(bins).toHaveLength(15);
    // 0.75 · 15 = 11.25
    expect(bins.map(({ count }) => count)).toEqual([...Array<number>(11).fill(0), 4, 0, 0, 0]);
    expect(bins[11]).toMatchObject({ lower: 11 / 15, upper: 12 / 15, correct: 3 });
    expect(bins[11].confidence).toBeCloseTo(3, 5);
  });

  it('errs by the share of each bin times its gap', () => {
    const bins = [
      { lower: 0, upper: 0.5, count: 4, correct: 1, confidence: 2 },
      { lower: 0.5, upper: 1, count: 6, correct: 6, confidence: 4.5 },
    ];
    expect(calibrationErrorOf(bins)).toBeCloseTo((1 + 1.5) / 10, 12);
  });
});
