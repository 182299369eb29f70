import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createIntegerWasmBackend, integerWasmKernels, type IntegerWasmName } from '../../backends/integer-wasm.ts';
import { createClassifier } from '../../classifier/classifier.ts';
import { loadPackage, type LoadedPackage } from '../../package/load.ts';
import { differenceFromInterpreter } from '../../testing/compare-programs.ts';
import { createFixturePackage, readFixture } from '../../testing/fixture-package.ts';
import { fixtureProgram } from '../../testing/fixture-program.ts';
import { randomPixels, randomProgram } from '../../testing/random-program.ts';
import { checkProgram } from '../check-program.ts';
import { simdKernels, type KernelSet } from '../kernels/module.ts';
import { selfTest } from '../kernels/self-test.ts';
import type { IntegerConvolution, IntegerProgram, Sides } from '../program.ts';
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

/** One convolution between an input and logits. */
function convolutionProgram(
  height: number,
  width: number,
  channels: number,
  outputs: number,
  changes: Partial<Pick<IntegerConvolution, 'kernel' | 'stride' | 'padding' | 'groups'>>,
): IntegerProgram {
  const { kernel = 3, stride = 1, padding = [1, 1, 1, 1] as Sides, groups = 1 } = changes;
  const activation = { scale: 1, zeroPoint: 9, low: 0, high: 127 };
  const weighted = (count: number, size: number) => ({
    weights: Int8Array.from({ length: count * size }, (_, i) => ((i * i * 31 + i * 7) % 255) - 127),
    bias: Int32Array.from({ length: count }, (_, o) => (o - 3) * 900),
    multiplier: Int16Array.from({ length: count }, (_, o) => 32_767 - 100 * o),
    shift: new Uint8Array(count).fill(22),
  });
  const rows = Math.floor((height + padding[0] + padding[2] - kernel) / stride) + 1;
  const columns = Math.floor((width + padding[1] + padding[3] - kernel) / stride) + 1;
  const program: IntegerProgram = {
    name: 'one convolution',
    nodes: [
      {
        op: 'input',
        name: 'in',
        inputs: [],
        shape: [height, width, channels],
        ...activation,
        factor: new Int16Array(channels).fill(1 << 10),
        offset: new Int32Array(channels),
        shift: 11,
      },
      {
        op: 'convolution',
        name: 'conv',
        inputs: ['in'],
        shape: [rows, columns, outputs],
        ...activation,
        ...weighted(outputs, (kernel * kernel * channels) / groups),
        kernel,
        stride,
        padding,
        groups,
        paddingValue: 9,
      },
      {
        op: 'globalAveragePool',
        name: 'mean',
        inputs: ['conv'],
        shape: [outputs],
        ...activation,
        factor: 4,
        bias: 0,
        multiplier: 20_000,
        shift: 20,
      },
      { op: 'logits', name: 'fc', inputs: ['mean'], shape: [3], scale: 1, zeroPoint: 0, ...weighted(3, outputs) },
    ],
  };
  checkProgram(program);
  return program;
}

describe.each(['wasm', 'wasm-scalar'] as const)('convolutions at the edges, on %s', (backend) => {
  const counts = Array.from({ length: 40 }, (_, i) => i + 1);
  const agrees = async (program: IntegerProgram): Promise<void> => {
    const { set, module } = await integerWasmKernels(backend);
    expect(
      await differenceFromInterpreter(
        program,
        await openProgram(program, set, module, { keepActivations: true }),
        randomPixels(program, 1, 1),
      ),
    ).toBeUndefined();
  };
  it('every number of channels from 1 to 40', async () => {
    for (const channels of counts) await agrees(convolutionProgram(3, 5, channels, 41 - channels, {}));
  });
  it('every number of channels, depthwise', async () => {
    for (const channels of counts) await agrees(convolutionProgram(3, 5, channels, channels, { groups: channels }));
  });
  it('every width from 1 to 13, every stride', async () => {
    for (let width = 1; width <= 13; width++) for (const stride of [1, 2, 3]) await agrees(convolutionProgram(2, width, 5, 9, { stride }));
  });
  it('maps of one pixel, kernels of 1, 3, 5 and 7', async () => {
    for (const kernel of [1, 3, 5, 7])
      await agrees(
        convolutionProgram(1, 1, 6, 17, { kernel, padding: Array.from({ length: 4 }, () => (kernel - 1) / 2) as unknown as Sides }),
      );
  });
  it('every padding of a 3x3 kernel', async () => {
    for (let code = 0; code < 81; code++)
      await agrees(
        convolutionProgram(4, 3, 4, 8, {
          padding: [0, 1, 2, 3].map((side) => Math.floor(code / 3 ** side) % 3) as unknown as Sides,
          stride: 1 + (code % 2),
        }),
      );
  });
  it('every grouping of 24 channels', async () => {
    for (const groups of [1, 2, 3, 4, 6, 8, 12, 24])
      for (const outputs of [groups, 24, 48]) if (outputs % groups === 0) await agrees(convolutionProgram(3, 3, 24, outputs, { groups }));
  });
});

describe('a plan', () => {
  it('says which node of version 1 it does not compute', () => {
    const program = fixtureProgram();
    (program.nodes[1] as IntegerConvolution).shift[0] = 34;
    expect(() => planProgram(program, simdKernels())).toThrow(
      'node "conv" has a shift of 34, as programs of version 1 could: only the interpreter computes it',
    );
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
