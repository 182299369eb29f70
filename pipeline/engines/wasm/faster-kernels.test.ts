import type { Tensor } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { wasmEngine } from '../../testing/engines.ts';
import { uniform } from '../../testing/numbers.ts';
import { relativeDifference } from '../../support/difference.ts';
import type { Engine, Tfjs } from '../engine.ts';

let engine: Engine;
let tf: Tfjs;
beforeAll(async () => {
  engine = await wasmEngine();
  tf = engine.tf;
});

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** The values of a tensor whose entry at `index` is `at(index)`. */
function filled(shape: readonly number[], at: (index: number[]) => number): number[] {
  return Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const index: number[] = [];
    for (let i = shape.length - 1, rest = flat; i >= 0; rest = Math.floor(rest / shape[i]), i--) index[i] = rest % shape[i];
    return at(index);
  });
}

/** Entries are their own flat index. */
const counting =
  (shape: readonly number[]) =>
  (index: number[]): number =>
    index.reduce((flat, i, dimension) => flat * shape[dimension] + i, 0);

async function valuesOf(compute: () => Tensor): Promise<{ values: number[]; shape: number[] }> {
  const before = tf.memory().numTensors;
  const tensor = tf.tidy(compute);
  const result = { values: [...(await tensor.data())], shape: tensor.shape };
  tensor.dispose();
  expect(tf.memory().numTensors).toBe(before);
  return result;
}

const numbered = (shape: number[], type: 'float32' | 'int32' = 'float32'): Tensor =>
  tf.tensor(
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
    type,
  );

describe.each(['float32', 'int32'] as const)('copies of %s', (type) => {
  it.each([
    [[7], [2], [4]],
    [
      [5, 21],
      [1, 0],
      [3, 21],
    ],
    [
      [5, 21],
      [1, 2],
      [3, 18],
    ],
    [
      [2, 3, 4, 20],
      [0, 1, 0, 3],
      [2, 2, 4, 16],
    ],
    [
      [2, 3, 4, 20],
      [1, 0, 2, 0],
      [1, 3, 1, 20],
    ],
    [
      [2, 2, 3, 2, 5],
      [0, 1, 1, 0, 1],
      [2, 1, 2, 2, 3],
    ],
    // More than one block.
    [
      [3, 50, 300],
      [0, 3, 5],
      [3, 40, 290],
    ],
    [
      [2, 9000],
      [0, 1],
      [2, 8998],
    ],
    [
      [4, 3],
      [2, 1],
      [0, 2],
    ],
  ])('slice of %j from %j of size %j', async (shape, begin, size) => {
    const { values, shape: came } = await valuesOf(() => tf.slice(numbered(shape, type), begin, size));
    expect(came).toEqual(size);
    expect(values).toEqual(filled(size, (index) => counting(shape)(index.map((i, dimension) => i + begin[dimension]))));
  });

  it.each([
    [[4, 6, 18], 2, [4, 9, 5]],
    [[4, 6, 18], 1, [2, 2, 2]],
    [[10], 0, [1, 9]],
  ])('split of %j along %i into %j, and back by concat', async (shape, axis, sizes) => {
    const whole = numbered(shape, type);
    const parts = tf.split(whole, sizes, axis);
    let at = 0;
    for (const [i, part] of parts.entries()) {
      const first = at;
      expect([...(await part.data())]).toEqual(
        filled(part.shape, (index) => counting(shape)(index.map((i, dimension) => (dimension === axis ? i + first : i)))),
      );
      at += sizes[i];
    }
    expect((await valuesOf(() => tf.concat(parts, axis))).values).toEqual([...(await whole.data())]);
    tf.dispose([whole, ...parts]);
  });

  it.each([
    [
      [6, 5],
      [1, 0],
    ],
    [
      [3, 4, 5],
      [0, 2, 1],
    ],
    [
      [3, 4, 5],
      [2, 1, 0],
    ],
    [
      [2, 3, 4, 5],
      [3, 1, 2, 0],
    ],
    [
      [2, 5, 3, 4, 6],
      [2, 0, 3, 1, 4],
    ],
    [
      [3, 2, 4, 5, 6],
      [1, 3, 0, 2, 4],
    ],
    [
      [2, 1, 3, 17],
      [0, 3, 1, 2],
    ],
    [
      [4, 3],
      [0, 1],
    ],
  ])('transpose of %j by %j', async (shape, order) => {
    const { values, shape: came } = await valuesOf(() => tf.transpose(numbered(shape, type), order));
    expect(came).toEqual(order.map((i) => shape[i]));
    expect(values).toEqual(filled(came, (index) => counting(shape)(shape.map((_, dimension) => index[order.indexOf(dimension)]))));
  });
});

it('booleans are left to tfjs', async () => {
  expect((await valuesOf(() => tf.slice(tf.tensor1d([1, 0, 1, 1], 'bool'), 1, 2))).values).toEqual([0, 1]);
  expect((await valuesOf(() => tf.transpose(tf.tensor2d([1, 0, 0, 1, 1, 0], [2, 3], 'bool')))).values).toEqual([1, 1, 0, 1, 0, 0]);
});

it('a clone has the same values, and they stay when the other is disposed of', async () => {
  const first = tf.tensor1d([1, 2, 3]);
  const second = first.clone();
  first.dispose();
  const other = tf.tensor1d([7, 8, 9]);
  expect([...(await second.data())]).toEqual([1, 2, 3]);
  tf.dispose([second, other]);
});

describe.each([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
])('product of matrices, transposed: %s and %s', (transposeA, transposeB) => {
  it.each([
    [[3], [3], 5, 7, 9],
    [[1], [4], 8, 8, 16],
    [[2, 3], [2, 3], 4, 13, 21],
    [[], [], 6, 5, 3],
    // More than one panel of columns, and of rows in sums.
    [[], [], 12, 700, 44],
    [[2], [1], 9, 2000, 17],
  ])('%j and %j, %i x %i x %i', async (outerA, outerB, rows, inner, columns) => {
    const shapeA = [...outerA, ...(transposeA ? [inner, rows] : [rows, inner])];
    const shapeB = [...outerB, ...(transposeB ? [columns, inner] : [inner, columns])];
    const [a, b] = [uniform(sizeOf(shapeA), 1), uniform(sizeOf(shapeB), 2)];
    const outer = outerA.map((size, i) => Math.max(size, outerB[i]));
    const expected = filled([...outer, rows, columns], (index) => {
      const [r, c] = index.slice(-2);
      const first = (own: number[]): number =>
        index.slice(0, -2).reduce((flat, i, dimension) => flat * own[dimension] + (own[dimension] === 1 ? 0 : i), 0);
      let sum = 0;
      for (let k = 0; k < inner; k++)
        sum +=
          a[first(outerA) * rows * inner + (transposeA ? k * rows + r : r * inner + k)] *
          b[first(outerB) * inner * columns + (transposeB ? c * inner + k : k * columns + c)];
      return sum;
    });
    const { values, shape } = await valuesOf(() => tf.matMul(tf.tensor(a, shapeA), tf.tensor(b, shapeB), transposeA, transposeB));
    expect(shape).toEqual([...outer, rows, columns]);
    expect(relativeDifference(values, expected)).toBeLessThan(1e-5);
  });
});

it('the gradient of an average pool gives each pixel its share', async () => {
  // 4 x 4 pixels, windows of 3 x 3 with stride 1: outputs 1, 2, 3, 4 (times 9).
  const dx = await valuesOf(() =>
    tf.grad((x) => tf.sum(tf.mul(tf.avgPool(x as never, 3, 1, 'valid'), tf.tensor4d([9, 18, 27, 36], [1, 2, 2, 1]))).asScalar())(
      tf.ones([1, 4, 4, 1]),
    ),
  );
  const expected = [1, 3, 3, 2, 4, 10, 10, 6, 4, 10, 10, 6, 3, 7, 7, 4];
  expect(relativeDifference(dx.values, expected)).toBeLessThan(1e-6);
});

it('an optimizer in place is seen by the next convolution, although XNNPACK keeps packed filters', async () => {
  const filter = tf.variable(tf.ones([1, 1, 1, 1]));
  const velocity = tf.zeros([1, 1, 1, 1]);
  const image = tf.tensor4d([3], [1, 1, 1, 1]);
  const convolved = async (): Promise<number> => (await valuesOf(() => engine.ops.conv2d(image, filter as never, 1, 0))).values[0];
  expect(await convolved()).toBe(3);
  const gradient = tf.tensor4d([0.5], [1, 1, 1, 1]);
  const update = engine.updates!.sgd([filter], [velocity], { momentum: 0.5, weightDecay: 0, nesterov: false });
  update.apply([gradient], 1);
  // v = 0.5, w = 0.5; then v = 0.75, w = -0.25.
  expect(await convolved()).toBe(1.5);
  update.apply([gradient], 1);
  expect(await convolved()).toBe(-0.75);
  update.dispose();
  tf.dispose([filter, velocity, image, gradient]);
});
