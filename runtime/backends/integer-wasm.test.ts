import { describe, expect, it } from 'vitest';
import { createIntegerRunner } from '../integer/interpreter.ts';
import { checkProgram } from '../integer/check-program.ts';
import { relaxedKernels } from '../integer/kernels/module.ts';
import { selfTestOf, selfTestProgram } from '../integer/kernels/self-test.ts';
import { planProgram } from '../integer/plan/plan.ts';
import { fixtureProgram } from '../testing/fixture-program.ts';
import { describeIntegerConformance } from '../testing/integer-conformance.ts';
import { createIntegerWasmBackend, integerWasmKernels } from './integer-wasm.ts';

describeIntegerConformance('wasm', () => createIntegerWasmBackend('wasm'));
describeIntegerConformance('wasm-scalar', () => createIntegerWasmBackend('wasm-scalar'));

const relaxed = await integerWasmKernels('wasm-relaxed').then(
  () => undefined,
  (error: Error) => error.message,
);
if (relaxed === undefined) describeIntegerConformance('wasm-relaxed', () => createIntegerWasmBackend('wasm-relaxed'));
else it.skip(`integers on wasm-relaxed [skipped: ${relaxed}]`, () => undefined);

describe('the self-test', () => {
  it.each([7, 8] as const)('has the interpreter’s logits and activations, of %i bits', async (bits) => {
    const program = selfTestProgram(bits);
    checkProgram(program);
    const runner = createIntegerRunner(program);
    const opened = (keepActivations?: boolean) => ({
      integerLogits: runner.integerLogits,
      activations: () => (keepActivations ? runner.activations : new Map<string, Uint8Array>()),
      dispose: () => undefined,
    });
    expect(await selfTestOf(bits, async (_program, { keepActivations }) => opened(keepActivations))).toBeUndefined();
    // Activations reach both ends of their range, where instructions differ.
    const dense = runner.activations.get('dense')!;
    expect([Math.min(...dense), Math.max(...dense)]).toEqual([0, 2 ** bits - 1]);
  });

  it('says of an engine without the instructions that it lacks them', async () => {
    const backend = createIntegerWasmBackend('wasm-relaxed', { open: async () => Promise.reject(new Error('no relaxed SIMD')) });
    await expect(backend.init()).rejects.toThrow('no relaxed SIMD');
  });
});

it('refuses 8 bits where the dot product takes 7', () => {
  expect(() => planProgram({ ...fixtureProgram(), activationBits: 8 }, relaxedKernels())).toThrow(
    'the relaxed dot product takes activations of 7 bits; shapes has 8',
  );
});
