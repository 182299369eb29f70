import { beforeAll, describe, expect, it } from 'vitest';
import { decodeWeightEntry, float16Value, weightEntryBytes } from '@sld-edge/runtime/format';
import type { Tfjs } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { uniform } from '../testing/numbers.ts';
import {
  decoded,
  encode,
  ENCODING_NAMES,
  encodings,
  outputAxis,
  relativeL2Error,
  storageName,
  storagesOf,
  type StorageFormat,
  type TensorValues,
} from './encodings.ts';

const tensor = (shape: number[], ...data: number[]): TensorValues => ({ shape, data: Float32Array.from(data) });
const read = (encoding: StorageFormat['encoding'], values: TensorValues): number[] => [...decoded(values, encode(values, { encoding }))];

/** Sums of uniform numbers: like trained weights, many small ones and a few large. */
function bellShaped(shape: number[], seed: number): TensorValues {
  const count = shape.reduce((a, b) => a * b, 1);
  const parts = Array.from({ length: 8 }, (_, i) => uniform(count, seed * 10 + i));
  return { shape, data: Float32Array.from({ length: count }, (_, i) => parts.reduce((sum, part) => sum + part[i], 0) / 8) };
}

const SHAPES: [what: string, shape: number[], channels: number][] = [
  ['a convolution', [3, 3, 8, 5], 5],
  ['a depthwise convolution', [3, 3, 7, 1], 7],
  ['a linear layer', [70, 3], 3],
];

const STORAGES = ENCODING_NAMES.flatMap(storagesOf).map((storage) => [storageName(storage), storage] as const);

/** Largest relative error of bell-shaped weights. */
const ERRORS: Record<string, number> = {
  float32: 1e-9,
  float16: 3e-4,
  uint8: 0.01,
  int8: 0.01,
  int4: 0.14,
  'int4 plain': 0.16,
  int4g32: 0.14,
  'int4g32 plain': 0.14,
};

describe.each(STORAGES)('%s', (name, storage) => {
  it.each(SHAPES)('of %s: occupies the bytes that its entry says, and is close', (_what, shape) => {
    const values = bellShaped(shape, 3);
    const { quantization, bytes } = encode(values, storage);
    expect(bytes.length).toBe(weightEntryBytes({ name: 'w', shape, dtype: 'float32', quantization }));
    const error = relativeL2Error(values.data, decoded(values, { quantization, bytes }));
    expect(error).toBeLessThan(ERRORS[name]);
  });

  it('holds zeros, and a single weight within its precision', () => {
    expect(read(storage.encoding, tensor([2, 2], 0, 0, 0, 0))).toEqual([0, 0, 0, 0]);
    expect(read(storage.encoding, tensor([1, 1], -0.75))[0]).toBeCloseTo(-0.75, 3);
  });
});

describe.each(['uint8', 'int8', 'int4', 'int4g32'] as const)('%s', (name) => {
  it.each(SHAPES)('of %s: has no more squared error than by its largest weight, in as many bytes', (_what, shape) => {
    const values = bellShaped(shape, 4);
    const [searched, plain] = (['least-error', 'largest'] as const).map((rule) => encode(values, { encoding: name, rule }));
    expect(relativeL2Error(values.data, decoded(values, searched))).toBeLessThanOrEqual(
      relativeL2Error(values.data, decoded(values, plain)),
    );
    expect(plain.bytes.length).toBe(searched.bytes.length);
  });
});

describe('float16', () => {
  it('stores the nearest half, little-endian', () => {
    const { bytes, quantization } = encode(tensor([2], 1 / 3, -2), { encoding: 'float16' });
    expect([quantization, [...bytes]]).toEqual([{ dtype: 'float16' }, [0x55, 0x35, 0x00, 0xc0]]);
  });

  it.each([65520, -1e6, NaN])('refuses %f', (value) => {
    expect(() => encode(tensor([1], value), { encoding: 'float16' })).toThrow(`float16 holds magnitudes up to 65504, got ${value}`);
  });

  it("is read by TensorFlow.js's decoder as by ours, whatever finite number it is", async () => {
    const { tf } = await wasmEngine();
    const finite = Array.from({ length: 0x10000 }, (_, bits) => bits).filter((bits) => Number.isFinite(float16Value(bits)));
    const { w } = tf.io.decodeWeights(Uint16Array.from(finite).buffer, [
      { name: 'w', shape: [finite.length], dtype: 'float32', quantization: { dtype: 'float16' } },
    ]);
    expect(w.dataSync()).toEqual(Float32Array.from(finite, float16Value));
  });
});

describe('int8', () => {
  it('gives each output channel its own scale', () => {
    // Rows of (channel 0, channel 1): 127 and 254 are the largest, so that scales are 1 and 2.
    const { quantization, bytes } = encode(tensor([3, 2], 127, -254, 3, 6, -50, 100), { encoding: 'int8' });
    expect(quantization).toEqual({ dtype: 'int8', axis: 1, scales: 'float16' });
    expect([...new Int8Array(bytes.buffer)]).toEqual([0x00, 0x3c, 0x00, 0x40, 127, -127, 3, 3, -50, 50]);
  });

  it('rounds to the nearest level of the channel', () => {
    const values = bellShaped([3, 3, 4, 6], 5);
    const { quantization, bytes } = encode(values, { encoding: 'int8', rule: 'largest' });
    const after = decodeWeightEntry({ shape: values.shape, quantization }, bytes, 'w');
    for (let c = 0; c < 6; c++) {
      const own = (data: Float32Array): number[] => [...data].filter((_, i) => i % 6 === c);
      const scale = Math.max(...own(values.data).map(Math.abs)) / 127;
      // Half a level, and what float16 changes the scale by at the largest.
      own(after).forEach((value, i) => expect(Math.abs(value - own(values.data)[i])).toBeLessThanOrEqual(scale * (0.5 + 127 * 2 ** -11)));
    }
  });
});

describe('int4', () => {
  it('packs two levels into a byte, the first into its lower half', () => {
    const { quantization, bytes } = encode(tensor([3, 1], 7, -7, 3), { encoding: 'int4' });
    expect(quantization).toEqual({ dtype: 'int4', axis: 1, scales: 'float16' });
    expect([...bytes]).toEqual([0x00, 0x3c, 0x97, 0x03]);
  });

  it('finds levels that are there already, also where the largest is not used', () => {
    // Multiples of 1/4 up to 5/4: level 5 of 7.
    expect(read('int4', tensor([6, 1], 1.25, -0.5, 0.25, 0, -1, 0.75))).toEqual([1.25, -0.5, 0.25, 0, -1, 0.75]);
  });

  it('keeps levels of a float32 scale, as training for 4 bits leaves them, to within what float16 changes the scale by', () => {
    const step = Math.fround(0.0123456);
    const levels = Array.from({ length: 60 }, (_, i) => ((i * 5) % 15) - 7);
    const values = tensor([60, 1], ...levels.map((level) => level * step));
    const { quantization, bytes } = encode(values, { encoding: 'int4' });
    const scale = float16Value(bytes[0] | (bytes[1] << 8));
    expect(Math.abs(scale / step - 1)).toBeLessThan(2 ** -11);
    expect([...decoded(values, { quantization, bytes })]).toEqual(levels.map((level) => level * scale));
  });

  it('clips an outlier where that makes the rest finer', () => {
    // Of 600 weights within ±0.55 and one of 0.9.
    const values = tensor([601, 1], 0.9, ...uniform(600, 8, -0.55, 0.55));
    const [plain, searched] = (['largest', 'least-error'] as const).map((rule) =>
      decoded(values, encode(values, { encoding: 'int4', rule })),
    );
    expect(plain[0]).toBeCloseTo(0.9, 3);
    expect(searched[0]).toBeLessThan(0.7);
    expect(relativeL2Error(values.data, searched)).toBeLessThan(0.8 * relativeL2Error(values.data, plain));
  });

  it('uses the best scale for its levels', () => {
    // Levels 7 and 6 of scale 1: Σwq / Σq² = (7·7 + 6.4·6) / 85 = 1.0282; float16 has steps of 1/1024 there: 1053/1024.
    const { bytes } = encode(tensor([2, 1], 7, 6.4), { encoding: 'int4' });
    expect(float16Value(bytes[0] | (bytes[1] << 8))).toBe(1053 / 1024);
    expect(bytes[2]).toBe(0x67);
  });

  it('in groups gives each 32 weights of a channel a scale', () => {
    const small = Array.from({ length: 32 }, (_, i) => (i % 8) / 64);
    const large = Array.from({ length: 8 }, (_, i) => i * 4);
    const values = tensor([40, 1], ...small, ...large);
    expect(read('int4g32', values)).toEqual([...small, ...large]);
    expect(read('int4', values).slice(0, 32)).toEqual(new Array(32).fill(0));
  });
});

describe('a scale that float16 does not hold', () => {
  it('is refused', () => {
    expect(() => encode(tensor([1, 1], 1e6), { encoding: 'int4' })).toThrow('int4 holds magnitudes up to 458528, got 1000000');
  });

  it('that is too small makes zeros', () => {
    const close = expect.closeTo(1, 3) as number;
    expect(read('int8', tensor([2, 2], 1e-9, 1, 1e-9, 1))).toEqual([0, close, 0, close]);
  });
});

it.each(SHAPES)('the output channels of %s are on the right axis', (_what, shape, channels) => {
  expect(shape[outputAxis(shape)]).toBe(channels);
});

describe('stock TensorFlow.js', () => {
  let tf: Tfjs;
  beforeAll(async () => {
    ({ tf } = await wasmEngine());
  });

  it.each(ENCODING_NAMES)('reads %s as we do, or refuses it', (name) => {
    const values = bellShaped([3, 3, 4, 6], 6);
    const { quantization, bytes } = encode(values, { encoding: name });
    const decode = (): Float32Array =>
      tf.io
        .decodeWeights(bytes.slice().buffer, [
          { name: 'w', shape: values.shape, dtype: 'float32', ...(quantization && { quantization: quantization as never }) },
        ])
        .w.dataSync() as Float32Array;
    if (encodings[name].stock) expect(decode()).toEqual(decoded(values, { quantization, bytes }));
    else expect(decode).toThrow(/unknown quantization dtype/);
  });
});
