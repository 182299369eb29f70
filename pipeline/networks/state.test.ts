import { describe, expect, it } from 'vitest';
import { createRandom } from '../data/augmentation/index.ts';
import { errorOf } from '../testing/error-of.ts';
import { uniform } from '../testing/numbers.ts';
import { randomState } from '../testing/random-state.ts';
import { buildNetwork } from './index.ts';
import { layouts, type Layout } from './layout.ts';
import { assertStateFits, initialState, stateSpec } from './state.ts';

const network = buildNetwork('resnet8', { inputShape: { height: 8, width: 8, channels: 1 }, classes: 5 });

describe('initialState', () => {
  const state = initialState(buildNetwork('resnet20', { inputShape: { height: 8, width: 8, channels: 1 }, classes: 5 }), createRandom(1));
  const moments = (data: Float32Array): { mean: number; deviation: number } => {
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    return { mean, deviation: Math.sqrt(data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length) };
  };

  it('draws convolutions from a normal distribution of variance 2 / fan-out', () => {
    // [64, 64, 3, 3]: √(2 / (64·9)) = 0.058926, from 36,864 draws.
    const { data, shape } = state.get('layer3.2.conv2.weight')!;
    expect(shape).toEqual([64, 64, 3, 3]);
    const { mean, deviation } = moments(data);
    expect(Math.abs(mean)).toBeLessThan(0.0015);
    expect(deviation / 0.058926).toBeCloseTo(1, 1);
    // A normal distribution has 4.55 % beyond two deviations; a uniform one of this variance has none.
    const far = data.filter((value) => Math.abs(value) > 2 * 0.058926).length / data.length;
    expect(far).toBeGreaterThan(0.04);
    expect(far).toBeLessThan(0.051);
    // Fan-out, not fan-in, where they differ: [32, 16, 3, 3] has √(2 / (32·9)) = 0.083333.
    expect(moments(state.get('layer2.0.conv1.weight')!.data).deviation / 0.083333).toBeCloseTo(1, 1);
  });

  it('draws the linear layer uniformly within 1 / √in, weights and bias', () => {
    const { data } = state.get('fc.weight')!;
    const bound = 1 / Math.sqrt(64);
    expect(Math.max(...data)).toBeLessThanOrEqual(bound);
    expect(Math.max(...data)).toBeGreaterThan(0.95 * bound);
    expect(Math.min(...data)).toBeLessThan(-0.95 * bound);
    expect(moments(data).deviation / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
    const bias = state.get('fc.bias')!.data;
    expect(bias.every((value) => Math.abs(value) <= bound && value !== 0)).toBe(true);
  });

  it('starts batch norms as the identity', () => {
    expect(new Set(state.get('bn1.weight')!.data)).toEqual(new Set([1]));
    expect(new Set(state.get('bn1.bias')!.data)).toEqual(new Set([0]));
    expect(new Set(state.get('layer2.0.downsample.1.running_mean')!.data)).toEqual(new Set([0]));
    expect(new Set(state.get('layer2.0.downsample.1.running_var')!.data)).toEqual(new Set([1]));
  });

  it('fits its network, and depends on the seed alone', () => {
    const [first, again, other] = [3, 3, 4].map((seed) => initialState(network, createRandom(seed)));
    assertStateFits(network, first, 'initial');
    expect(again).toEqual(first);
    expect(other.get('conv1.weight')!.data).not.toEqual(first.get('conv1.weight')!.data);
  });
});

describe('layouts', () => {
  const hwio = (values: number[], shape: number[]): number[] => [...layouts.convolution.toDevice(Float32Array.from(values), shape).data];

  it('OIHW to HWIO moves each weight to its place', () => {
    // Two outputs, one input, 1x2 kernels: o0 = (1, 2), o1 = (3, 4).
    expect(hwio([1, 2, 3, 4], [2, 1, 1, 2])).toEqual([1, 3, 2, 4]);
    // One output, two inputs, 1x2: i0 = (1, 2), i1 = (3, 4).
    expect(hwio([1, 2, 3, 4], [1, 2, 1, 2])).toEqual([1, 3, 2, 4]);
    // A 2x1 and a 1x2 kernel keep their order of rows and columns.
    expect(hwio([1, 2], [1, 1, 2, 1])).toEqual([1, 2]);
  });

  it('transposes [rows, columns]', () => {
    expect(layouts.transposed.toDevice(Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3])).toEqual({
      data: Float32Array.of(1, 4, 2, 5, 3, 6),
      shape: [3, 2],
    });
  });

  const rank: Record<keyof typeof layouts, number[]> = {
    same: [3, 5, 2],
    convolution: [5, 4, 3, 2],
    depthwise: [5, 1, 3, 2],
    transposed: [7, 3],
    transposedPointwise: [7, 3, 1, 1],
    pointwise: [7, 3],
  };

  it.each(Object.entries(layouts) as [keyof typeof layouts, Layout][])('%s loses nothing there and back', (name, layout) => {
    const shape = rank[name];
    const data = uniform(
      shape.reduce((a, b) => a * b, 1),
      9,
    );
    const device = layout.toDevice(data, shape);
    const sizes = (of: number[]): number[] => of.filter((size) => size !== 1).sort();
    expect(sizes(device.shape)).toEqual(sizes(shape));
    expect(layout.fromDevice(device.data, shape)).toEqual(data);
  });
});

describe('assertStateFits', () => {
  it('takes a state that fits', () => {
    expect(() => assertStateFits(network, randomState(network), 'a.safetensors')).not.toThrow();
  });

  it('names the first entry that is missing', async () => {
    const state = randomState(network);
    state.delete('bn1.running_var');
    expect((await errorOf(() => assertStateFits(network, state, 'a.safetensors'))).message).toBe(
      'a.safetensors: "bn1.running_var" [16] of resnet8 is missing',
    );
  });

  it('names an entry of another shape, with both shapes', async () => {
    const state = randomState(network);
    state.set('fc.weight', { shape: [10, 64], data: new Float32Array(640) });
    expect((await errorOf(() => assertStateFits(network, state, 'a.safetensors'))).message).toBe(
      'a.safetensors: "fc.weight" has shape [10,64], resnet8 with 5 classes expects [5,64]',
    );
  });

  it('names what does not belong', async () => {
    const state = randomState(network);
    for (const name of ['a', 'b', 'c', 'd']) state.set(name, { shape: [1], data: new Float32Array(1) });
    expect((await errorOf(() => assertStateFits(network, state, 'a.safetensors'))).message).toBe(
      'a.safetensors: 4 entries do not belong to resnet8: a, b, c',
    );
  });

  it('has a spec in which shapes are what the entries hold', () => {
    for (const { name, shape } of stateSpec(network))
      expect(randomState(network).get(name)!.data.length, name).toBe(shape.reduce((a, b) => a * b, 1));
  });
});
