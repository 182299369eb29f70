import { softmax } from '@sld-edge/runtime';
import { describe, expect, it } from 'vitest';
import { uniform } from '../testing/numbers.ts';
import { abstainThreshold, selectiveAccuracy } from './abstain-threshold.ts';
import { calibrateVariant } from './calibrate-variant.ts';

/** Two classes; each answer is class 0 with the given probability at temperature 2, and right or not. */
function answers(...given: [probability: number, right: boolean][]): { logits: Float32Array; labels: number[] } {
  return {
    logits: Float32Array.from(given.flatMap(([p]) => [2 * Math.log(p / (1 - p)), 0])),
    labels: given.map(([, right]) => (right ? 0 : 1)),
  };
}

const threshold = (allowed: number, ...given: Parameters<typeof answers>): number | undefined => {
  const { logits, labels } = answers(...given);
  return abstainThreshold(logits, labels, 2, 2, allowed);
};

describe('abstainThreshold', () => {
  it('lies between the last answer that may be given and the next', () => {
    // Surest first: right, right, wrong (1 of 3), right (1 of 4), wrong (2 of 5).
    const given: Parameters<typeof answers> = [
      [0.6, false],
      [0.9, true],
      [0.7, true],
      [0.95, true],
      [0.8, false],
    ];
    expect(threshold(0.1, ...given)).toBeCloseTo(0.85, 6);
    expect(threshold(0.25, ...given)).toBeCloseTo(0.65, 6);
    expect(threshold(0.3, ...given)).toBeCloseTo(0.65, 6);
    expect(threshold(0.4, ...given)).toBe(0);
  });

  it('gives as many answers as may be: a bad stretch is made up for by what comes after it', () => {
    expect(threshold(0.25, [0.9, false], [0.8, true], [0.7, true], [0.6, true])).toBe(0);
  });

  it('gives or withholds answers of one probability together', () => {
    expect(threshold(0.4, [0.9, true], [0.8, true], [0.8, false], [0.8, false])).toBeCloseTo(0.85, 6);
  });

  it('is exact where the error allowed is met exactly, whatever its binary fraction', () => {
    // 0.29 · 100 is 28.999999999999996 in float64.
    const given = Array.from({ length: 100 }, (_, i): [number, boolean] => [0.9 - i / 1000, i >= 29]);
    expect(threshold(0.29, ...given)).toBe(0);
    expect(threshold(0.28, ...given)).toBeUndefined();
  });

  it('is none where even the surest answer is wrong', () => {
    expect(threshold(0.2, [0.9, false], [0.8, true])).toBeUndefined();
  });

  it('keeps the error on what it was chosen on, with the largest coverage that does', () => {
    const [count, classes] = [400, 4];
    const logits = uniform(count * classes, 3, -3, 3);
    const draws = uniform(count, 4, 0, 1);
    const labels = Array.from({ length: count }, (_, i) => {
      const probabilities = softmax(logits.subarray(i * classes, (i + 1) * classes), 1);
      let left = draws[i];
      return Math.max(
        0,
        probabilities.findIndex((p) => (left -= p) < 0),
      );
    });
    for (const allowed of [0.05, 0.1, 0.2, 0.3]) {
      const chosen = abstainThreshold(logits, labels, classes, 1, allowed)!;
      const { coverage, error } = selectiveAccuracy(logits, labels, classes, 1, chosen);
      expect(error).toBeLessThanOrEqual(allowed);
      expect(coverage).toBeGreaterThan(0);
      // Any smaller threshold that lets one more image through breaks the bound.
      for (let t = 0; t < chosen - 0.002; t += 0.001) {
        const more = selectiveAccuracy(logits, labels, classes, 1, t);
        if (more.coverage > coverage) expect(more.error, `at ${t}`).toBeGreaterThan(allowed);
      }
    }
  });
});

describe('selectiveAccuracy', () => {
  const { logits, labels } = answers([0.9, true], [0.8, false], [0.7, true], [0.6, false]);

  it('counts what is answered and what of it is wrong', () => {
    expect(selectiveAccuracy(logits, labels, 2, 2, 0.75)).toEqual({ coverage: 0.5, error: 0.5, count: 4 });
    expect(selectiveAccuracy(logits, labels, 2, 2, null)).toEqual({ coverage: 1, error: 0.5, count: 4 });
  });

  it('has no error where nothing is answered', () => {
    expect(selectiveAccuracy(logits, labels, 2, 2, 1)).toEqual({ coverage: 0, error: 0, count: 4 });
  });
});

describe('calibrateVariant', () => {
  // Three of four right at one probability: the temperature makes it 3/4.
  const gap = 4;
  const set = (right: number) => ({
    logits: Float32Array.from({ length: 32 }, (_, i) => (i % 2 === 0 ? gap : 0)),
    labels: Array.from({ length: 16 }, (_, i) => (Math.floor(i / 2) % 4 < right ? 0 : 1)),
  });

  it('fits on validation images and states what came of it on test images', () => {
    const { temperature, errorBefore, errorAfter, abstainThreshold, abstain } = calibrateVariant('uint8', set(3), set(2), 2, 0);
    expect(temperature).toBeCloseTo(gap / Math.log(3), 2);
    // Half of the test images are right: probabilities of 1/(1 + e⁻⁴) and 3/4 are that much too high.
    expect(errorBefore).toBeCloseTo(1 / (1 + Math.exp(-4)) - 0.5, 5);
    expect(errorAfter).toBeCloseTo(0.25, 3);
    expect([abstainThreshold, abstain]).toEqual([null, null]);
  });

  it('does without a temperature that makes the error of images larger that it was not fitted on', () => {
    // One half of the validation images is all right, so that the fitted temperature makes answers surer; the other half is half wrong.
    const halves = { ...set(4), labels: Array.from({ length: 16 }, (_, i) => (i % 4 === 1 ? 1 : 0)) };
    const { temperature, errorBefore, errorAfter } = calibrateVariant('uint8', halves, set(2), 2, 0);
    expect(temperature).toBe(1);
    expect(errorAfter).toBe(errorBefore);
  });

  it('judges a temperature on both halves: it has to help either one by what was fitted on the other', () => {
    // Logits of 3 and 0 say a probability of 0.953; so many of the 16 images of each half are right.
    const halves = (even: number, odd: number) => ({
      logits: Float32Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 3 : 0)),
      labels: Array.from({ length: 32 }, (_, i) => (Math.floor(i / 2) < (i % 2 === 0 ? even : odd) ? 0 : 1)),
    });
    // 10/16 and 12/16: the probability of either is nearer to the other than 0.953 is. Of all: 22 of 32 right.
    expect(calibrateVariant('uint8', halves(10, 12), set(2), 2, 0).temperature).toBeCloseTo(3 / Math.log(22 / 10), 2);
    // 15/16 and 13/16: 0.953 is 0.015 from the first, which the second's 0.8125 makes 0.125; the first's 0.9375 helps the second.
    expect(calibrateVariant('uint8', halves(15, 13), set(2), 2, 0).temperature).toBe(1);
    expect(calibrateVariant('uint8', halves(13, 15), set(2), 2, 0).temperature).toBe(1);
  });

  it('does without a temperature for a single image, which leaves nothing to judge by', () => {
    expect(calibrateVariant('uint8', { logits: Float32Array.of(3, 0), labels: [1] }, set(2), 2, 0).temperature).toBe(1);
  });

  it('states coverage and error of the threshold on both sets', () => {
    const { abstainThreshold, abstain } = calibrateVariant('uint8', set(3), set(2), 2, 0.25);
    expect(abstainThreshold).toBe(0);
    expect(abstain).toEqual({
      allowedError: 0.25,
      validation: { coverage: 1, error: 0.25, count: 16 },
      test: { coverage: 1, error: 0.5, count: 16 },
    });
  });

  it('fails in one line where no threshold keeps the error', () => {
    expect(() => calibrateVariant('uint8', set(3), set(2), 2, 0.2)).toThrow(
      '--abstain-error 0.2: on the 16 validation images even the surest answers of uint8 are wrong more often; nothing was packaged',
    );
  });
});

it('a half of the validation images without a mistake fits no temperature', () => {
  const [right, wrong] = [
    [2, 0],
    [0, 2],
  ];
  const of = (rows: number[][]) => ({ logits: Float32Array.from(rows.flat()), labels: rows.map(() => 0) });
  const test = of([right, right, wrong]);
  const calibrated = (rows: number[][]) => calibrateVariant('float32', of(rows), test, 2, 0);
  const unfitted = { temperature: 1, flawlessValidation: true };
  expect(calibrated(Array.from({ length: 40 }, () => right))).toMatchObject(unfitted);
  // Only images of even places are mistaken.
  expect(calibrated(Array.from({ length: 40 }, (_, i) => (i % 8 === 0 ? wrong : right)))).toMatchObject(unfitted);
  expect(calibrated(Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? wrong : right)))).not.toHaveProperty('flawlessValidation');
});
