import { describe, expect, it } from 'vitest';
import { createIntegerRunner } from '../integer/interpreter.ts';
import { checkProgram } from '../integer/check-program.ts';
import { relaxedKernels } from '../integer/kernels/module.ts';
import { checksum, SELF_TEST_CHECKSUMS, SELF_TEST_LOGITS, selfTestPixels, selfTestProgram } from '../integer/kernels/self-test.ts';
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
  it.each([7, 8] as const)('has the interpreter’s logits and activations, of %i bits', (bits) => {
    const program = selfTestProgram(bits);
    checkProgram(program);
    const runner = createIntegerRunner(program);
    const pixels = selfTestPixels();
    const size = pixels.length / 2;
    const found = [0, 1].map((image) => {
      const logits = [...runner.integerLogits(pixels.subarray(image * size, (image + 1) * size))];
      return { logits, activations: new Map([...runner.activations].map(([name, values]) => [name, values.slice()])) };
    });
    expect(found.flatMap(({ logits }) => logits)).toEqual(SELF_TEST_LOGITS[bits]);
    expect(found.reduce((sum, { activations }) => checksum(program, activations, sum), 0)).toBe(SELF_TEST_CHECKSUMS[bits]);
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
