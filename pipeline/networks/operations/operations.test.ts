/** Single operations, trained and frozen, compared with values computed by hand. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../engines/engine.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { errorOf } from '../../testing/error-of.ts';
import { uniform } from '../../testing/numbers.ts';
import { relativeDifference } from '../../support/difference.ts';
import { randomState } from '../../testing/random-state.ts';
import { evalForward } from '../../testing/eval-forward.ts';
import { freeze } from '../freeze.ts';
import { GraphBuilder, type NodeId } from '../graph.ts';
import { createFrozenRunner } from '../run-frozen.ts';
import { trainForward } from '../train-forward.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

/** The values of an operation on one image, trained and frozen. */
function compute(
  image: number[][][],
  body: (g: GraphBuilder, x: NodeId) => NodeId,
): { trained: number[]; frozen: number[]; shape: number[] } {
  const { tf } = engine;
  const g = new GraphBuilder();
  const inputShape = { height: image.length, width: image[0].length, channels: image[0][0].length };
  const network = g.network('made', { inputShape, classes: 1 }, body(g, g.input(inputShape)));
  const runner = createFrozenRunner(tf, freeze(network, new Map()));
  const [trained, frozen] = tf.tidy(() => {
    const images = tf.tensor4d([image]);
    return [trainForward(engine, network, new Map(), images, () => {}), runner.logits(images)];
  });
  const result = { trained: [...trained.dataSync()], frozen: [...frozen.dataSync()], shape: trained.shape.slice(1) };
  expect(frozen.shape).toEqual(trained.shape);
  expect(result.shape).toEqual([...g.shapeOf(network.output)]);
  tf.dispose([trained, frozen]);
  runner.dispose();
  return result;
}

/** A map of one channel. */
const map = (rows: number[][]): number[][][] => rows.map((row) => row.map((value) => [value]));

const cases: [what: string, image: number[][][], body: (g: GraphBuilder, x: NodeId) => NodeId, values: number[], shape: number[]][] = [
  [
    'channel shuffle: two groups of three become three of two',
    [[[0, 1, 2, 3, 4, 5]]],
    (g, x) => g.node('channelShuffle', [x], { groups: 2 }),
    [0, 3, 1, 4, 2, 5],
    [1, 1, 6],
  ],
  ['channel slice', [[[0, 1, 2, 3, 4, 5]]], (g, x) => g.node('channelSlice', [x], { start: 2, size: 3 }), [2, 3, 4], [1, 1, 3]],
  [
    'concat, in the order of the inputs',
    [[[1, 2]]],
    (g, x) => g.concat(g.node('channelSlice', [x], { start: 1, size: 1 }), x),
    [2, 1, 2],
    [1, 1, 3],
  ],
  [
    'zeros before and after the channels',
    [[[1, 2]]],
    (g, x) => g.node('padChannels', [x], { before: 1, after: 2 }),
    [0, 1, 2, 0, 0],
    [1, 1, 5],
  ],
  [
    'every second row and column of odd sizes',
    map([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8, 9],
    ]),
    (g, x) => g.node('subsample', [x], { stride: 2 }),
    [1, 3, 7, 9],
    [2, 2, 1],
  ],
  [
    'every second row and column of even sizes',
    map([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]),
    (g, x) => g.node('subsample', [x], { stride: 2 }),
    [1, 3],
    [1, 2, 1],
  ],
  [
    'average pool: padding counts as zeros',
    map([
      [9, 9],
      [9, 9],
    ]),
    (g, x) => g.node('averagePool', [x], { kernel: 3, stride: 1, padding: 1 }),
    [4, 4, 4, 4],
    [2, 2, 1],
  ],
  [
    'max pool: padding is never the maximum',
    map([
      [-4, -3],
      [-2, -5],
    ]),
    (g, x) => g.maxPool(x, { kernel: 3, stride: 2, padding: 1 }),
    [-2],
    [1, 1, 1],
  ],
  [
    'max pool: a last window that hangs over the edge, as where PyTorch rounds sizes up',
    map([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
      [13, 14, 15, 16],
    ]),
    (g, x) => g.maxPool(x, { kernel: 3, stride: 2, padding: [0, 0, 1, 1] }),
    [11, 12, 15, 16],
    [2, 2, 1],
  ],
  [
    'average pool: zeros below and to the right alone',
    map([
      [4, 8],
      [12, 16],
    ]),
    (g, x) => g.node('averagePool', [x], { kernel: 2, stride: 1, padding: [0, 0, 1, 1] }),
    [10, 6, 7, 4],
    [2, 2, 1],
  ],
  ['hard sigmoid', map([[-4, -1.5, 0, 1.5, 4]]), (g, x) => g.node('hardSigmoid', [x], {}), [0, 0.25, 0.5, 0.75, 1], [1, 5, 1]],
  ['hard swish', map([[-4, -1.5, 0, 1.5, 4]]), (g, x) => g.node('hardSwish', [x], {}), [0, -0.375, 0, 1.125, 4], [1, 5, 1]],
  [
    'a map times a vector of its channels: their means',
    [
      [
        [1, 2],
        [3, 4],
      ],
    ],
    (g, x) => g.node('multiply', [x, g.globalAveragePool(x)], {}),
    // The means are 2 and 3.
    [2, 6, 6, 12],
    [1, 2, 2],
  ],
  ['relu6', map([[-1, 0.5, 6, 7]]), (g, x) => g.relu6(x), [0, 0.5, 6, 6], [1, 4, 1]],
];

describe('operations', () => {
  it.each(cases)('%s', (_what, image, body, values, shape) => {
    const result = compute(image, body);
    expect(result.shape).toEqual(shape);
    result.trained.forEach((value, i) => expect(value).toBeCloseTo(values[i], 5));
    expect(result.frozen.length).toBe(values.length);
    result.frozen.forEach((value, i) => expect(value).toBeCloseTo(values[i], 5));
  });

  it('a convolution in groups is a dense one whose other weights are zero', () => {
    const inputShape = { height: 4, width: 3, channels: 4 };
    const build = (groups: number) => {
      const g = new GraphBuilder();
      return g.network('made', { inputShape, classes: 1 }, g.conv(g.input(inputShape), 'conv', 6, { kernel: 3, groups, bias: true }));
    };
    const grouped = randomState(build(2));
    // [6, 2, 3, 3] into [6, 4, 3, 3]: outputs 0 to 2 see inputs 0 and 1, outputs 3 to 5 see 2 and 3.
    const dense = new Float32Array(6 * 4 * 9);
    for (let o = 0; o < 6; o++) dense.set(grouped.get('conv.weight')!.data.subarray(o * 18, (o + 1) * 18), o * 36 + (o < 3 ? 0 : 18));
    const { tf } = engine;
    const [actual, expected] = tf.tidy(() => {
      const images = tf.tensor4d(uniform(2 * 4 * 3 * 4, 1), [2, 4, 3, 4]) as Tensor4D;
      const denseState = new Map([...grouped, ['conv.weight', { shape: [6, 4, 3, 3], data: dense }]]);
      return [evalForward(engine, build(2), grouped, images), evalForward(engine, build(1), denseState, images)];
    });
    expect(relativeDifference(actual.dataSync(), expected.dataSync())).toBeLessThan(1e-6);
    tf.dispose([actual, expected]);
  });
});

describe('dropout', () => {
  const inputShape = { height: 1, width: 1, channels: 4000 };
  const g = new GraphBuilder();
  const network = g.network('made', { inputShape, classes: 1 }, g.node('dropout', [g.input(inputShape)], { rate: 0.2 }));
  const dropped = (seed?: string): Float32Array => {
    const { tf } = engine;
    const y = tf.tidy(() => trainForward(engine, network, new Map(), tf.ones([1, 1, 1, 4000]), () => {}, seed));
    const values = y.dataSync().slice() as Float32Array;
    y.dispose();
    return values;
  };

  it('drops a fifth and scales the others, by the seed alone', () => {
    const first = dropped('1:1');
    const zeros = first.filter((value) => value === 0).length;
    // 800 of 4000, deviation 25.
    expect(zeros).toBeGreaterThan(700);
    expect(zeros).toBeLessThan(900);
    for (const value of first) expect(value === 0 || Math.abs(value - 1.25) < 1e-6).toBe(true);
    expect(dropped('1:1')).toEqual(first);
    expect(dropped('1:2')).not.toEqual(first);
  });

  it('refuses to draw without a seed, and leaves no trace in the frozen form', async () => {
    expect((await errorOf(() => dropped())).message).toBe('made draws random numbers in training (dropout): it needs a seed');
    expect(freeze(network, new Map()).nodes.map(({ op }) => op)).toEqual(['input']);
  });
});

describe('what an operation cannot take', () => {
  const refused = (body: (g: GraphBuilder, x: NodeId) => NodeId) =>
    errorOf(() => {
      const g = new GraphBuilder();
      body(g, g.input({ height: 4, width: 4, channels: 6 }));
    });

  it.each([
    [
      'channels that make no equal groups',
      (g: GraphBuilder, x: NodeId) => g.conv(x, 'conv', 8, { kernel: 1, groups: 4 }),
      'conv: 6 and 8 channels do not make 4 equal groups',
    ],
    [
      'a depthwise convolution to another width',
      (g: GraphBuilder, x: NodeId) => g.conv(x, 'conv', 12, { kernel: 3, groups: 6 }),
      'conv: a depthwise convolution of 6 channels gives as many, not 12',
    ],
    [
      'a shuffle of unequal groups',
      (g: GraphBuilder, x: NodeId) => g.node('channelShuffle', [x], { groups: 4 }),
      '6 channels do not make 4 equal groups',
    ],
    [
      'channels that are not there',
      (g: GraphBuilder, x: NodeId) => g.node('channelSlice', [x], { start: 4, size: 3 }),
      'channels 4 to 6 are not all among 6',
    ],
    [
      'a sum of unlike shapes',
      (g: GraphBuilder, x: NodeId) => g.add(x, g.conv(x, 'conv', 7, { kernel: 1 })),
      'cannot add activations of shapes [4,4,6] and [4,4,7]',
    ],
    [
      'a map times a vector of other channels',
      (g: GraphBuilder, x: NodeId) => g.node('multiply', [x, g.linear(g.globalAveragePool(x), 'fc', 5)], {}),
      'cannot multiply activations of shapes [4,4,6] and [5]: expected a map and a vector of its channels',
    ],
    [
      'a window larger than the map',
      (g: GraphBuilder, x: NodeId) => g.maxPool(x, { kernel: 5, stride: 2, padding: 0 }),
      'a 5x5 window does not fit a feature map of 4x4 pixels (padding 0): the images are too small for this network',
    ],
  ] as const)('%s', async (_what, body, message) => {
    expect((await refused(body)).message).toBe(message);
  });
});
