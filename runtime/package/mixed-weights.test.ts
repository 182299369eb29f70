import { describe, expect, it } from 'vitest';
import { AppError } from '../errors/catalogue.ts';
import { decodeMixedWeights, weightEntryBytes, type WeightEntry } from './mixed-weights.ts';

const half = (bits: number): number[] => [bits & 255, bits >> 8];
const ONE = 0x3c00;
const HALF = 0x3800;
const QUARTER = 0x3400;

const float32Bytes = (...values: number[]): number[] => [...new Uint8Array(Float32Array.from(values).buffer)];

/** Two convolutions, a depthwise filter, a linear layer in groups, a bias of each stock form, a shape. */
const ENTRIES: { entry: WeightEntry; bytes: number[]; values: number[] }[] = [
  { entry: { name: 'axis', shape: [2], dtype: 'int32' }, bytes: [...new Uint8Array(Int32Array.of(1, -2).buffer)], values: [] },
  { entry: { name: 'bias', shape: [2], dtype: 'float32' }, bytes: float32Bytes(0.1, -3), values: [Math.fround(0.1), -3] },
  {
    entry: { name: 'half', shape: [3], dtype: 'float32', quantization: { dtype: 'float16' } },
    bytes: [...half(ONE), ...half(0xc000), ...half(1)],
    values: [1, -2, 2 ** -24],
  },
  {
    entry: { name: 'stock', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.5, min: -1 } },
    bytes: [0, 255],
    values: [-1, 126.5],
  },
  {
    // Scales of the two output channels, then levels: channel 0, channel 1, channel 0, channel 1.
    entry: { name: 'conv', shape: [1, 1, 2, 2], dtype: 'float32', quantization: { dtype: 'int8', axis: 3, scales: 'float16' } },
    bytes: [...half(HALF), ...half(QUARTER), 127, 127, 0x81, 0xff],
    values: [63.5, 31.75, -63.5, -0.25],
  },
  {
    // Three levels: two in the first byte, the first of them in its lower half; the upper half of the second is not used.
    entry: { name: 'depthwise', shape: [1, 1, 3, 1], dtype: 'float32', quantization: { dtype: 'int4', axis: 2, scales: 'float16' } },
    bytes: [...half(ONE), ...half(HALF), ...half(0), 0x97, 0x03],
    values: [7, -3.5, 0],
  },
  {
    // Four rows of two outputs, two rows a group: scales [[1, 1/2], [1/4, 1]].
    entry: { name: 'linear', shape: [4, 2], dtype: 'float32', quantization: { dtype: 'int4', axis: 1, scales: 'float16', groupSize: 2 } },
    bytes: [...half(ONE), ...half(HALF), ...half(QUARTER), ...half(ONE), 0x21, 0x43, 0x65, 0xf7],
    values: [1, 1, 3, 2, 1.25, 6, 1.75, -1],
  },
];

const modelOf = (weights: unknown[]): object => ({
  format: 'sld-edge-graph-model',
  modelTopology: { node: [] },
  weightsManifest: [{ paths: ['weights-1of1.bin'], weights }],
});
const joined = (parts: number[][]): ArrayBuffer => Uint8Array.from(parts.flat()).buffer;
const all = (): object => modelOf(ENTRIES.map(({ entry }) => entry));
const allBytes = (): ArrayBuffer => joined(ENTRIES.map(({ bytes }) => bytes));

describe('decodeMixedWeights', () => {
  it('gives a stock graph model of float32 weights', () => {
    const { modelJson, weights } = decodeMixedWeights(all(), allBytes());
    expect(modelJson).toEqual({
      format: 'graph-model',
      modelTopology: { node: [] },
      weightsManifest: [
        { paths: ['weights-1of1.bin'], weights: ENTRIES.map(({ entry: { name, shape, dtype } }) => ({ name, shape, dtype })) },
      ],
    });
    expect([...new Int32Array(weights, 0, 2)]).toEqual([1, -2]);
    expect([...new Float32Array(weights, 8)]).toEqual(ENTRIES.flatMap(({ values }) => values));
  });

  it.each(ENTRIES)('$entry.name: says how many bytes there are', ({ entry, bytes }) => {
    expect(weightEntryBytes(entry)).toBe(bytes.length);
  });

  it('rounds a product once, to float32', () => {
    // 0.333251953125 · 101 = 33.658447265625 needs 18 bits; 0x3555 is a third in float16.
    const entry = { name: 'w', shape: [1], dtype: 'float32', quantization: { dtype: 'int8', axis: 0, scales: 'float16' } };
    const { weights } = decodeMixedWeights(modelOf([entry]), joined([half(0x3555), [101]]));
    expect(new Float32Array(weights)[0]).toBe(33.658447265625);
  });

  it('leaves what it was given as it was', () => {
    const [json, bytes] = [all(), allBytes()];
    decodeMixedWeights(json, bytes);
    expect(json).toEqual(all());
    expect(bytes).toEqual(allBytes());
  });

  const int8 = { dtype: 'int8', axis: 0, scales: 'float16' };
  const entry = (over: object): object => ({ name: 'w', shape: [1], dtype: 'float32', quantization: int8, ...over });
  const one = (over: object, ...bytes: number[][]): [object, ArrayBuffer] => [
    modelOf([entry(over)]),
    joined(bytes.length > 0 ? bytes : [half(ONE), [5]]),
  ];

  it.each<[what: string, args: [object, ArrayBuffer], message: string]>([
    [
      'another format',
      [{ ...all(), format: 'graph-model' }, allBytes()],
      'at "model.json: format": expected one of "sld-edge-graph-model", got "graph-model"',
    ],
    [
      'no list of weights',
      [{ format: 'sld-edge-graph-model' }, allBytes()],
      'at "model.json: weightsManifest": expected a list, got nothing',
    ],
    [
      'a group without weights',
      [{ format: 'sld-edge-graph-model', weightsManifest: [{}] }, joined([])],
      'at "model.json: weightsManifest[0].weights": expected a list, got nothing',
    ],
    ['an entry that is none', [modelOf([7]), joined([])], 'at "model.json: weightsManifest[0].weights[0]": expected an object, got 7'],
    ['no name', one({ name: '' }), 'weights[0].name": expected text like /./, got ""'],
    ['a shape of nothing', one({ shape: [0] }), 'weights[0].shape[0]": expected an integer of at least 1, got 0'],
    [
      'a shape beyond any file',
      one({ shape: [2 ** 40, 2 ** 40] }),
      'weights[0].shape": expected an integer of at least 1, got 1.2089258196146292e+24',
    ],
    ['a dtype that networks do not have', one({ dtype: 'bool' }), 'weights[0].dtype": expected one of "float32", "int32", got "bool"'],
    ['quantized integers', one({ dtype: 'int32' }), 'weights[0].dtype": expected one of "float32", got "int32"'],
    [
      'an encoding that is not known',
      one({ quantization: { dtype: 'int2' } }),
      'weights[0].quantization.dtype": expected one of "uint8", "float16", "int8", "int4", got "int2"',
    ],
    [
      'a stock encoding without its scale',
      one({ quantization: { dtype: 'uint8', min: 0 } }),
      'weights[0].quantization.scale": expected a number in [0, Infinity], got nothing',
    ],
    [
      'no axis',
      one({ quantization: { ...int8, axis: undefined } }),
      'weights[0].quantization.axis": expected an integer of at least 0, got nothing',
    ],
    [
      'an axis that is not there',
      one({ quantization: { ...int8, axis: 1 } }),
      'weights[0].quantization.axis": expected a dimension of [1] with nothing behind it, got 1',
    ],
    [
      'an axis with something behind it',
      one({ shape: [1, 2] }),
      'weights[0].quantization.axis": expected a dimension of [1,2] with nothing behind it, got 0',
    ],
    [
      'scales of another type',
      one({ quantization: { ...int8, scales: [1] } }),
      'weights[0].quantization.scales": expected one of "float16", got [1]',
    ],
    [
      'groups of nothing',
      one({ quantization: { ...int8, groupSize: 0 } }),
      'weights[0].quantization.groupSize": expected an integer of at least 1, got 0',
    ],
    ['a byte too few', one({}, half(ONE)), 'at "model.json: weightsManifest": expected the 2 bytes of its shards, got 3'],
    ['a byte too many', one({}, half(ONE), [5, 5]), 'at "model.json: weightsManifest": expected the 4 bytes of its shards, got 3'],
    ['a negative scale', one({}, half(0xbc00), [5]), 'weights[0] (w): scale 0": expected a number from 0, got "-1"'],
    ['an infinite scale', one({}, half(0x7c00), [5]), 'weights[0] (w): scale 0": expected a number from 0, got "Infinity"'],
    ['a scale that is no number', one({}, half(0x7e00), [5]), 'weights[0] (w): scale 0": expected a number from 0, got "NaN"'],
    ['a level of -128', one({}, half(ONE), [0x80]), 'weights[0] (w): level 0": expected at least -127, got -128'],
    [
      'a level of -8',
      one({ quantization: { ...int8, dtype: 'int4' } }, half(ONE), [0x08]),
      'weights[0] (w): level 0": expected at least -7, got -8',
    ],
    [
      'something in an unused half',
      one({ quantization: { ...int8, dtype: 'int4' } }, half(ONE), [0x15]),
      'weights[0] (w): the unused half of the last byte": expected 0, got 1',
    ],
    [
      'a float16 that is no number',
      one({ quantization: { dtype: 'float16' } }, half(0x7e00)),
      'weights[0] (w): value 0": expected a finite number, got "NaN"',
    ],
  ])('refuses %s in one line', (_what, [json, bytes], message) => {
    const refusal = ((): unknown => {
      try {
        return decodeMixedWeights(json, bytes);
      } catch (error) {
        return error;
      }
    })();
    expect(refusal).toBeInstanceOf(AppError);
    expect((refusal as AppError).code).toBe('PACKAGE_MANIFEST_INVALID');
    expect((refusal as AppError).message).toContain(message);
    expect((refusal as AppError).message).not.toContain('\n');
  });

  it('names the file that it was given', () => {
    expect(() => decodeMixedWeights({}, joined([]), 'tfjs/mixed/model.json')).toThrow('tfjs/mixed/model.json: format');
  });
});
