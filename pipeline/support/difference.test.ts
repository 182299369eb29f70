import { describe, expect, it } from 'vitest';
import { relativeDifference } from './difference.ts';

describe('relativeDifference', () => {
  it('is the largest difference by the largest magnitude expected', () => {
    expect(relativeDifference(Float32Array.of(1, -4), Float32Array.of(1.5, -4))).toBe(0.125);
    expect(relativeDifference([NaN, -4], [1.5, -4])).toBeNaN();
    expect(relativeDifference([0.5, 0], [0, 0])).toBe(0.5);
    expect(() => relativeDifference(new Float32Array(2), new Float32Array(3))).toThrow('got 2 values; expected 3');
  });
});
