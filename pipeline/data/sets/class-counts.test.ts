import { describe, expect, it } from 'vitest';
import { balancedClassWeights } from './class-counts.ts';

describe('balancedClassWeights', () => {
  it('is n / (classes · n_class)', () => {
    expect([...balancedClassWeights(Uint16Array.of(0, 0, 0, 1, 0, 0, 2, 2), 3)]).toEqual([8 / 15, 8 / 3, 8 / 6].map(Math.fround));
    expect([...balancedClassWeights([0, 1, 2, 0, 1, 2], 3)]).toEqual([1, 1, 1]);
  });

  it('is 0 for a class without images', () => {
    expect([...balancedClassWeights([1, 1], 3)]).toEqual([0, Math.fround(1 / 3), 0]);
  });
});
