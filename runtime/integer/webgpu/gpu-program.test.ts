import { afterAll, describe, expect, it } from 'vitest';
import { softwareWebgpu } from '../../../pipeline/testing/software-webgpu.ts';
import { differenceFromInterpreter } from '../../testing/compare-programs.ts';
import { edgeConvolutions } from '../../testing/edge-convolutions.ts';
import { fixtureProgram } from '../../testing/fixture-program.ts';
import { randomNumbers, randomPixels, randomProgram } from '../../testing/random-program.ts';
import { randomProgramOfVersion1 } from '../../testing/random-program-of-version-1.ts';
import { createIntegerRunner } from '../interpreter.ts';
import type { IntegerConvolution, IntegerProgram } from '../program.ts';
import { openKernels, type GpuKernels } from './device.ts';
import { openGpuProgram } from './gpu-program.ts';

const { missing, gpu } = await softwareWebgpu();
const open = async (packedDot: boolean): Promise<GpuKernels> => openKernels((await gpu!.requestAdapter())!, packedDot);
const kernels = gpu && { packed: await open(true), plain: await open(false) };
afterAll(() => Object.values(kernels ?? {}).forEach(({ device }) => device.destroy()));

const DOTS = ['packed', 'plain'] as const;

/** As it runs, with sums in convolutions and memory used twice; then with every node's activations kept. */
async function agrees(
  program: IntegerProgram,
  dots: (typeof DOTS)[number],
  { pixels = randomPixels(program, 1, 1), kept = [false, true] } = {},
): Promise<void> {
  for (const keepActivations of kept) {
    const opened = await openGpuProgram(program, kernels![dots], { keepActivations });
    expect(await differenceFromInterpreter(program, opened, pixels)).toBeUndefined();
    expect(opened.activations().size).toBe(keepActivations ? program.nodes.length - 1 : 0);
    opened.dispose();
  }
}

describe.skipIf(missing !== '').each(DOTS)(`on a GPU with %s dot products${missing}`, (dots) => {
  it('random programs give the interpreter’s integers', async () => {
    for (let seed = 0; seed < 30; seed++) await agrees(randomProgram(seed + (dots === 'plain' ? 30 : 0)), dots);
  });

  it.each(Object.entries(edgeConvolutions))('convolutions: %s', async (_what, programs) => {
    for (const program of programs()) await agrees(program, dots, { kept: [true] });
  });

  it('8 bits, at both ends of activations and weights', async () => {
    const program: IntegerProgram = { ...fixtureProgram(), activationBits: 8 };
    for (const node of program.nodes) if ('high' in node) node.high = 255;
    (program.nodes[1] as IntegerConvolution).weights.set([127, -127, 127, -127]);
    await agrees(program, dots, { pixels: new Uint8Array(64).fill(255) });
    await agrees(program, dots, { pixels: new Uint8Array(64) });
  });
});

/** One logit for each accumulator: the bias is the accumulator, for every weight is 0. */
function requantizing(cases: readonly (readonly [accumulator: number, multiplier: number, shift: number])[]): IntegerProgram {
  const { nodes } = fixtureProgram();
  const logits: IntegerProgram['nodes'][number] = {
    op: 'logits',
    name: 'logits',
    inputs: ['pool'],
    shape: [cases.length],
    scale: 1,
    zeroPoint: 0,
    weights: new Int8Array(cases.length * nodes[2].shape[0]),
    bias: Int32Array.from(cases, ([accumulator]) => accumulator),
    multiplier: Int16Array.from(cases, ([, multiplier]) => multiplier),
    shift: Uint8Array.from(cases, ([, , shift]) => shift),
  };
  return { name: 'one rounding', nodes: [...nodes.slice(0, -1), logits] };
}

it.skipIf(missing !== '')(`rounds as the definition does, at every shift and at the ends of 32 bits${missing}`, async () => {
  const random = randomNumbers(1);
  const whole = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const [int32, multiplier] = [2 ** 31 - 1, 2 ** 15 - 1];
  const cases: [number, number, number][] = [];
  for (let shift = 1; shift <= 46; shift++) {
    // Below a shift of 17 the product itself stays below 2^30.
    const largest = (m: number): number => (shift < 17 ? Math.floor((2 ** 30 - 1) / Math.max(1, m)) : int32);
    for (const m of [0, 1, 2, 16_384, multiplier])
      for (const a of [0, 1, -1, 65_535, -65_536, largest(m), -largest(m)]) if (Math.abs(a) <= largest(m)) cases.push([a, m, shift]);
    // Halves, and what lies on either side of them.
    for (const off of [-1, 0, 1]) if (shift <= 30) cases.push([2 ** (shift - 1) + off, 1, shift], [-(2 ** (shift - 1)) + off, 1, shift]);
    for (let i = 0; i < 1000; i++) {
      const m = whole(0, multiplier);
      cases.push([whole(-largest(m), largest(m)), m, shift]);
    }
  }
  const program = requantizing(cases);
  const opened = await openGpuProgram(program, kernels!.packed);
  const found = await opened.integerLogits(new Uint8Array(64));
  opened.dispose();
  const wrong = cases.filter(([a, m, s], i) => BigInt(found[i]) !== (BigInt(a) * BigInt(m) + (1n << BigInt(s - 1))) >> BigInt(s));
  expect(wrong).toEqual([]);
});

describe.skipIf(missing !== '')(`a program on a GPU${missing}`, () => {
  it('computes shifts of version 1 alone', async () => {
    for (let seed = 0; seed < 10; seed++) await agrees(randomProgramOfVersion1(seed), 'packed');
  });

  it('gives a batch of any size what its images alone give, and more images than it takes at once', async () => {
    const program = fixtureProgram();
    const opened = await openGpuProgram(program, kernels!.packed);
    for (const images of [3, 1, 65, 2]) {
      const pixels = randomPixels(program, images, images);
      expect(await opened.integerLogits(pixels)).toEqual(createIntegerRunner(program).integerLogits(pixels));
    }
    expect(await opened.integerLogits(new Uint8Array(0))).toEqual(new Int32Array(0));
    opened.dispose();
  });

  it('submits an image once', async () => {
    const program = fixtureProgram();
    const opened = await openGpuProgram(program, kernels!.packed);
    const { queue } = kernels!.packed.device;
    const submit = queue.submit.bind(queue);
    let submissions = 0;
    Object.defineProperty(queue, 'submit', {
      configurable: true,
      value: (commands: GPUCommandBuffer[]) => {
        submissions++;
        submit(commands);
      },
    });
    await opened.integerLogits(randomPixels(program, 1, 7));
    expect(submissions).toBe(1);
    Reflect.deleteProperty(queue, 'submit');
    opened.dispose();
  });

  it('says in one line that the device does not hold it', async () => {
    const device = new Proxy(kernels!.packed.device, {
      get: (target, name) => (name === 'limits' ? { maxStorageBufferBindingSize: 64 } : Reflect.get(target, name)),
    });
    await expect(openGpuProgram(fixtureProgram(), { ...kernels!.packed, device })).rejects.toThrow(
      /^shapes takes \d+ bytes of weights and \d+ of activations; this GPU allows 64 of each$/,
    );
  });
});
