import { describe, expect, it } from 'vitest';
import { createIntegerRunner } from '../integer/interpreter.ts';
import { checkProgram } from '../integer/check-program.ts';
import { relaxedKernels, simdKernels } from '../integer/kernels/module.ts';
import { SELF_TEST_LOGITS, selfTest, selfTestPixels, selfTestProgram } from '../integer/kernels/self-test.ts';
import { compileKernels } from '../integer/plan/execute.ts';
import { fixtureProgram } from '../testing/fixture-program.ts';
import { describeIntegerConformance } from '../testing/integer-conformance.ts';
import { createIntegerWasmBackend, integerWasmKernels } from './integer-wasm.ts';

describeIntegerConformance('wasm', () => createIntegerWasmBackend('wasm'));

const relaxed = await integerWasmKernels('wasm-relaxed').then(
  () => undefined,
  (error: Error) => error.message,
);
if (relaxed === undefined) describeIntegerConformance('wasm-relaxed', () => createIntegerWasmBackend('wasm-relaxed'));
else it.skip(`integers on wasm-relaxed [${relaxed}]`, () => undefined);

describe('the self-test', () => {
  it.each([7, 8] as const)('has the interpreter’s logits, of %i bits', (bits) => {
    const program = selfTestProgram(bits);
    checkProgram(program);
    const runner = createIntegerRunner(program);
    expect([...runner.integerLogits(selfTestPixels())]).toEqual(SELF_TEST_LOGITS[bits]);
    // Activations reach both ends of their range, where instructions differ.
    const dense = runner.activations.get('dense')!;
    expect([Math.min(...dense), Math.max(...dense)]).toEqual([0, 2 ** bits - 1]);
  });

  it('says of an engine without the instructions that it lacks them', async () => {
    const backend = createIntegerWasmBackend('wasm-relaxed', async () => Promise.reject(new Error('no relaxed SIMD')));
    await expect(backend.init()).rejects.toThrow('no relaxed SIMD');
  });

  it('refuses kernels of one wrong lane', async () => {
    const right = simdKernels();
    const module = await compileKernels(right);
    expect(await selfTest(right, module)).toBeUndefined();
    // The constant of the mean's clamp, another one in the module's bytes: a maximum where a minimum belongs.
    const wrong = { ...right, kernels: { ...right.kernels, mean: right.kernels.largest } };
    await expect(compileKernels(wrong).then((compiled) => selfTest(wrong, compiled))).rejects.toThrow(/lacks the parameter/);
  });
});

it('refuses 8 bits where the dot product takes 7', async () => {
  const { planProgram } = await import('../integer/plan/plan.ts');
  expect(() => planProgram({ ...fixtureProgram(), activationBits: 8 }, relaxedKernels())).toThrow('the relaxed dot product takes activations of 7 bits; shapes has 8');
});
