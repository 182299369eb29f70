import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../../engines/engine.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { meanOf, activationLevels, type Activations } from './activations.ts';
import { inputMoments } from './input-moments.ts';

let tf: Tfjs;
beforeAll(async () => {
  tf = (await wasmEngine()).tf;
});

describe('activationLevels', () => {
  it('rounds halves upwards and cuts off', () => {
    expect([...activationLevels(Float32Array.of(-9, -0.25, 0, 0.26, 1, 99), { scale: 0.5, zeroPoint: 3, largest: 127 })]).toEqual([
      0, 3, 3, 4, 5, 127,
    ]);
  });
});

describe('meanOf', () => {
  it('is the mean over images, of levels as real numbers', () => {
    const levels = { scale: 0.5, zeroPoint: 2 };
    const batches = [Uint8Array.of(2, 4, 4, 8), Uint8Array.of(6, 0)];
    // Levels 4 and 4 on average.
    expect([...meanOf({ shape: [2], batches, levels }).data]).toEqual([1, 1]);
  });
});

describe('inputMoments', () => {
  it('has the covariances of a vector', async () => {
    // Images (1, 2) and (3, 8); in levels of 2 they are (2, 2) and (4, 8).
    const real: Activations = { shape: [2], batches: [Float32Array.of(1, 2, 3, 8)] };
    const rounded: Activations = { shape: [2], batches: [Uint8Array.of(1, 1, 2, 4)], levels: { scale: 2, zeroPoint: 0 } };
    const [[{ size, covariance, drift }]] = await inputMoments(
      tf,
      { kernel: 1, stride: 1, padding: 0, groups: 1, shape: [3] },
      real,
      rounded,
    );
    expect(size).toBe(2);
    // (∓1, ∓3) about the means; two images tell nothing of the drift.
    expect([...covariance]).toEqual([1, 3, 3, 9]);
    expect(drift).toBeUndefined();
  });

  it('has those of each channel’s window, with zeros around the map', async () => {
    // Two channels of one row of two pixels, windows of 3 x 3 with a padding of 1: a window's middle row is all that is not padding.
    const values = Float32Array.of(1, 10, 3, 50);
    const real: Activations = { shape: [1, 2, 2], batches: [values] };
    const moments = await inputMoments(tf, { kernel: 3, stride: 1, padding: 1, groups: 2, shape: [1, 2, 2] }, real, {
      ...real,
      batches: [Uint8Array.from(values)],
      levels: { scale: 1, zeroPoint: 0 },
    });
    // Rows of the first channel: (0, 1, 3) and (1, 3, 0), about their means (-0.5, -1, 1.5) and the opposite.
    const middle = (matrix: Float64Array): number[] => [3, 4, 5].flatMap((i) => [3, 4, 5].map((j) => matrix[9 * i + j]));
    expect(moments.map(([{ size }]) => size)).toEqual([9, 9]);
    expect(middle(moments[0][0].covariance)).toEqual([0.25, 0.5, -0.75, 0.5, 1, -1.5, -0.75, -1.5, 2.25]);
    // (0, 10, 50) and (10, 50, 0): about their means (-5, -20, 25).
    expect(middle(moments[1][0].covariance)).toEqual([25, 100, -125, 100, 400, -500, -125, -500, 625]);
    expect(moments[1][0].covariance.reduce((sum, value) => sum + Math.abs(value), 0)).toBe(2500);
  });
});
