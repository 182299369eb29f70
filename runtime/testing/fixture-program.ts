import type { IntegerProgram } from '../integer/program.ts';
import { FIXTURE_INPUT, FIXTURE_LABELS, fixtureWeights } from './fixture-graph.ts';

/** The network of `fixture-graph.ts` in integers, with scales chosen by hand: a plausible program, not a measured one. */
export function fixtureProgram(phase = 0): IntegerProgram {
  const [kernel, bias, , linear, linearBias] = fixtureWeights('float32', phase).map(({ values }) => values);
  const filters = bias.length;
  const classes = FIXTURE_LABELS.length;
  const activation = { scale: 1 / 127, zeroPoint: 0, low: 0, high: 127 };
  const int8 = (values: number[]): Int8Array => Int8Array.from(values, (value) => Math.round(127 * value));
  const weighted = (biases: number[], shift: number) => ({
    bias: Int32Array.from(biases, (value) => Math.round(127 * 127 * value)),
    multiplier: new Int16Array(biases.length).fill(1 << 14),
    shift: new Uint8Array(biases.length).fill(shift),
  });
  const { height, width, channels } = FIXTURE_INPUT;
  return {
    name: 'shapes',
    nodes: [
      // 0 to 255 becomes 0 to 127.
      {
        op: 'input',
        name: 'input',
        inputs: [],
        shape: [height, width, channels],
        ...activation,
        factor: Int16Array.of(2),
        offset: Int32Array.of(0),
        shift: 2,
      },
      {
        // Kernels lie there by height, width, input and output, here the output is first.
        op: 'convolution',
        name: 'conv',
        inputs: ['input'],
        shape: [4, 4, filters],
        ...activation,
        ...weighted(bias, 24),
        weights: int8(Array.from({ length: filters * 9 }, (_, i) => kernel[(i % 9) * filters + Math.floor(i / 9)])),
        kernel: 3,
        stride: 2,
        padding: [1, 1, 1, 1],
        groups: 1,
        paddingValue: 0,
      },
      {
        op: 'globalAveragePool',
        name: 'pool',
        inputs: ['conv'],
        shape: [filters],
        ...activation,
        bias: 0,
        factor: 1,
        multiplier: 1 << 14,
        shift: 18,
      },
      {
        op: 'logits',
        name: 'logits',
        inputs: ['pool'],
        shape: [classes],
        scale: 1 / 2048,
        zeroPoint: 0,
        ...weighted(linearBias, 17),
        weights: int8(Array.from({ length: classes * filters }, (_, i) => linear[(i % filters) * classes + Math.floor(i / filters)])),
      },
    ],
  };
}
