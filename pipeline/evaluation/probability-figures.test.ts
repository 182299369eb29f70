import { describe, expect, it } from 'vitest';
import { brierScore, probabilityFigures, probabilityText, riskAtCoverage } from './probability-figures.ts';

/** Probabilities 3/4 and 1/4 for the first class, at T = 1; 9/10 and 1/10 at T = 1/2. */
const row = [Math.log(3), 0];

describe('brierScore', () => {
  it('is the mean squared distance from the truth, over all classes', () => {
    // Right: 2 · (1/4)² = 1/8; wrong: 2 · (3/4)² = 9/8.
    const logits = Float32Array.of(...row, ...row);
    expect(brierScore(logits, [0, 1], 2, 1)).toBeCloseTo((1 / 8 + 9 / 8) / 2, 6);
    // 2 · 0.01 and 2 · 0.81.
    expect(brierScore(logits, [0, 1], 2, 0.5)).toBeCloseTo((0.02 + 1.62) / 2, 6);
    expect(brierScore(Float32Array.of(0, 0, 0, 0), [2], 4, 1)).toBeCloseTo(9 / 16 + 3 / 16, 6);
  });
});

describe('riskAtCoverage', () => {
  // Sureness falls from image to image; the second, fourth and fifth are wrong.
  const logits = Float32Array.from([5, 4, 3, 2, 1].flatMap((gap) => [gap, 0]));
  const labels = [0, 1, 0, 1, 1];

  it.each([
    [0.2, 0],
    [0.4, 1 / 2],
    [0.6, 1 / 3],
    [0.8, 2 / 4],
    [1, 3 / 5],
    // A part of an answer is an answer.
    [0.41, 1 / 3],
  ])('%f: %f', (coverage, risk) => {
    expect(riskAtCoverage(logits, labels, 2, 1, coverage)).toBeCloseTo(risk, 9);
  });

  it('does not depend on the order of the images', () => {
    const turned = Float32Array.from([1, 2, 3, 4, 5].flatMap((gap) => [gap, 0]));
    expect(riskAtCoverage(turned, labels.toReversed(), 2, 1)).toBeCloseTo(2 / 4, 9);
  });
});

it('probabilityFigures are those of one temperature', () => {
  const figures = probabilityFigures(Float32Array.of(...row, ...row, ...row, ...row), [0, 0, 0, 1], 2, 1);
  // Right as often as confident; (3/8 + 9/8) / 4; four of the four surest are given.
  expect(figures.calibrationError).toBeCloseTo(0, 6);
  expect(figures.brierScore).toBeCloseTo(3 / 8, 6);
  expect(figures.riskAtCoverage).toBe(1 / 4);
  expect(probabilityText(figures)).toBe('as trained ECE 0.000, Brier score 0.375, 25.00 % of the surest 80 % wrong');
});
