import { describe, expect, it } from 'vitest';
import { minimise } from './minimise.ts';

const options = { steps: 200, tolerance: 1e-8, leastDecrease: 0 };

describe('minimise', () => {
  it('finds the minimum of a quadratic form of unlike curvatures', async () => {
    const { point, value } = await minimise(
      async ([x, y]) => ({ value: 50 * (x - 1) ** 2 + (y + 2) ** 2 / 2, gradient: Float64Array.of(100 * (x - 1), y + 2) }),
      Float64Array.of(5, 5),
      options,
    );
    expect(point[0]).toBeCloseTo(1, 7);
    expect(point[1]).toBeCloseTo(-2, 7);
    expect(value).toBeCloseTo(0, 12);
  });

  it("goes through the bent valley of Rosenbrock's function", async () => {
    const { point, steps } = await minimise(
      async ([x, y]) => ({
        value: (1 - x) ** 2 + 100 * (y - x * x) ** 2,
        gradient: Float64Array.of(-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)),
      }),
      Float64Array.of(-1.2, 1),
      options,
    );
    expect(point[0]).toBeCloseTo(1, 5);
    expect(point[1]).toBeCloseTo(1, 5);
    expect(steps).toBeLessThan(60);
  });

  it('leaves the start as it is, and ends where no step makes it better', async () => {
    const start = Float64Array.of(3);
    const { point, steps } = await minimise(async () => ({ value: 1, gradient: Float64Array.of(1) }), start, options);
    expect([start[0], point[0], steps]).toEqual([3, 3, 0]);
  });

  it('ends where five steps lower the value by too little', async () => {
    // x⁴ has its minimum at 0, which is come near ever more slowly.
    const evaluate = async ([x]: Float64Array) => ({ value: 1 + x ** 4, gradient: Float64Array.of(4 * x ** 3) });
    const whole = await minimise(evaluate, Float64Array.of(1.3), options);
    const early = await minimise(evaluate, Float64Array.of(1.3), { ...options, leastDecrease: 1e-3 });
    expect(early.steps).toBeLessThan(whole.steps);
    expect(early.value - 1).toBeLessThan(1e-3);
  });
});
