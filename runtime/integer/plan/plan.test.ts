import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createIntegerWasmBackend, integerWasmKernels, type IntegerWasmName } from '../../backends/integer-wasm.ts';
import { createClassifier } from '../../classifier/classifier.ts';
import { loadPackage, type LoadedPackage } from '../../package/load.ts';
import { differenceFromInterpreter } from '../../testing/compare-programs.ts';
import { edgeConvolutions } from '../../testing/edge-convolutions.ts';
import { createFixturePackage, readFixture } from '../../testing/fixture-package.ts';
import { fixtureProgram } from '../../testing/fixture-program.ts';
import { randomPixels, randomProgram } from '../../testing/random-program.ts';
import { randomProgramOfVersion1 } from '../../testing/random-program-of-version-1.ts';
import { simdKernels, type KernelSet } from '../kernels/module.ts';
import { NeedsDoubles } from '../kernels/requantize.ts';
import { selfTest } from '../kernels/self-test.ts';
import type { IntegerConvolution } from '../program.ts';
import { compileKernels, openProgram } from './execute.ts';
import { planProgram } from './plan.ts';

const missing = await integerWasmKernels('wasm-relaxed').then(
  () => '',
  (error: Error) => error.message,
);
const BACKENDS: [IntegerWasmName, string][] = [
  ['wasm', ''],
  ['wasm-relaxed', missing],
  ['wasm-scalar', ''],
];

describe.each(BACKENDS)('random programs on %s', (backend, missing) => {
  const [programs, perTest] = [300, 75];
  it.skipIf(missing !== '').each(Array.from({ length: programs / perTest }, (_, i) => i * perTest))(
    `from %i on give the interpreter's integers${missing && ` [skipped: ${missing}]`}`,
    async (seed) => {
      const { set, module } = await integerWasmKernels(backend);
      for (let i = 0; i < perTest; i++) {
        const program = randomProgram(seed + i, set.sevenBits ? 7 : undefined);
        const pixels = randomPixels(program, seed + i, 1);
        for (const keepActivations of [false, true]) {
          const planned = await openProgram(program, set, module, { keepActivations });
          expect(await differenceFromInterpreter(program, planned, pixels, { everyNode: keepActivations })).toBeUndefined();
        }
      }
    },
  );
});

describe.each(BACKENDS)('random programs of version 1 on %s', (name, missing) => {
  it.skipIf(missing !== '')(`give the interpreter's integers${missing && ` [skipped: ${missing}]`}`, async () => {
    const backend = createIntegerWasmBackend(name);
    for (let seed = 0; seed < 60; seed++) {
      const program = randomProgramOfVersion1(seed);
      const pixels = randomPixels(program, seed, 1);
      for (const keepActivations of [false, true]) {
        const loaded = await backend.loadProgram(program, { keepActivations });
        const compared = { integerLogits: loaded.integerLogits, activations: () => loaded.activations };
        expect(await differenceFromInterpreter(program, compared, pixels, { everyNode: keepActivations })).toBeUndefined();
      }
    }
    expect(backend.description()).toContain(
      `, 1 thread; shifts of version 1 by doubles${name === 'wasm-relaxed' ? ', without relaxed SIMD' : ''}`,
    );
  });
});

describe.each(['wasm', 'wasm-scalar'] as const)('convolutions at the edges, on %s', (backend) => {
  it.each(Object.entries(edgeConvolutions))('%s', async (_what, programs) => {
    const { set, module } = await integerWasmKernels(backend);
    for (const program of programs()) {
      const planned = await openProgram(program, set, module, { keepActivations: true });
      expect(await differenceFromInterpreter(program, planned, randomPixels(program, 1, 1))).toBeUndefined();
    }
  });
});

describe('a plan', () => {
  it('says of a program of version 1 which kernels it needs', () => {
    const program = fixtureProgram();
    (program.nodes[1] as IntegerConvolution).shift[0] = 12;
    expect(() => planProgram(program, simdKernels())).toThrow(NeedsDoubles);
  });
  it('refuses pixels that are no whole number of images', async () => {
    const { set, module } = await integerWasmKernels('wasm');
    const program = await openProgram(fixtureProgram(), set, module);
    expect(() => program.integerLogits(new Uint8Array(65))).toThrow('shapes takes images of 8 x 8 x 1 bytes; came 65 bytes');
  });
});

const instantiate = WebAssembly.instantiate.bind(WebAssembly) as (
  module: WebAssembly.Module,
  imports: WebAssembly.Imports,
) => Promise<WebAssembly.Instance>;
afterEach(() => vi.restoreAllMocks());

/** Kernels that are right until `isWrong` holds of a call, and then change the first activation that the call wrote. */
async function wrongKernels(
  isWrong: (call: { kernel: string; parameter(name: string): number; nth: number }) => boolean,
): Promise<{ set: KernelSet; module: WebAssembly.Module }> {
  const set = simdKernels();
  const module = await compileKernels(set);
  let nth = 0;
  vi.spyOn(WebAssembly, 'instantiate').mockImplementation((async (compiled: WebAssembly.Module, imports: WebAssembly.Imports) => {
    const { exports } = await instantiate(compiled, imports);
    const words = new Int32Array((imports.host.memory as WebAssembly.Memory).buffer);
    const activations = new Int16Array(words.buffer);
    const replaced = Object.fromEntries(
      Object.entries(exports).map(([kernel, compute]) => [
        kernel,
        (at: number, from: number, to: number) => {
          (compute as (...call: number[]) => void)(at, from, to);
          nth++;
          const parameter = (name: string): number =>
            words[at / 4 + set.kernels[kernel as keyof KernelSet['kernels']].fields.indexOf(name)];
          // One lane: the channel 1 of the first pixel, of eight.
          if (isWrong({ kernel, parameter, nth })) activations[parameter('y') / 2 + 1] ^= 16;
        },
      ]),
    );
    return { exports: replaced };
  }) as never);
  return { set, module };
}

describe('kernels that are wrong', () => {
  let pkg: LoadedPackage;
  beforeAll(async () => {
    pkg = await loadPackage(readFixture(await createFixturePackage({ integer: true })), { variant: 'integer' });
  });

  it('in one lane: the self-test finds it', async () => {
    const { set, module } = await wrongKernels(({ kernel }) => kernel === 'convolution');
    expect(await selfTest(set, module)).toMatch(/^its kernels fail their self-test: .+ -?\d+, expected -?\d+$/);
  });

  it('at one shape that the self-test does not have: goldens find it', async () => {
    const columns = pkg.network.kind === 'program' ? pkg.network.program.nodes[1].shape[1] : 0;
    const { set, module } = await wrongKernels(({ kernel, parameter }) => kernel === 'mean' && parameter('kernelColumns') === columns);
    expect(await selfTest(set, module)).toBeUndefined();
    await expect(createClassifier(pkg, createIntegerWasmBackend('wasm', { open: async () => ({ set, module }) }))).rejects.toMatchObject({
      code: 'BACKEND_GOLDEN_MISMATCH',
    });
  });

  it('only after many calls: the check that recurs finds it, before an answer is given', async () => {
    let wrong = false;
    const { set, module } = await wrongKernels(({ kernel }) => wrong && kernel === 'mean');
    const classifier = await createClassifier(pkg, createIntegerWasmBackend('wasm', { open: async () => ({ set, module }) }), {
      recheckEvery: 100,
    });
    const image = pkg.goldenPixels.subarray(0, 64);
    for (let i = 0; i < 100; i++) await classifier.logits(image);
    wrong = true;
    await expect(classifier.logits(image)).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH' });
  });
});
