/** Single nodes and a whole program, by hand. */
import { describe, expect, it } from 'vitest';
import { checkProgram } from './check-program.ts';
import { createIntegerRunner, kernelOf } from './interpreter.ts';
import { evenSides, type IntegerLogits, type IntegerNode, type IntegerProgram } from './program.ts';
import { sizeOfShape } from './shape.ts';

const base = { name: 'n', inputs: ['a'], scale: 1, zeroPoint: 0 };
const all = { low: 0, high: 127 };
/** Multiplies by 1/4: 2^15 / 2^17 would need 16 bits. */
const quarter = { multiplier: Int16Array.of(1 << 14), shift: Uint8Array.of(16) };

function compute(node: Exclude<IntegerNode, IntegerLogits>, shapes: number[][], ...inputs: number[][]): number[] {
  const output = new Uint8Array(sizeOfShape(node.shape));
  kernelOf(node, shapes)(
    inputs.map((values) => Uint8Array.from(values)),
    output,
  );
  return [...output];
}

const map3 = [1, 2, 3, 4, 5, 6, 7, 8, 9];

describe('nodes', () => {
  it('input: pixels by factor and offset per channel', () => {
    // (level · 2 + 1) / 4, halves up; (255 - level) / 2.
    const node: IntegerNode = {
      op: 'input',
      ...base,
      inputs: [],
      shape: [1, 2, 2],
      ...all,
      factor: Int16Array.of(2, -2),
      offset: Int32Array.of(1, 510),
      shift: 2,
    };
    expect(compute(node, [[1, 2, 2]], [10, 0, 255, 255])).toEqual([5, 127, 127, 0]);
  });

  it('convolution: padding holds the zero point, sums are scaled, rounded up at halves, shifted and cut off', () => {
    // All weights 1, so that each value is the sum of its 3x3 window; zero point 2 outside; a quarter, plus 3, at most 9.
    const node: IntegerNode = {
      op: 'convolution',
      ...base,
      zeroPoint: 3,
      shape: [3, 3, 1],
      low: 3,
      high: 9,
      weights: new Int8Array(9).fill(1),
      bias: Int32Array.of(-18),
      ...quarter,
      kernel: 3,
      stride: 1,
      padding: evenSides(1),
      groups: 1,
      paddingValue: 2,
    };
    // Corner: 1+2+4+5 and five times 2 is 22, less 18 is 4: 1 + 3. Edge: 21 + 6 - 18 = 9: 2.25. Centre: 45 - 18 = 27: 6.75, which is cut off.
    expect(compute(node, [[3, 3, 1]], map3)).toEqual([4, 5, 5, 7, 9, 8, 7, 9, 8]);
  });

  it('convolution of stride 2 with two inputs and three outputs', () => {
    const weights = Int8Array.of(1, 0, 0, 1, 1, -1);
    const node: IntegerNode = {
      op: 'convolution',
      ...base,
      shape: [1, 2, 3],
      ...all,
      weights,
      bias: Int32Array.of(0, 0, 100),
      multiplier: new Int16Array(3).fill(1),
      shift: new Uint8Array(3).fill(1),
      kernel: 1,
      stride: 2,
      padding: evenSides(0),
      groups: 1,
      paddingValue: 0,
    };
    // Pixels (10, 20) and (50, 61): halves of 10, 20, 100 - 10; of 50, 61, 100 - 11.
    expect(compute(node, [[1, 3, 2]], [10, 20, 30, 40, 50, 61])).toEqual([5, 10, 45, 25, 31, 45]);
  });

  it('convolution in two groups: each output sees its group alone', () => {
    const node: IntegerNode = {
      op: 'convolution',
      ...base,
      shape: [1, 1, 2],
      ...all,
      weights: Int8Array.of(1, 2, 3, 4),
      bias: Int32Array.of(0, 0),
      multiplier: new Int16Array(2).fill(2),
      shift: new Uint8Array(2).fill(1),
      kernel: 1,
      stride: 1,
      padding: evenSides(0),
      groups: 2,
      paddingValue: 0,
    };
    expect(compute(node, [[1, 1, 4]], [1, 10, 2, 20])).toEqual([21, 86]);
  });

  it('depthwise convolution', () => {
    const node: IntegerNode = {
      op: 'convolution',
      ...base,
      shape: [1, 1, 2],
      ...all,
      weights: Int8Array.of(1, 1, 1, 1, 0, 0, 0, -3),
      bias: Int32Array.of(0, 60),
      multiplier: new Int16Array(2).fill(2),
      shift: new Uint8Array(2).fill(1),
      kernel: 2,
      stride: 1,
      padding: evenSides(0),
      groups: 2,
      paddingValue: 0,
    };
    expect(compute(node, [[2, 2, 2]], [1, 5, 2, 6, 3, 7, 4, 8])).toEqual([10, 36]);
  });

  it('convolution with another padding at each side', () => {
    // A window of 2x2 ones: one row of 9s above, one column of 9s to the right.
    const node: IntegerNode = {
      op: 'convolution',
      ...base,
      shape: [2, 2, 1],
      ...all,
      weights: new Int8Array(4).fill(1),
      bias: Int32Array.of(0),
      multiplier: Int16Array.of(2),
      shift: Uint8Array.of(1),
      kernel: 2,
      stride: 1,
      padding: [1, 0, 0, 1],
      groups: 1,
      paddingValue: 9,
    };
    expect(compute(node, [[2, 2, 1]], [1, 2, 3, 4])).toEqual([21, 29, 10, 24]);
  });

  it('max pool with another padding at each side', () => {
    const node: IntegerNode = { op: 'maxPool', ...base, shape: [2, 2, 1], kernel: 2, stride: 2, padding: [0, 0, 1, 1] };
    expect(compute(node, [[3, 3, 1]], map3)).toEqual([5, 6, 8, 9]);
  });

  it('table: the entry of each activation', () => {
    const node: IntegerNode = { op: 'table', ...base, shape: [4], table: Uint8Array.from({ length: 128 }, (_, i) => 127 - i) };
    expect(compute(node, [[4]], [0, 1, 64, 127])).toEqual([127, 126, 63, 0]);
  });

  it('multiply: zero points first, then the product requantized; a vector multiplies each pixel', () => {
    // (x - 2) · (y - 1) / 4 + 5, halves up: 3·5 = 15, -1·5 = -5, 0, 8·7 = 56 by shape; by channel 5 and 7.
    const node: IntegerNode = {
      op: 'multiply',
      ...base,
      inputs: ['a', 'b'],
      zeroPoint: 5,
      shape: [1, 2, 2],
      low: 0,
      high: 20,
      zeroPoints: [2, 1],
      multiplier: 1 << 15,
      shift: 17,
    };
    expect(
      compute(
        node,
        [
          [1, 2, 2],
          [1, 2, 2],
        ],
        [5, 1, 2, 10],
        [6, 6, 9, 8],
      ),
    ).toEqual([9, 4, 5, 19]);
    expect(compute(node, [[1, 2, 2], [2]], [5, 1, 2, 10], [6, 8])).toEqual([9, 3, 5, 19]);
  });

  it('linear in the middle of a network', () => {
    const node: IntegerNode = {
      op: 'linear',
      ...base,
      zeroPoint: 5,
      shape: [2],
      ...all,
      weights: Int8Array.of(1, 1, -1, 0),
      bias: Int32Array.of(0, 0),
      multiplier: new Int16Array(2).fill(1),
      shift: new Uint8Array(2).fill(1),
    };
    expect(compute(node, [[2]], [3, 4])).toEqual([9, 4]);
  });

  it('add: scales are aligned, zero points are in the offset', () => {
    // (3·(a - 10) + (b - 4)) / 4 + 20: offset 80 - 30 - 4.
    const node: IntegerNode = {
      op: 'add',
      ...base,
      inputs: ['a', 'b'],
      zeroPoint: 20,
      shape: [3],
      low: 20,
      high: 127,
      factors: [3, 1],
      offset: 46,
      shift: 2,
    };
    expect(compute(node, [[3], [3]], [10, 12, 0], [4, 4, 4])).toEqual([20, 22, 20]);
  });

  it('affine: factors may be negative', () => {
    const node: IntegerNode = {
      op: 'affine',
      ...base,
      shape: [1, 1, 2],
      ...all,
      factor: Int16Array.of(-1, 3),
      offset: Int32Array.of(10, -3),
      shift: 1,
    };
    // (-7 + 10) / 2 = 1.5 up; (3·4 - 3) / 2 = 4.5 up.
    expect(compute(node, [[1, 1, 2]], [7, 4])).toEqual([2, 5]);
  });

  it('max pool: what lies outside is never the largest', () => {
    const node: IntegerNode = { op: 'maxPool', ...base, shape: [2, 2, 1], kernel: 3, stride: 2, padding: evenSides(1) };
    expect(compute(node, [[3, 3, 1]], map3)).toEqual([5, 6, 8, 9]);
  });

  it('average pool: padding counts, as the zero point', () => {
    // Window sums with 1 outside, less 9 · 1, of 9: corners (12 + 5 - 9) / 9 = 0.89, 12 / 9, 20 / 9, 24 / 9.
    const node: IntegerNode = {
      op: 'averagePool',
      ...base,
      zeroPoint: 1,
      shape: [2, 2, 1],
      ...all,
      kernel: 3,
      stride: 2,
      padding: evenSides(1),
      paddingValue: 1,
      factor: 1,
      bias: -9,
      multiplier: 29_127,
      shift: 18,
    };
    expect(compute(node, [[3, 3, 1]], map3)).toEqual([2, 2, 3, 4]);
  });

  it('global average pool', () => {
    const node: IntegerNode = {
      op: 'globalAveragePool',
      ...base,
      zeroPoint: 7,
      shape: [2],
      ...all,
      factor: 3,
      bias: -24,
      multiplier: 2,
      shift: 3,
    };
    // Channel sums 1+3+5+8 = 17 and 10+10+10+12 = 42, three times, less 24, a quarter: 6.75 and 25.5.
    expect(compute(node, [[2, 2, 2]], [1, 10, 3, 10, 5, 10, 8, 12])).toEqual([14, 33]);
  });

  it.each<[string, Exclude<IntegerNode, IntegerLogits>, number[][], number[][], number[]]>([
    [
      'channel shuffle',
      { op: 'channelShuffle', ...base, shape: [1, 1, 6], groups: 2 },
      [[1, 1, 6]],
      [[0, 1, 2, 3, 4, 5]],
      [0, 3, 1, 4, 2, 5],
    ],
    ['channel slice', { op: 'channelSlice', ...base, shape: [1, 2, 2], start: 1 }, [[1, 2, 3]], [[0, 1, 2, 3, 4, 5]], [1, 2, 4, 5]],
    [
      'concat',
      { op: 'concat', ...base, inputs: ['a', 'b'], shape: [1, 2, 3] },
      [
        [1, 2, 1],
        [1, 2, 2],
      ],
      [
        [1, 2],
        [3, 4, 5, 6],
      ],
      [1, 3, 4, 2, 5, 6],
    ],
    [
      'channels of the zero point',
      { op: 'padChannels', ...base, zeroPoint: 9, shape: [1, 1, 4], before: 1 },
      [[1, 1, 2]],
      [[1, 2]],
      [9, 1, 2, 9],
    ],
    ['every second row and column', { op: 'subsample', ...base, shape: [2, 2, 1], stride: 2 }, [[3, 3, 1]], [map3], [1, 3, 7, 9]],
  ])('%s', (_what, node, shapes, inputs, expected) => {
    expect(compute(node, shapes, ...inputs)).toEqual(expected);
  });
});

const program: IntegerProgram = {
  name: 'two pixels',
  nodes: [
    {
      op: 'input',
      name: 'pixels',
      inputs: [],
      shape: [1, 2, 1],
      scale: 0.5,
      zeroPoint: 0,
      ...all,
      factor: Int16Array.of(2),
      offset: Int32Array.of(0),
      shift: 2,
    },
    {
      op: 'globalAveragePool',
      name: 'pooled',
      inputs: ['pixels'],
      shape: [1],
      scale: 0.5,
      zeroPoint: 0,
      ...all,
      bias: 0,
      factor: 4,
      multiplier: 1 << 14,
      shift: 17,
    },
    {
      op: 'logits',
      name: 'fc',
      inputs: ['pooled'],
      shape: [2],
      scale: 0.25,
      zeroPoint: 0,
      weights: Int8Array.of(100, -100),
      bias: Int32Array.of(0, 8),
      multiplier: new Int16Array(2).fill(1 << 14),
      shift: new Uint8Array(2).fill(17),
    },
  ],
};

describe('a program', () => {
  it('gives integers, and the float32 numbers that they stand for', () => {
    checkProgram(program);
    const runner = createIntegerRunner(program);
    // Image 1: 20 and 31 to 10 and 16 (15.5 up), mean 13, times ±100, an eighth: 162.5 up; (-1300 + 8) / 8 = -161.5 up.
    const pixels = Uint8Array.of(20, 31, 0, 1);
    expect([...runner.integerLogits(pixels)]).toEqual([163, -161, 13, -11]);
    expect([...runner.logits(pixels)]).toEqual([40.75, -40.25, 3.25, -2.75]);
    expect([...runner.activations.get('pooled')!]).toEqual([1]);
  });

  it('refuses pixels that are no whole number of images', () => {
    expect(() => createIntegerRunner(program).integerLogits(new Uint8Array(3))).toThrow(
      'two pixels takes images of 1 x 2 x 1 bytes; came 3 bytes',
    );
  });
});
