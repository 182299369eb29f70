import { describe, expect, it } from 'vitest';
import { firstDifference, makeIntegerGoldens } from './goldens.ts';
import { createIntegerRunner } from './interpreter.ts';
import type { IntegerLinear, IntegerLogits, IntegerProgram } from './program.ts';

function made(): IntegerProgram & { nodes: [unknown, unknown, IntegerLinear, IntegerLogits] } {
  const activation = { scale: 0.5, zeroPoint: 0, low: 0, high: 127 };
  const weighted = () => ({ bias: Int32Array.of(0, 8), multiplier: new Int16Array(2).fill(1 << 14), shift: new Uint8Array(2).fill(17) });
  return {
    name: 'made',
    nodes: [
      {
        op: 'input',
        name: 'in',
        inputs: [],
        shape: [1, 2, 1],
        ...activation,
        factor: Int16Array.of(2),
        offset: Int32Array.of(0),
        shift: 2,
      },
      {
        op: 'globalAveragePool',
        name: 'pool',
        inputs: ['in'],
        shape: [1],
        ...activation,
        bias: 0,
        factor: 4,
        multiplier: 1 << 14,
        shift: 17,
      },
      { op: 'linear', name: 'hidden', inputs: ['pool'], shape: [2], ...activation, weights: Int8Array.of(50, 70), ...weighted() },
      {
        op: 'logits',
        name: 'fc',
        inputs: ['hidden'],
        shape: [2],
        scale: 0.25,
        zeroPoint: 0,
        weights: Int8Array.of(100, -100, 3, 60),
        ...weighted(),
      },
    ],
  } as never;
}

const pixels = Uint8Array.of(20, 30, 4, 8, 250, 100);

describe('goldens of an integer program', () => {
  it('hold the logits of each image, and a sum of each node', async () => {
    const goldens = await makeIntegerGoldens(made(), pixels);
    expect(goldens.count).toBe(3);
    expect(goldens.logits[0]).toEqual([...createIntegerRunner(made()).integerLogits(pixels.subarray(0, 2))]);
    expect(Object.keys(goldens.activations)).toEqual(['in', 'pool', 'hidden']);
    expect(await firstDifference(createIntegerRunner(made()), made(), goldens, pixels)).toBeUndefined();
  });

  it.each<[string, (program: ReturnType<typeof made>) => void, RegExp]>([
    ['in the middle', ({ nodes }) => nodes[2].weights.set([51]), /^linear "hidden" gives other activations$/],
    ['in the last layer', ({ nodes }) => nodes[3].bias.set([8]), /^logit 0 of image 0 is -?\d+, golden -?\d+$/],
  ])('say where an implementation begins to differ: %s', async (_what, change, message) => {
    const goldens = await makeIntegerGoldens(made(), pixels);
    const other = made();
    change(other);
    expect(await firstDifference(createIntegerRunner(other), made(), goldens, pixels)).toMatch(message);
  });

  it('ask an implementation only for the activations that it has', async () => {
    const goldens = await makeIntegerGoldens(made(), pixels);
    const whole = createIntegerRunner(made());
    expect(await firstDifference({ ...whole, activations: new Map() }, made(), goldens, pixels)).toBeUndefined();
    expect(await firstDifference(whole, made(), goldens, pixels.subarray(0, 4))).toBe('2 images against 3 golden ones');
  });
});
