/** Numbers of an int8 LiteRT model, by hand; what LiteRT computes of it is `e2e/runtimes.spec.ts`. */
import { evenSides, type IntegerNode, type IntegerProgram, type Sides } from '@sld-edge/runtime/integer';
import { describe, expect, it } from 'vitest';
import { onnxDescription } from '../testing/open-onnx-model.ts';
import { readLiteRtModel, type ReadLiteRtModel } from '../testing/read-litert.ts';
import { writeInt8LiteRtModel } from './litert-int8-model.ts';
import { LITERT_OPERATORS, LITERT_PADDING } from './litert-operators.ts';

const SIZE = 4;
const description = onnxDescription({ inputShape: { height: SIZE, width: SIZE, channels: 2 }, classes: 2 });

const input: IntegerNode = {
  op: 'input',
  name: 'input',
  inputs: [],
  shape: [SIZE, SIZE, 2],
  scale: 0.5,
  zeroPoint: 32,
  low: 0,
  high: 127,
  factor: Int16Array.of(64, 64),
  offset: Int32Array.of(0, 0),
  shift: 7,
};

/** Three outputs of two channels at scale 0.25 of the accumulator's units: 2^15 / 2^17. */
const convolution = (padding: Sides, stride: number, activation: { low: number; high: number }): IntegerNode => {
  const side = Math.floor((SIZE + padding[0] + padding[2] - 3) / stride) + 1;
  const weights = new Int8Array(3 * 9 * 2).map((_, i) => (i % 7) - 3);
  return {
    op: 'convolution',
    name: 'conv',
    inputs: ['input'],
    shape: [side, side, 3],
    scale: 2,
    zeroPoint: 10,
    ...activation,
    weights,
    bias: Int32Array.of(100, -100, 0),
    multiplier: new Int16Array(3).fill(16_384),
    shift: Uint8Array.of(16, 17, 18).map((shift) => shift + 1),
    kernel: 3,
    stride,
    padding,
    groups: 1,
    paddingValue: 32,
  };
};

const pool = (shape: readonly number[]): IntegerNode => ({
  op: 'globalAveragePool',
  name: 'pool',
  inputs: ['conv'],
  shape: [shape[2]],
  scale: 2,
  zeroPoint: 10,
  low: 0,
  high: 127,
  factor: 1,
  bias: 0,
  multiplier: 16_384,
  shift: 18,
});

const logits: IntegerNode = {
  op: 'logits',
  name: 'fc',
  inputs: ['pool'],
  shape: [2],
  scale: 1,
  zeroPoint: 0,
  weights: Int8Array.of(1, 2, 3, -1, -2, -3),
  bias: Int32Array.of(7, -7),
  multiplier: Int16Array.of(16_384, 16_384),
  shift: Uint8Array.of(17, 17),
};

function modelOf(conv: IntegerNode, bits?: 7 | 8): ReadLiteRtModel {
  const program: IntegerProgram = { name: 'made', ...(bits && { activationBits: bits }), nodes: [input, conv, pool(conv.shape), logits] };
  return readLiteRtModel(writeInt8LiteRtModel(program, description, { logits: { min: -51, max: 204 } }));
}

const opsOf = ({ operators }: ReadLiteRtModel): string[] =>
  operators.map(({ code }) => Object.entries(LITERT_OPERATORS).find(([, operator]) => operator.code === code)![0]);
const int32s = (bytes: Uint8Array): number[] => [...new Int32Array(bytes.slice().buffer)];

describe('an int8 LiteRT model', () => {
  const plain = { low: 0, high: 127 };

  it('has float32 images and logits, int8 between, and says what it is of', () => {
    const model = modelOf(convolution(evenSides(1), 1, plain));
    expect([model.input, model.output]).toEqual(['input', 'logits']);
    expect(model.tensors.get('input')).toMatchObject({ type: 0, shape: [1, 4, 4, 2], scale: [] });
    expect(model.tensors.get('logits')).toMatchObject({ type: 0, shape: [1, 2] });
    expect(opsOf(model)).toEqual(['QUANTIZE', 'CONV_2D', 'MEAN', 'FULLY_CONNECTED', 'DEQUANTIZE']);
    expect(JSON.parse(model.metadata.labels)).toEqual(['class 0', 'class 1']);
    expect(JSON.parse(model.metadata.preprocessing)).toMatchObject({ layout: 'nhwc', height: 4 });
  });

  it('stands for the same ranges as 7 bits in 256 steps, and leaves 8 bits as they are', () => {
    const seven = modelOf(convolution(evenSides(1), 1, plain)).tensors.get('input/int8')!;
    expect(seven.scale[0]).toBeCloseTo((0.5 * 127) / 255, 6);
    // 32 of 127 is 64.25 of 255.
    expect(seven.zeroPoint).toEqual([64 - 128]);
    const eight = modelOf(convolution(evenSides(1), 1, plain), 8).tensors.get('input/int8')!;
    expect([eight.scale, eight.zeroPoint]).toEqual([[0.5], [32 - 128]]);
  });

  it('has the weights of the program, each output with the scale of its multiplier', () => {
    const { tensors } = modelOf(convolution(evenSides(1), 1, plain), 8);
    const weights = tensors.get('conv/int8/weights')!;
    expect(weights).toMatchObject({ type: 9, shape: [3, 3, 3, 2], axis: 0, zeroPoint: [0, 0, 0] });
    expect([...new Int8Array(weights.data.buffer)]).toEqual(Array.from({ length: 54 }, (_, i) => (i % 7) - 3));
    // Output scale 2 · multiplier 2^14 / 2^shift / input scale 0.5.
    expect(weights.scale).toEqual([0.5, 0.25, 0.125]);
    expect(tensors.get('conv/int8/bias')).toMatchObject({ type: 2, scale: [0.25, 0.125, 0.0625] });
  });

  it('has biases of real numbers: without what the program put in for the zero point, at the finer scale', () => {
    // Weights of an output, 18 of ((i % 7) - 3) from i = 0, 18, 36: their sums.
    const sums = [0, 18, 36].map((from) => Array.from({ length: 18 }, (_, i) => ((from + i) % 7) - 3).reduce((a, b) => a + b));
    expect(sums).toEqual([-6, 3, -2]);
    const eight = modelOf(convolution(evenSides(1), 1, plain), 8).tensors.get('conv/int8/bias')!;
    expect(int32s(eight.data)).toEqual([100 - 6 * 32, -100 + 3 * 32, -2 * 32]);
    const seven = modelOf(convolution(evenSides(1), 1, plain)).tensors.get('conv/int8/bias')!;
    expect(int32s(seven.data)).toEqual([100 - 6 * 32, -100 + 3 * 32, -2 * 32].map((bias) => Math.round((bias * 255) / 127)));
  });

  it('tells logits apart between the given ones', () => {
    const { tensors } = modelOf(convolution(evenSides(1), 1, plain));
    expect(tensors.get('fc/int8')).toMatchObject({ type: 9, scale: [1], zeroPoint: [51 - 128] });
    expect(tensors.get('fc/int8/weights')).toMatchObject({ shape: [2, 3], axis: 0 });
  });

  it.each([
    ['none', plain, 0],
    ['a ReLU', { low: 10, high: 127 }, 1],
    ['a ReLU6', { low: 10, high: 13 }, 3],
  ])('fuses %s', (_name, activation, expected) => {
    const { operators } = modelOf(convolution(evenSides(1), 1, activation));
    expect(operators[1].option(3, 1)).toBe(expected);
  });

  it.each<[string, Sides, number, string[], number]>([
    ['SAME where LiteRT pads so', [1, 1, 1, 1], 1, [], LITERT_PADDING.SAME],
    ["SAME where one side more is TensorFlow's", [0, 0, 1, 1], 2, [], LITERT_PADDING.SAME],
    ['no padding', [0, 0, 0, 0], 1, [], LITERT_PADDING.VALID],
    ["a copy with zeros where it is PyTorch's", [1, 1, 1, 1], 2, ['PAD'], LITERT_PADDING.VALID],
  ])('pads by %s', (_name, padding, stride, before, expected) => {
    const model = modelOf(convolution(padding, stride, plain));
    expect(opsOf(model)).toEqual(['QUANTIZE', ...before, 'CONV_2D', 'MEAN', 'FULLY_CONNECTED', 'DEQUANTIZE']);
    const conv = model.operators[1 + before.length];
    expect([conv.option(0, 1), conv.option(1), conv.option(2)]).toEqual([expected, stride, stride]);
  });

  it('pads with the zero point', () => {
    const { tensors } = modelOf(convolution(evenSides(1), 2, plain), 8);
    expect(tensors.get('conv/int8/padded')).toMatchObject({ shape: [1, 6, 6, 2], scale: [0.5], zeroPoint: [32 - 128] });
    expect(int32s(tensors.get('conv/int8/paddings')!.data)).toEqual([0, 0, 1, 1, 1, 1, 0, 0]);
  });

  it('is the same bytes every time, its constants at multiples of 16', () => {
    const program: IntegerProgram = { name: 'made', nodes: [input, convolution(evenSides(1), 1, plain), pool([4, 4, 3]), logits] };
    const write = (): Uint8Array => writeInt8LiteRtModel(program, description, { logits: { min: -1, max: 1 } });
    const model = Buffer.from(write());
    expect(model.equals(write())).toBe(true);
    // 54 weights: the vector's length stands before them.
    expect(model.indexOf(Buffer.from(Array.from({ length: 54 }, (_, i) => (i % 7) - 3))) % 16).toBe(0);
  });
});

describe('the other nodes', () => {
  /** A node between the input and the rest, which takes a map of two channels and gives one. */
  function around(node: IntegerNode): ReadLiteRtModel {
    const conv = { ...convolution(evenSides(1), 1, { low: 0, high: 127 }), inputs: [node.name], shape: [...node.shape.slice(0, 2), 3] };
    const program: IntegerProgram = {
      name: 'made',
      activationBits: 8,
      nodes: [input, node, conv as IntegerNode, pool(conv.shape), logits],
    };
    return readLiteRtModel(writeInt8LiteRtModel(program, description, { logits: { min: -1, max: 1 } }));
  }
  const base = { name: 'node', inputs: ['input'], shape: [SIZE, SIZE, 2], scale: 0.5, zeroPoint: 32, low: 0, high: 255 };

  it('gives a factor and an offset of each channel weights and biases of their own', () => {
    // 1.5·x + 2 and -x: factors at 2^-1 of the output's step.
    const { tensors, operators } = around({
      ...base,
      op: 'affine',
      factor: Int16Array.of(3, -2),
      offset: Int32Array.of(2 * 32 + 8 - 3 * 32, 2 * 32 + 2 * 32),
      shift: 1,
    });
    expect(operators[1].code).toBe(LITERT_OPERATORS.DEPTHWISE_CONV_2D.code);
    const weights = tensors.get('node/int8/weights')!;
    expect(weights).toMatchObject({ shape: [1, 1, 1, 2], axis: 3 });
    expect([...new Int8Array(weights.data.buffer)]).toEqual([127, -127]);
    expect(weights.scale[0]).toBeCloseTo(1.5 / 127, 8);
    const bias = tensors.get('node/int8/bias')!;
    expect(int32s(bias.data)[0] * bias.scale[0]).toBeCloseTo(2, 2);
    expect(int32s(bias.data)[1]).toBe(0);
  });

  it('counts padding in a mean: a depthwise convolution of equal weights', () => {
    const { tensors, operators } = around({
      ...base,
      op: 'averagePool',
      kernel: 3,
      stride: 1,
      padding: evenSides(1),
      paddingValue: 32,
      factor: 1,
      bias: 0,
      multiplier: 1,
      shift: 17,
    });
    expect(operators[1].code).toBe(LITERT_OPERATORS.DEPTHWISE_CONV_2D.code);
    const weights = tensors.get('node/int8/weights')!;
    expect([...new Int8Array(weights.data.buffer)]).toEqual(new Array(18).fill(127));
    expect(weights.scale[0]).toBeCloseTo(1 / 9 / 127, 8);
  });

  it('looks a table up by the activation from -128 on', () => {
    const model = around({ ...base, op: 'table', table: Uint8Array.from({ length: 256 }, (_, i) => 255 - i) });
    expect(opsOf(model)).toEqual(['QUANTIZE', 'CAST', 'ADD', 'GATHER', 'CONV_2D', 'MEAN', 'FULLY_CONNECTED', 'DEQUANTIZE']);
    expect([...new Int8Array(model.tensors.get('node/int8/table')!.data.buffer)]).toEqual(Array.from({ length: 256 }, (_, i) => 127 - i));
    expect(int32s(model.tensors.get('node/int8/lift')!.data)).toEqual([128]);
  });

  it('shuffles channels by a transposition', () => {
    const model = around({ ...base, op: 'channelShuffle', groups: 2 });
    expect(opsOf(model).slice(1, 4)).toEqual(['RESHAPE', 'TRANSPOSE', 'RESHAPE']);
    expect(model.tensors.get('node/int8/grouped')!.shape).toEqual([1, 4, 4, 2, 1]);
    expect(int32s(model.tensors.get('node/int8/order')!.data)).toEqual([0, 1, 2, 4, 3]);
  });

  it('takes the least value for what lies around a maximum', () => {
    const model = around({ ...base, shape: [2, 2, 2], op: 'maxPool', kernel: 3, stride: 2, padding: evenSides(1) });
    expect(opsOf(model).slice(1, 3)).toEqual(['PADV2', 'MAX_POOL_2D']);
    expect([...new Int8Array(model.tensors.get('node/int8/least')!.data.buffer)]).toEqual([-128]);
  });
});
