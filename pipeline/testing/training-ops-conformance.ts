/**
 * Conformance of every training engine: forward passes are compared with plain loops in float64, gradients with central differences of
 * those loops. Run for each engine by a test file beside it.
 */
import type { Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { sidesOf, windowCounts, type Padding } from '../engines/padding.ts';
import { centralDifferences, uniform, weightedSum } from './numbers.ts';
import { relativeDifference } from '../support/difference.ts';

/** Float32 sums of up to 49·3·2 products. */
const TOLERANCE = 2e-5;
const STEP = 1e-3;
const EPSILON = 1e-5;

interface ConvCase {
  height: number;
  width: number;
  kernel: number;
  stride: number;
  padding: Padding;
}

const IMAGES = { batch: 2, inChannels: 3, outChannels: 2 };

/** Sizes of images: at stride 2 an odd size comes out even and an even one leaves a row or a column that no output reads. */
const SIZES = [
  { height: 9, width: 8, stride: 1 },
  { height: 9, width: 8, stride: 2 },
  { height: 8, width: 9, stride: 2 },
];

const convCases: ConvCase[] = [1, 3, 7].flatMap((kernel) =>
  [0, 1, 3].flatMap((padding) => SIZES.map((size) => ({ ...size, kernel, padding }))),
);

/** TensorFlow's SAME, for kernels of 3 and 5, and sides that nothing names. */
const unevenCases: ConvCase[] = [
  { height: 8, width: 9, kernel: 3, stride: 2, padding: [0, 1, 1, 1] },
  { height: 9, width: 8, kernel: 5, stride: 2, padding: [2, 1, 2, 2] },
  { height: 9, width: 8, kernel: 3, stride: 1, padding: [2, 0, 1, 1] },
  { height: 8, width: 9, kernel: 3, stride: 2, padding: [0, 2, 0, 0] },
];

/** Depthwise: those that networks have, and one that no same-size padding fits. */
const depthwiseCases = [...convCases.filter(({ kernel, padding }) => kernel === 3 && padding !== 3), ...unevenCases];

/** Each channel by its own kernel; the filter is [k, k, channels, 1]. */
function plainDepthwise(x: ArrayLike<number>, filter: ArrayLike<number>, geometry: ConvCase): Float64Array {
  const { kernel } = geometry;
  const [top, left] = sidesOf(geometry.padding);
  const { batch, inChannels } = IMAGES;
  const [outHeight, outWidth] = convOutput(geometry);
  const y = new Float64Array(batch * outHeight * outWidth * inChannels);
  for (let b = 0; b < batch; b++)
    for (let r = 0; r < outHeight; r++)
      for (let c = 0; c < outWidth; c++)
        for (let channel = 0; channel < inChannels; channel++) {
          let sum = 0;
          for (let ky = 0; ky < kernel; ky++)
            for (let kx = 0; kx < kernel; kx++) {
              const [row, column] = [r * geometry.stride + ky - top, c * geometry.stride + kx - left];
              if (row < 0 || row >= geometry.height || column < 0 || column >= geometry.width) continue;
              sum +=
                x[((b * geometry.height + row) * geometry.width + column) * inChannels + channel] *
                filter[(ky * kernel + kx) * inChannels + channel];
            }
          y[((b * outHeight + r) * outWidth + c) * inChannels + channel] = sum;
        }
  return y;
}

/** Cross-correlation with zero padding, as PyTorch's conv2d; NHWC and HWIO. */
function plainConv(x: ArrayLike<number>, filter: ArrayLike<number>, geometry: ConvCase): Float64Array {
  const { height, width, kernel, stride, padding } = geometry;
  const { batch, inChannels, outChannels } = IMAGES;
  const [top, left] = sidesOf(padding);
  const [outHeight, outWidth] = convOutput(geometry);
  const y = new Float64Array(batch * outHeight * outWidth * outChannels);
  for (let b = 0; b < batch; b++)
    for (let r = 0; r < outHeight; r++)
      for (let c = 0; c < outWidth; c++)
        for (let o = 0; o < outChannels; o++) {
          let sum = 0;
          for (let ky = 0; ky < kernel; ky++)
            for (let kx = 0; kx < kernel; kx++) {
              const [row, column] = [r * stride + ky - top, c * stride + kx - left];
              if (row < 0 || row >= height || column < 0 || column >= width) continue;
              for (let i = 0; i < inChannels; i++)
                sum +=
                  x[((b * height + row) * width + column) * inChannels + i] *
                  filter[((ky * kernel + kx) * inChannels + i) * outChannels + o];
            }
          y[((b * outHeight + r) * outWidth + c) * outChannels + o] = sum;
        }
  return y;
}

const convOutput = ({ height, width, kernel, stride, padding }: ConvCase): [number, number] =>
  windowCounts([height, width], kernel, stride, padding);

/** Batch norm over the rows of `[rows, channels]`; `variance` with Bessel's correction. */
function plainBatchNorm(
  x: ArrayLike<number>,
  scale: ArrayLike<number>,
  offset: ArrayLike<number>,
): { y: Float64Array; mean: Float64Array; variance: Float64Array } {
  const channels = scale.length;
  const rows = x.length / channels;
  const mean = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (let i = 0; i < x.length; i++) mean[i % channels] += x[i] / rows;
  for (let i = 0; i < x.length; i++) squares[i % channels] += (x[i] - mean[i % channels]) ** 2;
  const y = Float64Array.from(
    { length: x.length },
    (_, i) =>
      ((x[i] - mean[i % channels]) / Math.sqrt(squares[i % channels] / rows + EPSILON)) * scale[i % channels] + offset[i % channels],
  );
  return { y, mean, variance: squares.map((sum) => sum / (rows - 1)) };
}

/** @param missing why the engine can't be tested here, as part of the suite's name; empty where it can */
export function describeTrainingOps(name: string, missing: string, create: () => Promise<Engine>): void {
  describe.skipIf(missing !== '')(`training ops on ${name}${missing}`, () => {
    let engine: Engine;
    beforeAll(async () => {
      engine = await create();
    });

    const { batch, inChannels, outChannels } = IMAGES;
    const x = uniform(batch * 9 * 8 * inChannels, 1);

    describe.each([...convCases, ...unevenCases])(
      'conv2d of $height x $width, kernel $kernel, stride $stride, padding $padding',
      (geometry) => {
        const { height, width, kernel, stride, padding } = geometry;
        const xShape: [number, number, number, number] = [batch, height, width, inChannels];
        const filter = uniform(kernel * kernel * inChannels * outChannels, 2);
        const filterShape: [number, number, number, number] = [kernel, kernel, inChannels, outChannels];
        const expected = plainConv(x, filter, geometry);
        const weights = uniform(expected.length, 3);

        it('equals plain loops', async () => {
          const { tf, ops } = engine;
          const y = tf.tidy(() => ops.conv2d(tf.tensor4d(x, xShape), tf.tensor4d(filter, filterShape), stride, padding));
          expect(y.shape).toEqual([batch, ...convOutput(geometry), outChannels]);
          expect(relativeDifference(await y.data(), expected)).toBeLessThan(TOLERANCE);
          y.dispose();
        });

        it('has the gradients of central differences, and the same filter gradient where the input needs none', async () => {
          const { tf, ops } = engine;
          const loss = (x: Tensor4D, filter: Tensor4D, needsInputGradient: boolean) =>
            tf
              .sum(
                tf.mul(
                  ops.conv2d(x, filter, stride, padding, needsInputGradient),
                  tf.tensor4d(weights, [batch, ...convOutput(geometry), outChannels]),
                ),
              )
              .asScalar();
          const [dx, dFilter, dFilterAlone] = tf.tidy(() => {
            const [input, kernelTensor] = [tf.tensor4d(x, xShape), tf.tensor4d(filter, filterShape)];
            const both = tf.grads((a, b) => loss(a as Tensor4D, b as Tensor4D, true))([input, kernelTensor]);
            return [...both, tf.grad((b) => loss(input, b as Tensor4D, false))(kernelTensor)];
          });
          const expectedX = centralDifferences((moved) => weightedSum(plainConv(moved, filter, geometry), weights), x, STEP);
          const expectedFilter = centralDifferences((moved) => weightedSum(plainConv(x, moved, geometry), weights), filter, STEP);
          expect(relativeDifference(await dx.data(), expectedX)).toBeLessThan(TOLERANCE);
          expect(relativeDifference(await dFilter.data(), expectedFilter)).toBeLessThan(TOLERANCE);
          expect(relativeDifference(await dFilterAlone.data(), expectedFilter)).toBeLessThan(TOLERANCE);
          tf.dispose([dx, dFilter, dFilterAlone]);
        });
      },
    );

    describe.each(depthwiseCases)('depthwiseConv2d of $height x $width, kernel $kernel, stride $stride, padding $padding', (geometry) => {
      const { height, width, kernel, stride, padding } = geometry;
      const filter = uniform(kernel * kernel * inChannels, 2);
      const yShape: [number, number, number, number] = [batch, ...convOutput(geometry), inChannels];
      const weights = uniform(
        yShape.reduce((a, b) => a * b),
        3,
      );

      it('equals plain loops, and has the gradients of central differences', async () => {
        const { tf, ops } = engine;
        const [y, dx, dFilter] = tf.tidy(() => {
          const [input, kernels] = [
            tf.tensor4d(x, [batch, height, width, inChannels]),
            tf.tensor4d(filter, [kernel, kernel, inChannels, 1]),
          ];
          const loss = (x: Tensor4D, filter: Tensor4D) =>
            tf.sum(tf.mul(ops.depthwiseConv2d(x, filter, stride, padding), tf.tensor4d(weights, yShape))).asScalar();
          return [
            ops.depthwiseConv2d(input, kernels, stride, padding),
            ...tf.grads((a, b) => loss(a as Tensor4D, b as Tensor4D))([input, kernels]),
          ];
        });
        expect(y.shape).toEqual(yShape);
        expect(relativeDifference(await y.data(), plainDepthwise(x, filter, geometry))).toBeLessThan(TOLERANCE);
        const expectedX = centralDifferences((moved) => weightedSum(plainDepthwise(moved, filter, geometry), weights), x, STEP);
        const expectedFilter = centralDifferences((moved) => weightedSum(plainDepthwise(x, moved, geometry), weights), filter, STEP);
        expect(relativeDifference(await dx.data(), expectedX)).toBeLessThan(TOLERANCE);
        expect(relativeDifference(await dFilter.data(), expectedFilter)).toBeLessThan(TOLERANCE);
        tf.dispose([y, dx, dFilter]);
      });
    });

    const xShape: [number, number, number, number] = [batch, 9, 8, inChannels];

    describe('batchNorm', () => {
      const scale = uniform(inChannels, 4, 0.5, 1.5);
      const offset = uniform(inChannels, 5);
      // Channels of other mean and spread than 0 and 1.
      const spread = x.map((value, i) => value * (1 + (i % inChannels)) + (i % inChannels));
      const expected = plainBatchNorm(spread, scale, offset);
      const weights = uniform(x.length, 6);

      it("normalises by the batch's own statistics and reports them, the variance with Bessel's correction", async () => {
        const { tf, ops } = engine;
        const input = tf.tensor4d(spread, xShape);
        const { y, mean, variance } = ops.batchNorm(input, tf.tensor1d(scale), tf.tensor1d(offset), EPSILON);
        expect(relativeDifference(await y.data(), expected.y)).toBeLessThan(TOLERANCE);
        expect(relativeDifference(await mean.data(), expected.mean)).toBeLessThan(TOLERANCE);
        expect(relativeDifference(await variance.data(), expected.variance)).toBeLessThan(TOLERANCE);
        tf.dispose([input, y, mean, variance]);
      });

      it('has the gradients of central differences', async () => {
        const { tf, ops } = engine;
        const gradients = tf.tidy(() =>
          tf.grads((x, scale, offset) => {
            const { y, mean, variance } = ops.batchNorm(x as Tensor4D, scale as Tensor1D, offset as Tensor1D, EPSILON);
            tf.dispose([mean, variance]);
            return tf.sum(tf.mul(y, tf.tensor4d(weights, xShape))).asScalar();
          })([tf.tensor4d(spread, xShape), tf.tensor1d(scale), tf.tensor1d(offset)]),
        );
        const loss = (x: ArrayLike<number>, scale: ArrayLike<number>, offset: ArrayLike<number>): number =>
          weightedSum(plainBatchNorm(x, scale, offset).y, weights);
        const expectations = [
          centralDifferences((moved) => loss(moved, scale, offset), spread, STEP),
          centralDifferences((moved) => loss(spread, moved, offset), scale, STEP),
          centralDifferences((moved) => loss(spread, scale, moved), offset, STEP),
        ];
        for (const [i, gradient] of gradients.entries())
          expect(relativeDifference(await gradient.data(), expectations[i])).toBeLessThan(1e-4);
        tf.dispose(gradients);
      });
    });

    it('relu: max(x, 0), and no gradient where x is 0 or less', async () => {
      const { tf, ops } = engine;
      const [y, dx] = tf.tidy(() => {
        const input = tf.tensor1d([-2, -0.5, 0, 0.5, 3]);
        const weights = tf.tensor1d([10, 20, 30, 40, 50]);
        return [ops.relu(input), tf.grad((value) => tf.sum(tf.mul(ops.relu(value), weights)).asScalar())(input)];
      });
      expect([...(await y.data())]).toEqual([0, 0, 0, 0.5, 3]);
      expect([...(await dx.data())]).toEqual([0, 0, 0, 40, 50]);
      tf.dispose([y, dx]);
    });

    it('relu6: min(max(x, 0), 6), and a gradient only in between', async () => {
      const { tf, ops } = engine;
      const [y, dx] = tf.tidy(() => {
        const input = tf.tensor1d([-2, 0, 0.5, 5.5, 7]);
        const weights = tf.tensor1d([10, 20, 30, 40, 50]);
        return [ops.relu6(input), tf.grad((value) => tf.sum(tf.mul(ops.relu6(value), weights)).asScalar())(input)];
      });
      expect([...(await y.data())]).toEqual([0, 0, 0.5, 5.5, 6]);
      expect([...(await dx.data())]).toEqual([0, 0, 30, 40, 0]);
      tf.dispose([y, dx]);
    });

    it('fakeQuantize: to the nearest level, halves upwards, and a gradient only within the levels', async () => {
      const { tf, ops } = engine;
      // Levels 0 to 7 stand for -1, -0.5, … 2.5.
      const [y, dx] = tf.tidy(() => {
        const input = tf.tensor1d([-3, -1.125, -1, -0.8, -0.25, 0.2, 0.25, 2.3, 2.5, 2.625, 9]);
        const weights = tf.tensor1d([10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110]);
        return [
          ops.fakeQuantize(input, 0.5, 2, 7),
          tf.grad((value) => tf.sum(tf.mul(ops.fakeQuantize(value, 0.5, 2, 7), weights)).asScalar())(input),
        ];
      });
      expect([...(await y.data())].map((value) => value + 0)).toEqual([-1, -1, -1, -1, 0, 0, 0.5, 2.5, 2.5, 2.5, 2.5]);
      expect([...(await dx.data())]).toEqual([0, 0, 30, 40, 50, 60, 70, 80, 90, 0, 0]);
      tf.dispose([y, dx]);
    });

    it('addBias: a number a channel, whose gradient is the sum over images, rows and columns', async () => {
      const { tf, ops } = engine;
      const [x, bias, weights] = [
        [1, 2, 3, 4, 5, 6, 7, 8],
        [10, 20],
        [1, 2, 3, 4, 5, 6, 7, 8],
      ];
      const tensors = tf.tidy(() => {
        const weighted = (x: Tensor4D, bias: Tensor1D) =>
          tf.sum(tf.mul(ops.addBias(x, bias), tf.tensor4d(weights, [2, 2, 1, 2]))).asScalar();
        const inputs: [Tensor4D, Tensor1D] = [tf.tensor4d(x, [2, 2, 1, 2]), tf.tensor1d(bias)];
        return [ops.addBias(...inputs), ...tf.grads(weighted as never)(inputs)];
      });
      const [y, dx, dBias] = await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
      tf.dispose(tensors);
      expect(y).toEqual([11, 22, 13, 24, 15, 26, 17, 28]);
      expect(dx).toEqual(weights);
      expect(dBias).toEqual([16, 20]);
    });

    it('leaves no tensor behind', async () => {
      const { tf, ops } = engine;
      const step = (): void => {
        const gradients = tf.tidy(() =>
          tf.grads((x, filter, scale, offset, kernels) => {
            const convolved = ops.depthwiseConv2d(ops.conv2d(x as Tensor4D, filter as Tensor4D, 2, 1), kernels as Tensor4D, 2, 1);
            const { y, mean, variance } = ops.batchNorm(convolved, scale as Tensor1D, offset as Tensor1D, EPSILON);
            tf.dispose([mean, variance]);
            return tf.sum(ops.relu(ops.relu6(y))).asScalar();
          })([
            tf.tensor4d(x, xShape),
            tf.tensor4d(uniform(9 * inChannels * outChannels, 7), [3, 3, inChannels, outChannels]),
            tf.ones([outChannels]),
            tf.zeros([outChannels]),
            tf.ones([3, 3, outChannels, 1]),
          ]),
        );
        tf.dispose(gradients);
      };
      step();
      const before = tf.memory().numTensors;
      step();
      step();
      expect(tf.memory().numTensors).toBe(before);
    });
  });
}
