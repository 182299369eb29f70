import { expect, it } from 'vitest';
import { integerWasmKernels } from '../../backends/integer-wasm.ts';
import { requantize } from '../arithmetic.ts';
import { openProgram } from '../plan/execute.ts';
import type { IntegerProgram } from '../program.ts';

/** Accumulators on both sides of every carry, multipliers at both ends, every shift; below 17 as far as products fit (`checkProgram`). */
function roundings(): { accumulator: number; multiplier: number; shift: number }[] {
  const edges = [0, 1, 2, 0x7fff, 0x8000, 0xffff, 0x10000, 0x10001, 0x1ffff, 0x123456, 0x7fffff, 0x800000, 0x7ffffffe, 0x7fffffff];
  const all = [];
  for (let shift = 1; shift <= 46; shift++)
    for (const multiplier of [0, 1, 2, 3, 127, 16_383, 16_384, 16_385, 32_766, 32_767])
      for (const accumulator of [...edges, ...edges.map((edge) => -edge - 1)])
        if (shift >= 17 || Math.abs(accumulator) * multiplier < 2 ** 30) all.push({ accumulator, multiplier, shift });
  return all;
}

/** A program whose logits are the roundings: their biases, and weights of 0. */
function programOf(all: ReturnType<typeof roundings>): IntegerProgram {
  const activation = { scale: 1, zeroPoint: 0, low: 0, high: 127 };
  return {
    name: 'roundings',
    nodes: [
      {
        op: 'input',
        name: 'input',
        inputs: [],
        shape: [1, 1, 1],
        ...activation,
        factor: Int16Array.of(1),
        offset: Int32Array.of(0),
        shift: 1,
      },
      { op: 'globalAveragePool', name: 'mean', inputs: ['input'], shape: [1], ...activation, factor: 1, bias: 0, multiplier: 1, shift: 1 },
      {
        op: 'logits',
        name: 'logits',
        inputs: ['mean'],
        shape: [all.length],
        scale: 1,
        zeroPoint: 0,
        weights: new Int8Array(all.length),
        bias: Int32Array.from(all, ({ accumulator }) => accumulator),
        multiplier: Int16Array.from(all, ({ multiplier }) => multiplier),
        shift: Uint8Array.from(all, ({ shift }) => shift),
      },
    ],
  };
}

it.each(['wasm', 'wasm-scalar'] as const)('rounds as the definition does at every shift of version 1, on %s', async (name) => {
  const all = roundings();
  expect(all.length).toBeGreaterThan(10_000);
  const { set, module } = await integerWasmKernels(name, 'doubles');
  const found = (await openProgram(programOf(all), set, module)).integerLogits(Uint8Array.of(0));
  const wrong = all.filter(({ accumulator, multiplier, shift }, i) => found[i] !== requantize(accumulator, multiplier, shift));
  expect(wrong).toEqual([]);
});
