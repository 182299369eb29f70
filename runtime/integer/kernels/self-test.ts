/**
 * A small program whose activations and logits are known, computed before any other: some engines compile an instruction wrongly (V8's baseline
 * compiler of Node 20 the relaxed dot product), and goldens cost more than this. It has every kernel that one of our networks calls.
 */
import type { ActivationBits } from '../arithmetic.ts';
import type { IntegerNode, IntegerProgram } from '../program.ts';
import { openProgram, type PlannedProgram } from '../plan/execute.ts';
import type { PlanOptions } from '../plan/plan.ts';
import type { KernelSet } from './module.ts';

/** Values that reach the ends of their range and repeat late. */
const spread = (length: number, low: number, high: number): number[] =>
  Array.from({ length }, (_, i) => low + ((i * i * 7 + i * 31) % (high - low + 1)));

/** @param bits all bits of an activation are used */
export function selfTestProgram(bits: ActivationBits): IntegerProgram {
  const largest = 2 ** bits - 1;
  const activation = { scale: 1, zeroPoint: 3, low: 0, high: largest };
  const weighted = (outputs: number, size: number, shift: number) => ({
    weights: Int8Array.from(spread(outputs * size, -127, 127)),
    bias: Int32Array.from(spread(outputs, -2000, 9000)),
    multiplier: Int16Array.from(spread(outputs, 20_000, 32_767)),
    shift: new Uint8Array(outputs).fill(shift),
  });
  const nodes: IntegerNode[] = [
    {
      op: 'input',
      name: 'input',
      inputs: [],
      shape: [5, 6, 3],
      ...activation,
      factor: Int16Array.of(1 << (bits + 3), 1 << (bits + 3), 1 << (bits + 2)),
      offset: Int32Array.of(0, 2048, 0),
      shift: 11,
    },
    {
      op: 'convolution',
      name: 'dense',
      inputs: ['input'],
      shape: [5, 6, 12],
      ...activation,
      ...weighted(12, 27, 22),
      kernel: 3,
      stride: 1,
      padding: [1, 1, 1, 1],
      groups: 1,
      paddingValue: 3,
    },
    {
      op: 'convolution',
      name: 'depthwise',
      inputs: ['dense'],
      shape: [5, 6, 12],
      ...activation,
      ...weighted(12, 9, 21),
      kernel: 3,
      stride: 1,
      padding: [1, 1, 1, 1],
      groups: 12,
      paddingValue: 3,
    },
    {
      op: 'convolution',
      name: 'pointwise',
      inputs: ['depthwise'],
      shape: [5, 6, 12],
      ...activation,
      ...weighted(12, 12, 20),
      kernel: 1,
      stride: 1,
      padding: [0, 0, 0, 0],
      groups: 1,
      paddingValue: 3,
    },
    {
      op: 'add',
      name: 'sum',
      inputs: ['pointwise', 'dense'],
      shape: [5, 6, 12],
      ...activation,
      factors: [9000, 7000],
      offset: 5,
      shift: 14,
    },
    { op: 'channelShuffle', name: 'shuffled', inputs: ['sum'], shape: [5, 6, 12], scale: 1, zeroPoint: 3, groups: 3 },
    {
      op: 'maxPool',
      name: 'largest',
      inputs: ['shuffled'],
      shape: [3, 3, 12],
      scale: 1,
      zeroPoint: 3,
      kernel: 3,
      stride: 2,
      padding: [1, 1, 1, 1],
    },
    {
      op: 'globalAveragePool',
      name: 'mean',
      inputs: ['largest'],
      shape: [12],
      ...activation,
      factor: 1,
      bias: 0,
      multiplier: 29_127,
      shift: 18,
    },
    { op: 'logits', name: 'logits', inputs: ['mean'], shape: [4], scale: 1, zeroPoint: 0, ...weighted(4, 12, 18) },
  ];
  return { name: 'the self-test', activationBits: bits, nodes };
}

const SIZE = 5 * 6 * 3;
/** Two images. */
const PIXELS = Uint8Array.from(spread(2 * SIZE, 0, 255));

/** Checksums by the interpreter; a test compares them with it. */
const CHECKSUMS: Record<ActivationBits, number> = { 7: 931683935, 8: 103362816 };

interface Opened extends Pick<PlannedProgram, 'dispose'> {
  integerLogits(pixels: Uint8Array): Int32Array | Promise<Int32Array>;
  activations(): ReadonlyMap<string, Uint8Array>;
}

/**
 * Computes each image as the program runs, then with every activation kept, so that none is hidden by a pool behind it.
 * @returns what is wrong, in one line; undefined if nothing is
 */
export async function selfTestOf(
  bits: ActivationBits,
  open: (program: IntegerProgram, options: PlanOptions) => Promise<Opened>,
): Promise<string | undefined> {
  const program = selfTestProgram(bits);
  let sum = 0;
  for (const keepActivations of [false, true]) {
    const opened = await open(program, { keepActivations });
    for (let at = 0; at < PIXELS.length; at += SIZE) {
      const logits = await opened.integerLogits(PIXELS.subarray(at, at + SIZE));
      const activations = opened.activations();
      for (const { name } of program.nodes)
        for (const value of name === 'logits' ? logits : (activations.get(name) ?? [])) sum = (Math.imul(sum, 31) + value) | 0;
    }
    opened.dispose();
  }
  return sum === CHECKSUMS[bits] ? undefined : `its kernels fail their self-test: the checksum is ${sum}, expected ${CHECKSUMS[bits]}`;
}

export const selfTest = (set: KernelSet, module: WebAssembly.Module): Promise<string | undefined> =>
  selfTestOf(set.sevenBits ? 7 : 8, (program, options) => openProgram(program, set, module, options));
