/** The steps to an integer program, each by itself. */
import { beforeAll, describe, expect, it } from 'vitest';
import { createIntegerRunner, type IntegerProgram } from '@sld-edge/runtime/integer';
import type { Engine } from '../../engines/engine.ts';
import { freeze, type FrozenNetwork } from '../../networks/freeze.ts';
import { GraphBuilder, type Network, type NodeId } from '../../networks/graph.ts';
import { createFrozenRunner } from '../../networks/run-frozen.ts';
import { integerWeights, outputsFirst } from '../../networks/operations/integer-def.ts';
import { wasmEngine } from '../../testing/engines.ts';
import { uniform } from '../../testing/numbers.ts';
import { randomState } from '../../testing/random-state.ts';
import { activationsBeforeConcat } from './activations-before-concat.ts';
import { leastErrorRange, scaleOf, squaredError } from './choose-range.ts';
import { fixedPoint, linearFixedPoint } from '../../networks/operations/fixed-point.ts';
import { countValues, emptyHistogram, extremesOf, middleOf, type Histogram } from './histogram.ts';
import { lowerToIntegers } from './lower.ts';
import { activationScales, networkInputs } from './quantize-network.ts';
import { roundNetwork } from './round-network.ts';
import { scaleGroups } from './scale-groups.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

const inputShape = { height: 6, width: 5, channels: 3 };
const SCALE = { factor: [0.01, 0.02, 0.015], offset: [-1, -2, -1.5] };

function networkOf(body: (g: GraphBuilder, x: NodeId) => NodeId): Network {
  const g = new GraphBuilder();
  return g.network('made', { inputShape, classes: 4 }, g.linear(g.globalAveragePool(body(g, g.input(inputShape))), 'fc', 4));
}

function logitsOf(network: FrozenNetwork, inputs: Float32Array, count: number): Float32Array {
  const runner = createFrozenRunner(engine.tf, network);
  const logits = engine.tf.tidy(
    () =>
      runner
        .logits(engine.tf.tensor4d(inputs, [count, inputShape.height, inputShape.width, inputShape.channels]))
        .dataSync()
        .slice() as Float32Array,
  );
  runner.dispose();
  return logits;
}

const pixelsOf = (count: number, seed: number): Uint8Array => Uint8Array.from(uniform(count * 6 * 5 * 3, seed, 0, 256));

describe('fixedPoint', () => {
  it.each([
    // 0.1 · 2^18 = 26214.4, 15 bits; a shift more would be 16.
    [0.1, { multiplier: 26_214, shift: 18 }],
    [2 ** -20, { multiplier: 4096, shift: 32 }],
    // 32767.6 would round to 2^15, one too many.
    [32_767.6 / 2 ** 20, { multiplier: 16_384, shift: 19 }],
    [0.249_99, { multiplier: 32_767, shift: 17 }],
  ])('%f', (factor, expected) => {
    expect(fixedPoint(factor)).toEqual(expected);
  });

  it('refuses where no precise multiplier is left', () => {
    expect(() => fixedPoint(0.5)).toThrow('no fixed-point multiplier for a factor of 0.5: expected');
    expect(() => fixedPoint(2 ** -26)).toThrow('no fixed-point multiplier for a factor of');
  });
});

describe('linearFixedPoint', () => {
  it('gives all factors one shift', () => {
    // 1.5 · 2^14 = 24576; 1.5 · 2^15 would not fit.
    expect(linearFixedPoint([1.5, -0.25], [0, 1], 127, 127)).toEqual({ factors: [24_576, -4096], offsets: [0, 16_384], shift: 14 });
  });

  it('brings an offset that cuts everything off no nearer than that', () => {
    const { offsets, shift } = linearFixedPoint([1], [1e9], 127, 127);
    expect(offsets[0] / 2 ** shift).toBe(2 * 127 + 127);
  });
});

describe('integerWeights', () => {
  const input = { scale: 0.5, zeroPoint: 10 };

  it('has a scale for each output; the bias holds the zero point', () => {
    // Outputs (1, -0.5) and (0.02, 0.01): scales 1/127 and 0.02/127.
    const made = integerWeights(Float32Array.of(1, -0.5, 0.02, 0.01), Float32Array.of(2, 0), input, 1);
    // -63.5 and 63.5 round upwards.
    expect([...made.weights]).toEqual([127, -63, 127, 64]);
    // 2 / (0.5 / 127) = 508, less 10 · 64; 10 · 191.
    expect([...made.bias]).toEqual([508 - 640, -1910]);
    expect(made.multiplier[0] / 2 ** made.shift[0]).toBeCloseTo(0.5 / 127, 7);
    expect(made.multiplier[1] / 2 ** made.shift[1]).toBeCloseTo(0.01 / 127, 8);
  });

  it('keeps the bias of an output without weights', () => {
    const made = integerWeights(new Float32Array(3), Float32Array.of(-3), input, 0.1);
    expect((made.bias[0] * made.multiplier[0]) / 2 ** made.shift[0]).toBeCloseTo(-30, 2);
    expect([...made.weights]).toEqual([0, 0, 0]);
  });
});

describe('outputsFirst', () => {
  it('transposes', () => {
    expect([...outputsFirst(Float32Array.of(1, 2, 3, 4, 5, 6), 2)]).toEqual([1, 3, 5, 2, 4, 6]);
  });
});

/** Histogram with 2048 bins. */
function histogramOf(values: ArrayLike<number>): Histogram {
  const made = emptyHistogram();
  countValues(made, Float32Array.from(values));
  return made;
}

describe('ranges', () => {
  const spread = (outlier: number, count = 10_000): number[] => [...Array.from({ length: count }, (_, i) => i / count), outlier];

  it('hold zero, and levels that are used', () => {
    expect(leastErrorRange(histogramOf([2, 3]), 127)).toEqual({ min: 0, max: 3 });
    expect(scaleOf({ min: -1, max: 1 }, 127)).toEqual({ scale: 2 / 127, zeroPoint: 64 });
    expect(scaleOf({ min: 0, max: 0 }, 127)).toEqual({ scale: 1, zeroPoint: 0 });
  });

  it('weigh: one outlier is not worth its width, many are', () => {
    const rare = histogramOf(spread(2, 100_000));
    const often = histogramOf([...spread(2, 100_000), ...Array<number>(1000).fill(2)]);
    const [a, b] = [rare, often].map((histogram) => leastErrorRange(histogram, 127));
    expect(a.max).toBeLessThan(1.5);
    expect(b.max).toBeGreaterThan(1.9);
    expect(squaredError(rare, a, 127)).toBeLessThan(squaredError(rare, { min: 0, max: 2 }, 127));
  });

  it('are of all values, whatever came first', () => {
    const histogram = emptyHistogram();
    // Bins of 1 / 2044, then of 8 / 2044 and of 128 / 2044.
    for (const values of [
      [0.5, 1],
      [-3, 0.5],
      [60, 60],
    ])
      countValues(histogram, Float32Array.from(values));
    expect(histogram).toMatchObject({ min: -3, max: 60 });
    expect(histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(6);
    const filled = [...histogram.counts].flatMap((count, bin) => (count > 0 ? [[middleOf(histogram, bin), count]] : []));
    expect(filled.map(([, count]) => count)).toEqual([1, 2, 1, 2]);
    filled.forEach(([middle], i) => expect(Math.abs(middle - [-3, 0.5, 1, 60][i])).toBeLessThan(0.501 * histogram.width));
  });

  it('says when an activation is no number', () => {
    expect(() => extremesOf(Float32Array.of(1, NaN))).toThrow('an activation is NaN on a calibration image');
  });
});

describe('scaleGroups', () => {
  it('joins what is moved and what is concatenated', () => {
    const network = networkOf((g, x) => {
      const y = g.conv(x, 'y', 4, { kernel: 1 });
      const z = g.conv(x, 'z', 2, { kernel: 1 });
      const joined = g.concat(g.node('channelSlice', [y], { start: 0, size: 2 }), z);
      return g.conv(g.node('channelShuffle', [joined], { groups: 2 }), 'last', 3, { kernel: 1 });
    });
    const groups = scaleGroups(freeze(network, randomState(network)));
    const members = [...groups].filter(([, group]) => group === 'y').map(([name]) => name.split('_')[0]);
    expect(members).toEqual(['y', 'z', 'channelSlice', 'concat', 'channelShuffle']);
    expect(groups.get('last')).toBe('last');
  });
});

describe('activationsBeforeConcat', () => {
  it('computes the same, without the activation after', () => {
    const network = networkOf((g, x) => {
      const stem = g.relu(g.conv(x, 'stem', 3, { kernel: 3 }));
      return g.relu(
        g.concat(g.conv(stem, 'conv', 4, { kernel: 3, stride: 2 }), g.node('averagePool', [stem], { kernel: 3, stride: 2, padding: 1 })),
      );
    });
    const frozen = freeze(network, randomState(network));
    const moved = activationsBeforeConcat(frozen);
    expect(moved.nodes.map(({ op }) => op)).toEqual(['input', 'conv2d', 'conv2d', 'averagePool', 'concat', 'globalAveragePool', 'linear']);
    const inputs = uniform(2 * 90, 3, -2, 2);
    expect(logitsOf(moved, inputs, 2)).toEqual(logitsOf(frozen, inputs, 2));
    // The old network is as it was.
    expect(frozen.nodes.filter(({ op }) => op === 'activation').length).toBe(1);
  });

  it('puts an activation of its own where the part is read elsewhere too', () => {
    const network = networkOf((g, x) => {
      const y = g.conv(x, 'y', 3, { kernel: 1 });
      return g.add(g.relu6(g.concat(y, g.conv(y, 'z', 2, { kernel: 1 }))), g.conv(x, 'w', 5, { kernel: 1 }));
    });
    const frozen = freeze(network, randomState(network));
    const moved = activationsBeforeConcat(frozen);
    expect(moved.nodes.map(({ op }) => op)).toEqual([
      'input',
      'conv2d',
      'conv2d',
      'activation',
      'concat',
      'conv2d',
      'add',
      'globalAveragePool',
      'linear',
    ]);
    const inputs = uniform(2 * 90, 3, -2, 2);
    expect(logitsOf(moved, inputs, 2)).toEqual(logitsOf(frozen, inputs, 2));
  });
});

describe('roundNetwork', () => {
  const network = networkOf((g, x) =>
    g.conv(g.relu(g.conv(x, 'a', 6, { kernel: 3, bias: true })), 'b', 5, { kernel: 3, stride: 2, bias: true }),
  );
  const frozen = freeze(network, randomState(network));
  const pixels = pixelsOf(16, 9);

  it('brings the mean logits back to those of the float network', async () => {
    const images = networkInputs(pixels, frozen, SCALE);
    const expected = logitsOf(frozen, images.inputs(0, 16), 16);
    const meanError = (program: IntegerProgram): number => {
      const logits = createIntegerRunner(program).logits(pixels);
      const off = Array.from({ length: 4 }, (_, c) =>
        expected.reduce((sum, value, i) => (i % 4 === c ? sum + (logits[i] - value) / 16 : sum), 0),
      );
      return Math.max(...off.map(Math.abs));
    };
    // Ranges that are far too narrow move every mean.
    const scales = await activationScales(engine.tf, frozen, images, SCALE);
    const narrow = new Map(
      [...scales].map(([group, { scale, zeroPoint }]) => [
        group,
        group === 'input' ? { scale, zeroPoint } : { scale: scale / 3, zeroPoint },
      ]),
    );
    const groups = scaleGroups(frozen);
    const rounded = await roundNetwork(engine.tf, frozen, images, {
      levels: { scaleOf: (name) => narrow.get(groups.get(name)!)!, largest: 127 },
    });
    const [without, corrected] = [lowerToIntegers(frozen, narrow, SCALE), lowerToIntegers(rounded.network, narrow, SCALE, rounded)].map(
      meanError,
    );
    expect(without).toBeGreaterThan(0.01);
    expect(corrected).toBeLessThan(without / 10);
  });

  it('leaves weights on levels of the program', async () => {
    const images = networkInputs(pixels, frozen, SCALE);
    const scales = await activationScales(engine.tf, frozen, images, SCALE, 8);
    const groups = scaleGroups(frozen);
    const rounded = await roundNetwork(engine.tf, frozen, images, {
      levels: { scaleOf: (name) => scales.get(groups.get(name)!)!, largest: 255 },
    });
    const program = lowerToIntegers(rounded.network, scales, SCALE, { ...rounded, activationBits: 8 });
    const b = program.nodes.find(({ name }) => name === 'b') as Extract<IntegerProgram['nodes'][number], { op: 'convolution' }>;
    const own = rounded.network.nodes.find(({ name }) => name === 'b')!.constants as Record<string, { data: Float32Array }>;
    const real = outputsFirst(own.kernel.data, 5);
    const size = real.length / 5;
    real.forEach((weight, i) => expect(b.weights[i] * rounded.weightScales.get('b')![Math.floor(i / size)]).toBeCloseTo(weight, 6));
  });
});

describe('lowerToIntegers', () => {
  it('refuses a network whose logits come from no linear layer', () => {
    const g = new GraphBuilder();
    const network = g.network('bare', { inputShape, classes: 3 }, g.globalAveragePool(g.input(inputShape)));
    expect(() => lowerToIntegers(freeze(network, new Map()), new Map(), SCALE)).toThrow(
      'bare has no integer variant: its logits come from globalAveragePool, expected a linear layer',
    );
  });
});
