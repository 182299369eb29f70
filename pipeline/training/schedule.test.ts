import { describe, expect, it } from 'vitest';
import { learningRate, type Schedule } from './schedule.ts';

const STEPS_PER_EPOCH = 10;
const EPOCHS = 4;

const rates = (schedule: Schedule, warmupSteps = 0): number[] =>
  Array.from({ length: STEPS_PER_EPOCH * EPOCHS }, (_, step) => learningRate(schedule, 0.1, step, STEPS_PER_EPOCH, EPOCHS, warmupSteps));

describe('learningRate', () => {
  it('step: multiplies by the factor from the epoch after each milestone on', () => {
    const all = rates({ kind: 'step', milestones: [2, 3], factor: 0.1 });
    all.slice(0, 20).forEach((rate) => expect(rate).toBe(0.1));
    all.slice(20, 30).forEach((rate) => expect(rate).toBeCloseTo(0.01, 12));
    all.slice(30).forEach((rate) => expect(rate).toBeCloseTo(0.001, 12));
  });

  it('cosine: from the base to almost zero, half of it half-way', () => {
    const all = rates({ kind: 'cosine' });
    expect(all[0]).toBe(0.1);
    expect(all[20]).toBeCloseTo(0.05, 12);
    // 0.05 · (1 + cos(39π/40)).
    expect(all[39]).toBeCloseTo(0.000154133, 9);
    all.slice(1).forEach((rate, i) => expect(rate).toBeLessThan(all[i]));
  });

  it('warms up linearly over the first steps, then begins the schedule at its base', () => {
    const all = rates({ kind: 'cosine' }, 8);
    expect(all[0]).toBeCloseTo(0.0125, 12);
    expect(all[3]).toBeCloseTo(0.05, 12);
    expect(all[7]).toBeCloseTo(0.1, 12);
    expect(all[8]).toBe(0.1);
    // Half-way through the 32 steps that are left.
    expect(all[24]).toBeCloseTo(0.05, 12);
    expect(rates({ kind: 'step', milestones: [1], factor: 0.5 }, 5).slice(3, 12)).toEqual(
      [0.08, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05].map((rate) => expect.closeTo(rate, 12)),
    );
  });
});
