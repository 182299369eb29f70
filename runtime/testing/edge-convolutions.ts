/** Convolutions at the shapes where kernels go wrong: each a program of its own, between an input and logits. */
import { checkProgram } from '../integer/check-program.ts';
import { evenSides, type IntegerConvolution, type IntegerProgram, type Sides } from '../integer/program.ts';

type Changes = Partial<Pick<IntegerConvolution, 'kernel' | 'stride' | 'padding' | 'groups'>>;

function convolutionProgram(height: number, width: number, channels: number, outputs: number, changes: Changes = {}): IntegerProgram {
  const { kernel = 3, stride = 1, padding = evenSides(1), groups = 1 } = changes;
  const activation = { scale: 1, zeroPoint: 9, low: 0, high: 127 };
  const weighted = (count: number, size: number) => ({
    weights: Int8Array.from({ length: count * size }, (_, i) => ((i * i * 31 + i * 7) % 255) - 127),
    bias: Int32Array.from({ length: count }, (_, o) => (o - 3) * 900),
    multiplier: Int16Array.from({ length: count }, (_, o) => 32_767 - 100 * o),
    shift: new Uint8Array(count).fill(22),
  });
  const rows = Math.floor((height + padding[0] + padding[2] - kernel) / stride) + 1;
  const columns = Math.floor((width + padding[1] + padding[3] - kernel) / stride) + 1;
  const program: IntegerProgram = {
    name: `${height} x ${width}, ${channels} to ${outputs} channels in ${groups} groups, kernel ${kernel}, stride ${stride}, padding ${padding}`,
    nodes: [
      {
        op: 'input',
        name: 'in',
        inputs: [],
        shape: [height, width, channels],
        ...activation,
        factor: new Int16Array(channels).fill(1 << 10),
        offset: new Int32Array(channels),
        shift: 11,
      },
      {
        op: 'convolution',
        name: 'conv',
        inputs: ['in'],
        shape: [rows, columns, outputs],
        ...activation,
        ...weighted(outputs, (kernel * kernel * channels) / groups),
        kernel,
        stride,
        padding,
        groups,
        paddingValue: 9,
      },
      {
        op: 'globalAveragePool',
        name: 'mean',
        inputs: ['conv'],
        shape: [outputs],
        ...activation,
        factor: 4,
        bias: 0,
        multiplier: 20_000,
        shift: 20,
      },
      { op: 'logits', name: 'fc', inputs: ['mean'], shape: [3], scale: 1, zeroPoint: 0, ...weighted(3, outputs) },
    ],
  };
  checkProgram(program);
  return program;
}

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);
const groupings = [1, 2, 3, 4, 6, 8, 12, 24];

/** Programs by what they vary. */
export const edgeConvolutions: Record<string, () => IntegerProgram[]> = {
  'every number of channels from 1 to 40': () => upTo(40).map((channels) => convolutionProgram(3, 5, channels, 41 - channels)),
  'every number of channels, depthwise': () =>
    upTo(40).map((channels) => convolutionProgram(3, 5, channels, channels, { groups: channels })),
  'every width from 1 to 13, every stride': () =>
    upTo(13).flatMap((width) => upTo(3).map((stride) => convolutionProgram(2, width, 5, 9, { stride }))),
  'maps of one pixel, kernels of 1, 3, 5 and 7': () =>
    [1, 3, 5, 7].map((kernel) => convolutionProgram(1, 1, 6, 17, { kernel, padding: evenSides((kernel - 1) / 2) })),
  'every padding of a 3x3 kernel': () =>
    Array.from({ length: 81 }, (_, code) =>
      convolutionProgram(4, 3, 4, 8, {
        padding: [0, 1, 2, 3].map((side) => Math.floor(code / 3 ** side) % 3) as unknown as Sides,
        stride: 1 + (code % 2),
      }),
    ),
  'every grouping of 24 channels': () =>
    groupings.flatMap((groups) =>
      [groups, 24, 48].filter((outputs) => outputs % groups === 0).map((outputs) => convolutionProgram(3, 3, 24, outputs, { groups })),
    ),
};
