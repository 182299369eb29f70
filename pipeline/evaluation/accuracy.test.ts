import { describe, expect, it } from 'vitest';
import { accuracy, agreement, confusionCounts, predictions } from './accuracy.ts';

const CLASSES = 7;
const row = (...values: number[]): number[] => values;
const logits = Float32Array.from(
  [
    row(9, 1, 2, 3, 4, 5, 6), // 0 is right; 1 is last, 2 is sixth
    row(9, 1, 2, 3, 4, 5, 6), // 3 is fifth
    row(9, 1, 2, 3, 4, 5, 6), // 2 is sixth
  ].flat(),
);

describe('accuracy', () => {
  it('counts the true class among the largest one and the largest five', () => {
    expect(accuracy(logits, [0, 3, 2], CLASSES)).toEqual({ top1: 1 / 3, top5: 2 / 3, count: 3 });
    expect(accuracy(logits, [0, 0, 0], CLASSES)).toEqual({ top1: 1, top5: 1, count: 3 });
    expect(accuracy(logits, [1, 1, 1], CLASSES)).toEqual({ top1: 0, top5: 0, count: 3 });
  });

  it('of equal logits takes the lower class as the larger, as predictions does', () => {
    const tied = Float32Array.of(3, 3, 1, 1, 1, 1, 1);
    expect(accuracy(tied, [0], CLASSES).top1).toBe(1);
    expect(accuracy(tied, [1], CLASSES).top1).toBe(0);
    // Classes 2 to 6 tie for the third place: 4 is fifth, 5 is not.
    expect(accuracy(tied, [4], CLASSES).top5).toBe(1);
    expect(accuracy(tied, [5], CLASSES).top5).toBe(0);
    expect([...predictions(tied, CLASSES)]).toEqual([0]);
    const flat = new Float32Array(2 * CLASSES);
    expect(accuracy(flat, [0, 1], CLASSES).top1).toBe(0.5);
    expect([...predictions(flat, CLASSES)]).toEqual([0, 0]);
  });

  it('counts a network that answers NaN as wrong', () => {
    expect(accuracy(new Float32Array(CLASSES).fill(NaN), [0], CLASSES)).toEqual({ top1: 0, top5: 0, count: 1 });
    expect(accuracy(Float32Array.of(NaN, 1, 1, 1, 1, 1, 1), [0], CLASSES).top1).toBe(0);
    expect(accuracy(Float32Array.of(5, NaN, 1, 1, 1, 1, 1), [0], CLASSES).top1).toBe(0);
  });

  it('agrees with predictions on any logits', () => {
    const labels = Array.from({ length: 3 }, (_, i) => predictions(logits, CLASSES)[i]);
    expect(accuracy(logits, labels, CLASSES).top1).toBe(1);
  });
});

describe('agreement', () => {
  it('is the fraction of rows with the largest logit in the same place', () => {
    // Largest at 0, 1, 1, 0 and at 0, 1, 0, 0: three of four.
    const ours = Float32Array.from([3, 1, 0, 2, 1, 5, 9, 4]);
    const reference = Float32Array.from([1, 0, -1, 0, 2, 1, 1, 1]);
    expect(agreement(ours, reference, 2)).toBe(0.75);
    expect(agreement(ours, ours, 2)).toBe(1);
  });
});

describe('confusionCounts', () => {
  it('has true classes in rows', () => {
    expect(confusionCounts(Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1), [0, 1, 1, 1], 2)).toEqual([
      [1, 0],
      [1, 2],
    ]);
  });
});
