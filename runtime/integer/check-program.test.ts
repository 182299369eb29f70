import { describe, expect, it } from 'vitest';
import { accumulatorBound, checkProgram } from './check-program.ts';
import { readIntegerProgram, writeIntegerProgram, type IntegerProgramFile } from './program-file.ts';
import type { IntegerConvolution, IntegerInput, IntegerLogits, IntegerProgram } from './program.ts';

function made(): IntegerProgram & {
  nodes: [IntegerInput, IntegerConvolution, { op: 'globalAveragePool' } & Record<string, unknown>, IntegerLogits];
} {
  const activation = { scale: 0.5, zeroPoint: 0, low: 0, high: 127 };
  return {
    name: 'made',
    nodes: [
      {
        op: 'input',
        name: 'in',
        inputs: [],
        shape: [2, 2, 1],
        ...activation,
        factor: Int16Array.of(2),
        offset: Int32Array.of(0),
        shift: 2,
      },
      {
        op: 'convolution',
        name: 'conv',
        inputs: ['in'],
        shape: [2, 2, 1],
        ...activation,
        weights: Int8Array.of(1, -2, 3, -4, 5, -6, 7, -8, 9),
        bias: Int32Array.of(-5),
        multiplier: Int16Array.of(300),
        shift: Uint8Array.of(20),
        kernel: 3,
        stride: 1,
        padding: [1, 1, 1, 1],
        groups: 1,
        paddingValue: 0,
      },
      {
        op: 'globalAveragePool',
        name: 'pool',
        inputs: ['conv'],
        shape: [1],
        ...activation,
        bias: 0,
        factor: 2,
        multiplier: 1 << 14,
        shift: 17,
      },
      {
        op: 'logits',
        name: 'fc',
        inputs: ['pool'],
        shape: [2],
        scale: 0.25,
        zeroPoint: 0,
        weights: Int8Array.of(100, -100),
        bias: Int32Array.of(0, 8),
        multiplier: new Int16Array(2).fill(1 << 14),
        shift: new Uint8Array(2).fill(17),
      },
    ],
  } as never;
}

describe('accumulatorBound', () => {
  it('is |bias| + 127 · Σ |w| of one output', () => {
    expect(accumulatorBound(Int8Array.of(9, 9, 1, -2), -10, 1, 2)).toBe(10 + 127 * 3);
  });
});

describe('checkProgram', () => {
  it('takes a program that can be computed', () => {
    expect(() => checkProgram(made())).not.toThrow();
  });

  it.each<[string, (program: ReturnType<typeof made>) => void, RegExp]>([
    [
      'a bias with which the sum could leave 32 bits',
      ({ nodes }) => nodes[1].bias.fill(2 ** 31 - 5000),
      /node "conv" \(convolution\): an accumulator could reach 2147484363, which 32 bits do not hold$/,
    ],
    ['a shift below 17 where there is a multiplier', ({ nodes }) => nodes[1].shift.fill(16), /a shift is 16, allowed 17 to 32$/],
    ['a shift beyond 32', ({ nodes }) => nodes[1].shift.fill(33), /a shift is 33, allowed 17 to 32$/],
    ['a shift of 1 where there is none', ({ nodes }) => (nodes[0].shift = 1), /node "in" \(input\): a shift is 1, allowed 2 to 30$/],
    [
      'a half that leaves 32 bits',
      ({ nodes }) => ((nodes[0].shift = 30), nodes[0].offset.fill(2 ** 31 - 1000)),
      /could reach 2147483158, which with the half of a shift of 30 32 bits do not hold$/,
    ],
    ['padding of one number', ({ nodes }) => (nodes[1].padding = 1 as never), /its padding is no list of four: top, left, bottom, right$/],
    ['padding as wide as the window', ({ nodes }) => (nodes[1].padding = [0, 3, 0, 0]), /padding is 3, allowed 0 to 2$/],
    ['activations of 6 bits', (program) => (program.activationBits = 6 as never), /activationBits is 6, allowed 7 and 8$/],
    ['a negative multiplier', ({ nodes }) => nodes[1].multiplier.fill(-1), /a multiplier is -1, allowed 0 to 32767$/],
    ['a weight of -128', ({ nodes }) => nodes[1].weights.fill(-128), /has a weight of -128/],
    ['too few weights', ({ nodes }) => (nodes[1].weights = new Int8Array(8)), /has 8 weights, expected 9$/],
    ['weights of another type', ({ nodes }) => (nodes[1].weights = new Uint8Array(9) as never), /its weights are no Int8Array$/],
    ['padding of another value than zero', ({ nodes }) => (nodes[1].paddingValue = 1), /paddingValue is 1, allowed 0 to 0$/],
    ['an activation of 8 bits', ({ nodes }) => (nodes[1].high = 128), /high is 128, allowed 0 to 127$/],
    ['another shape than the inputs make', ({ nodes }) => (nodes[1].stride = 2), /has the shape \[2,2,1\], its inputs make \[1,1,1\]$/],
    [
      'logits that float32 does not hold',
      ({ nodes }) => (nodes[3].bias.fill(2 ** 30), nodes[3].multiplier.fill(32_767)),
      /logit 0 could reach 16777216/,
    ],
    ['an input that comes later', ({ nodes }) => (nodes[1].inputs = ['pool']), /reads "pool", which no earlier node is$/],
    ['two nodes of one name', ({ nodes }) => (nodes[2].name = 'conv'), /has the name of an earlier node$/],
    ['no logits at the end', ({ nodes }) => nodes.pop(), /the last node, and no other, gives the logits$/],
    ['an operation that there is not', ({ nodes }) => (nodes[2].op = 'softmax' as never), /"softmax" is no operation of integer programs$/],
    ['a scale of nothing', ({ nodes }) => (nodes[1].scale = NaN), /has the scale NaN; expected a positive number$/],
  ])('refuses %s', (_what, change, message) => {
    const program = made();
    change(program);
    expect(() => checkProgram(program)).toThrow(message);
  });

  it('takes activations of 8 bits, and counts with 255 then', () => {
    const program = { ...made(), activationBits: 8 as const };
    program.nodes[1].high = 255;
    expect(() => checkProgram(program)).not.toThrow();
    // 255 · 45 more than |bias| still fits, one more does not; of 7 bits both do.
    program.nodes[1].bias.fill(2 ** 31 - 1 - 255 * 45);
    expect(() => checkProgram(program)).not.toThrow();
    program.nodes[1].bias.fill(2 ** 31 - 255 * 45);
    expect(() => checkProgram(program)).toThrow(
      'node "conv" (convolution): an accumulator could reach 2147483648, which 32 bits do not hold',
    );
  });

  it('allows programs of version 1 more shifts, as far as the product stays below 2^30', () => {
    const program = made();
    program.nodes[1].shift.fill(16);
    program.nodes[1].multiplier.fill(32_767);
    expect(() => checkProgram(program, 1)).not.toThrow();
    program.nodes[1].bias.fill(30_000);
    expect(() => checkProgram(program, 1)).toThrow(
      /could reach 35715; times the multiplier 32767 it must stay below 1073741824 at a shift of 16$/,
    );
  });

  it('refuses to join activations of two scales', () => {
    const program = made();
    program.nodes.splice(2, 0, {
      op: 'maxPool',
      name: 'max',
      inputs: ['conv'],
      shape: [1, 1, 1],
      scale: 0.25,
      zeroPoint: 0,
      kernel: 2,
      stride: 2,
      padding: [0, 0, 0, 0],
    } as never);
    expect(() => checkProgram(program)).toThrow(
      'node "max" (maxPool): has the scale 0.25 and zero point 0; its input "conv" has 0.5 and 0, and it changes no value',
    );
  });
});

describe('the file of a program', () => {
  it('reads back what was written, and writes the same bytes again', async () => {
    const { json, weights } = await writeIntegerProgram(made());
    // Of one number each but the weights (9 bytes in 12, 2 in 4), and two by two at the end: 4+4 + 12+4+4+4 + 4+8+4+4.
    expect(weights.length).toBe(52);
    expect([...weights.subarray(8, 20)]).toEqual([1, 254, 3, 252, 5, 250, 7, 248, 9, 0, 0, 0]);
    const read = await readIntegerProgram(JSON.parse(JSON.stringify(json)), weights);
    expect(read).toEqual(made());
    expect(await writeIntegerProgram(read)).toEqual({ json, weights });
  });

  it('reads version 1: padding of one number, 7 bits, sums without a factor, short shifts', async () => {
    const { json, weights } = await writeIntegerProgram(made());
    const old = JSON.parse(JSON.stringify(json)) as IntegerProgramFile;
    old.formatVersion = 1;
    delete old.activationBits;
    old.nodes[1].padding = 1;
    Object.assign(old.nodes[2], { multiplier: 1 << 13, shift: 15 });
    delete old.nodes[2].factor;
    const program = await readIntegerProgram(old, weights);
    expect(program.nodes[1]).toMatchObject({ padding: [1, 1, 1, 1] });
    expect(program.nodes[2]).toMatchObject({ factor: 1, multiplier: 1 << 13, shift: 15 });
    await expect(writeIntegerProgram(program)).rejects.toThrow('node "pool" (globalAveragePool): a shift is 15, allowed 17 to 32');
  });

  it.each<[string, (json: IntegerProgramFile, weights: Uint8Array) => void, RegExp]>([
    [
      'a flipped byte',
      (_json, weights) => weights.fill(7, 9, 10),
      /^integer program made: the weights have the SHA-256 [0-9a-f]{64}, expected [0-9a-f]{64}$/,
    ],
    ['another length', (json) => (json.weights.bytes = 51), /^integer program made: expected 51 bytes of weights, got 52$/],
    [
      'a later version',
      (json) => (json.formatVersion = 3),
      /^integer program made has format version 3; this code reads versions 1 and 2$/,
    ],
    ['another format', (json) => (json.format = 'other' as never), /^expected an integer program \(format "sld-edge-integer"\)$/],
    [
      'an array beyond the end',
      (json) => ((json.nodes[1].weights as { offset: number }).offset = 48),
      /^integer program made: an array of 9 numbers at byte 48 does not lie within 52 bytes of weights$/,
    ],
  ])('refuses %s', async (_what, change, message) => {
    const { json, weights } = await writeIntegerProgram(made());
    const copy = JSON.parse(JSON.stringify(json)) as IntegerProgramFile;
    change(copy, weights);
    await expect(readIntegerProgram(copy, weights)).rejects.toThrow(message);
  });
});
