/**
 * The training ops at channel counts and sizes that kernels treat apart (vectors of four, tiles of eight, what is left over),
 * against plain loops in float64. Run for each engine by a test file beside it.
 */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { uniform } from './numbers.ts';
import { relativeDifference } from '../support/difference.ts';

/** Float32 sums of up to some hundred products. */
const TOLERANCE = 2e-5;
const BATCH = 3;

interface Geometry {
  height: number;
  width: number;
  kernel: number;
  stride: number;
  padding: number;
}

const geometries: Geometry[] = [
  { height: 6, width: 5, kernel: 3, stride: 1, padding: 1 },
  { height: 6, width: 5, kernel: 3, stride: 2, padding: 1 },
  { height: 5, width: 7, kernel: 1, stride: 1, padding: 0 },
  { height: 5, width: 6, kernel: 1, stride: 2, padding: 0 },
  { height: 7, width: 8, kernel: 5, stride: 2, padding: 2 },
  { height: 7, width: 8, kernel: 2, stride: 3, padding: 0 },
];
const channelPairs: [number, number][] = [
  [1, 9],
  [4, 8],
  [7, 17],
  [16, 16],
  [21, 12],
  [6, 3],
];
const depthwiseChannels = [1, 4, 7, 16, 22];

const sizeAfter = (size: number, { kernel, stride, padding }: Geometry): number => Math.floor((size + 2 * padding - kernel) / stride) + 1;

/** Calls `visit` with the flat pixel indices of every pair of pixels that a weight position connects. */
function eachPair(geometry: Geometry, visit: (inPixel: number, outPixel: number, position: number) => void): void {
  const { height, width, kernel, stride, padding } = geometry;
  const [outHeight, outWidth] = [sizeAfter(height, geometry), sizeAfter(width, geometry)];
  for (let b = 0; b < BATCH; b++)
    for (let r = 0; r < outHeight; r++)
      for (let c = 0; c < outWidth; c++)
        for (let ky = 0; ky < kernel; ky++)
          for (let kx = 0; kx < kernel; kx++) {
            const [row, column] = [r * stride + ky - padding, c * stride + kx - padding];
            if (row >= 0 && row < height && column >= 0 && column < width)
              visit((b * height + row) * width + column, (b * outHeight + r) * outWidth + c, ky * kernel + kx);
          }
}

interface Expected {
  y: Float64Array;
  dx: Float64Array;
  dFilter: Float64Array;
}

/** A convolution and, it being linear in both, the gradients of Σ y·dy with respect to x and filter. */
function plainConvolution(
  x: Float32Array,
  filter: Float32Array,
  dy: Float32Array,
  geometry: Geometry,
  inputs: number,
  outputs: number,
): Expected {
  const [y, dx, dFilter] = [dy, x, filter].map(({ length }) => new Float64Array(length));
  eachPair(geometry, (inPixel, outPixel, position) => {
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++) {
        const [from, to, weight] = [inPixel * inputs + i, outPixel * outputs + o, (position * inputs + i) * outputs + o];
        y[to] += x[from] * filter[weight];
        dx[from] += dy[to] * filter[weight];
        dFilter[weight] += dy[to] * x[from];
      }
  });
  return { y, dx, dFilter };
}

function plainDepthwise(x: Float32Array, filter: Float32Array, dy: Float32Array, geometry: Geometry, channels: number): Expected {
  const [y, dx, dFilter] = [dy, x, filter].map(({ length }) => new Float64Array(length));
  eachPair(geometry, (inPixel, outPixel, position) => {
    for (let c = 0; c < channels; c++) {
      const [from, to, weight] = [inPixel * channels + c, outPixel * channels + c, position * channels + c];
      y[to] += x[from] * filter[weight];
      dx[from] += dy[to] * filter[weight];
      dFilter[weight] += dy[to] * x[from];
    }
  });
  return { y, dx, dFilter };
}

/** Gradients of Σ y·dy, by the formulas of Ioffe and Szegedy 2015 (arXiv 1502.03167), section 3. */
function plainBatchNormGradients(
  x: Float32Array,
  scale: Float32Array,
  dy: Float32Array,
  epsilon: number,
): Record<'dx' | 'dScale' | 'dOffset', Float64Array> {
  const channels = scale.length;
  const rows = x.length / channels;
  const sums = (value: (i: number, c: number) => number): Float64Array => {
    const out = new Float64Array(channels);
    for (let i = 0; i < x.length; i++) out[i % channels] += value(i, i % channels);
    return out;
  };
  const mean = sums((i) => x[i] / rows);
  const variance = sums((i, c) => (x[i] - mean[c]) ** 2 / rows);
  const inverse = variance.map((value) => 1 / Math.sqrt(value + epsilon));
  const dVariance = sums((i, c) => dy[i] * scale[c] * (x[i] - mean[c]) * -0.5 * inverse[c] ** 3);
  const dMean = sums((i, c) => -dy[i] * scale[c] * inverse[c]);
  return {
    dx: Float64Array.from(x, (value, i) => {
      const c = i % channels;
      return dy[i] * scale[c] * inverse[c] + (dVariance[c] * 2 * (value - mean[c])) / rows + dMean[c] / rows;
    }),
    dScale: sums((i, c) => dy[i] * (x[i] - mean[c]) * inverse[c]),
    dOffset: sums((i) => dy[i]),
  };
}

/** @param missing why the engine can't be tested here, as part of the suite's name; empty where it can */
export function describeChannelCounts(name: string, missing: string, create: () => Promise<Engine>): void {
  describe.skipIf(missing !== '')(`training ops at many channel counts on ${name}${missing}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await create();
    });

    /** y of an op, and the gradients of Σ y·dy. */
    async function run(
      op: (inputs: Tensor[]) => Tensor,
      given: { data: Float32Array; shape: number[] }[],
      dy: Float32Array,
    ): Promise<ArrayLike<number>[]> {
      const { tf } = engine;
      const before = tf.memory().numTensors;
      const results = tf.tidy(() => {
        const inputs = given.map(({ data, shape }) => tf.tensor(data, shape));
        return [
          op(inputs),
          ...tf.grads((...moved) => {
            const y = op(moved);
            return tf.sum(tf.mul(y, tf.tensor(dy, y.shape))).asScalar();
          })(inputs),
        ];
      });
      const values = await Promise.all(results.map((tensor) => tensor.data()));
      tf.dispose(results);
      expect(tf.memory().numTensors).toBe(before);
      return values;
    }

    describe.each(geometries)('$height x $width, kernel $kernel, stride $stride, padding $padding', (geometry) => {
      const { height, width, kernel, stride, padding } = geometry;
      const outPixels = BATCH * sizeAfter(height, geometry) * sizeAfter(width, geometry);

      it.each(channelPairs)('conv2d of %i channels to %i, and its gradients', async (inputs, outputs) => {
        const x = uniform(BATCH * height * width * inputs, 1);
        const filter = uniform(kernel * kernel * inputs * outputs, 2);
        const dy = uniform(outPixels * outputs, 3);
        const expected = plainConvolution(x, filter, dy, geometry, inputs, outputs);
        const [y, dx, dFilter] = await run(
          ([x, filter]) => engine.ops.conv2d(x as Tensor4D, filter as Tensor4D, stride, padding),
          [
            { data: x, shape: [BATCH, height, width, inputs] },
            { data: filter, shape: [kernel, kernel, inputs, outputs] },
          ],
          dy,
        );
        expect(relativeDifference(y, expected.y)).toBeLessThan(TOLERANCE);
        expect(relativeDifference(dx, expected.dx)).toBeLessThan(TOLERANCE);
        expect(relativeDifference(dFilter, expected.dFilter)).toBeLessThan(TOLERANCE);
      });

      it.each(kernel % 2 === 1 && kernel > 1 ? depthwiseChannels : [])(
        'depthwiseConv2d of %i channels, and its gradients',
        async (channels) => {
          const x = uniform(BATCH * height * width * channels, 1);
          const filter = uniform(kernel * kernel * channels, 2);
          const dy = uniform(outPixels * channels, 3);
          const expected = plainDepthwise(x, filter, dy, geometry, channels);
          const [y, dx, dFilter] = await run(
            ([x, filter]) => engine.ops.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride, padding),
            [
              { data: x, shape: [BATCH, height, width, channels] },
              { data: filter, shape: [kernel, kernel, channels, 1] },
            ],
            dy,
          );
          expect(relativeDifference(y, expected.y)).toBeLessThan(TOLERANCE);
          expect(relativeDifference(dx, expected.dx)).toBeLessThan(TOLERANCE);
          expect(relativeDifference(dFilter, expected.dFilter)).toBeLessThan(TOLERANCE);
        },
      );
    });

    // More rows than one chunk of sums.
    it.each([
      [1, 5000],
      [4, 1500],
      [21, 400],
      [48, 130],
    ])('batchNorm of %i channels over %i rows, far from zero, and its gradients', async (channels, rows) => {
      const x = uniform(rows * channels, 1, -1, 2).map((value, i) => 20 + (i % channels) + value * (1 + (i % 3)));
      const scale = uniform(channels, 2, 0.5, 1.5);
      const dy = uniform(rows * channels, 3);
      const expected = plainBatchNormGradients(x, scale, dy, 1e-5);
      const [, dx, dScale, dOffset] = await run(
        ([x, scale, offset]) => {
          const { y, mean, variance } = engine.ops.batchNorm(x as Tensor4D, scale as Tensor1D, offset as Tensor1D, 1e-5);
          engine.tf.dispose([mean, variance]);
          return y;
        },
        [
          { data: x, shape: [1, rows, 1, channels] },
          { data: scale, shape: [channels] },
          { data: uniform(channels, 4), shape: [channels] },
        ],
        dy,
      );
      expect(relativeDifference(dx, expected.dx)).toBeLessThan(1e-4);
      expect(relativeDifference(dScale, expected.dScale)).toBeLessThan(1e-4);
      expect(relativeDifference(dOffset, expected.dOffset)).toBeLessThan(1e-4);
    });

    it.each([1, 4, 19, 70])('relu and relu6 of %i values, and their gradients', async (count) => {
      const x = uniform(count, 1, -3, 9);
      const dy = uniform(count, 2);
      for (const [op, top] of [
        ['relu', Infinity],
        ['relu6', 6],
      ] as const) {
        const [y, dx] = await run(([x]) => engine.ops[op](x), [{ data: x, shape: [count] }], dy);
        expect(Array.from(y, (value) => value + 0)).toEqual([...x].map((value) => Math.min(Math.max(value, 0), top)));
        expect(Array.from(dx, (value) => value + 0)).toEqual([...x].map((value, i) => (value > 0 && value < top ? dy[i] : 0)));
      }
    });
  });
}
