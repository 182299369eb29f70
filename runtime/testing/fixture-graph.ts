/**
 * A network small enough to compute by hand: 3x3 convolution with stride 2 and padding 1, bias, ReLU, mean over
 * the image, one linear layer. Written as a tfjs graph model, and computed here in float64 without any library.
 */
export const FIXTURE_INPUT = { height: 8, width: 8, channels: 1 } as const;
export const FIXTURE_LABELS = ['circle', 'square', 'triangle', 'star'];

const FILTERS = 3;
const CLASSES = FIXTURE_LABELS.length;
const OUT = 4;

/** One weight of the graph as tfjs's weights manifest describes it. */
export interface FixtureWeight {
  spec: { name: string; shape: number[]; dtype: 'float32' | 'int32'; quantization?: { dtype: 'uint8'; scale: number; min: number } };
  bytes: Uint8Array;
  /** The values that a reader gets. */
  values: number[];
}

const b64 = (text: string) => ({ s: btoa(text) });
const ints = (values: number[]) => ({ list: { i: values.map(String) } });
const FLOAT = { type: 'DT_FLOAT' };

function deterministicValues(count: number, phase: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.fround(Math.sin(i * 1.7 + phase)));
}

/**
 * The weights in the order of the file; `uint8` stores the float ones with an affine scale.
 * @param phase another phase is another network of the same sizes
 */
export function fixtureWeights(variant: 'float32' | 'uint8', phase = 0): FixtureWeight[] {
  const pack = variant === 'float32' ? packFloat32 : packUint8;
  return [
    pack('conv/kernel', [3, 3, 1, FILTERS], deterministicValues(9 * FILTERS, phase + 0.3)),
    pack('conv/bias', [FILTERS], deterministicValues(FILTERS, phase + 1.1)),
    { spec: { name: 'pool/axes', shape: [2], dtype: 'int32' }, bytes: new Uint8Array(Int32Array.of(1, 2).buffer), values: [1, 2] },
    pack('linear/weight', [FILTERS, CLASSES], deterministicValues(FILTERS * CLASSES, phase + 2.2)),
    pack('linear/bias', [CLASSES], deterministicValues(CLASSES, phase + 0.9)),
  ];
}

function packFloat32(name: string, shape: number[], values: number[]): FixtureWeight {
  return { spec: { name, shape, dtype: 'float32' }, bytes: new Uint8Array(Float32Array.from(values).buffer), values };
}

function packUint8(name: string, shape: number[], values: number[]): FixtureWeight {
  const min = Math.min(...values);
  const scale = (Math.max(...values) - min) / 255;
  const bytes = Uint8Array.from(values, (value) => Math.round((value - min) / scale));
  return {
    spec: { name, shape, dtype: 'float32', quantization: { dtype: 'uint8', scale, min } },
    bytes,
    values: Array.from(bytes, (q) => Math.fround(q * scale + min)),
  };
}

/** `model.json` as the pipeline's writer makes it. */
export function fixtureModelJson(weights: FixtureWeight[], paths: string[]): object {
  const { height, width, channels } = FIXTURE_INPUT;
  const node = (name: string, op: string, input: string[], attr: object) => ({ name, op, input, attr });
  const constant = (weight: FixtureWeight) =>
    node(weight.spec.name, 'Const', [], { dtype: weight.spec.dtype === 'int32' ? { type: 'DT_INT32' } : FLOAT });
  const tensor = (name: string, sizes: number[]) => ({
    name: `${name}:0`,
    dtype: 'DT_FLOAT',
    tensorShape: { dim: sizes.map((size) => ({ size: String(size) })) },
  });
  return {
    format: 'graph-model',
    generatedBy: 'fixture',
    convertedBy: null,
    signature: { inputs: { input: tensor('input', [-1, height, width, channels]) }, outputs: { logits: tensor('logits', [-1, CLASSES]) } },
    modelTopology: {
      node: [
        node('input', 'Placeholder', [], {
          dtype: FLOAT,
          shape: { shape: { dim: [-1, height, width, channels].map((size) => ({ size: String(size) })) } },
        }),
        ...weights.map(constant),
        node('conv', '_FusedConv2D', ['input', 'conv/kernel', 'conv/bias'], {
          T: FLOAT,
          strides: ints([1, 2, 2, 1]),
          dilations: ints([1, 1, 1, 1]),
          padding: b64('EXPLICIT'),
          explicit_paddings: ints([0, 0, 1, 1, 1, 1, 0, 0]),
          data_format: b64('NHWC'),
          num_args: { i: '1' },
          fused_ops: { list: { s: [btoa('BiasAdd'), btoa('Relu')] } },
          epsilon: { f: 0 },
        }),
        node('pool', 'Mean', ['conv', 'pool/axes'], { T: FLOAT, Tidx: { type: 'DT_INT32' }, keep_dims: { b: false } }),
        node('logits', '_FusedMatMul', ['pool', 'linear/weight', 'linear/bias'], {
          T: FLOAT,
          transpose_a: { b: false },
          transpose_b: { b: false },
          num_args: { i: '1' },
          fused_ops: { list: { s: [btoa('BiasAdd')] } },
          epsilon: { f: 0 },
        }),
      ],
      library: {},
      versions: { producer: 1 },
    },
    weightsManifest: [{ paths, weights: weights.map((weight) => weight.spec) }],
  };
}

/** Logits of one normalised input `[8, 8, 1]`, in float64. */
export function fixtureLogits(input: ArrayLike<number>, weights: FixtureWeight[]): number[] {
  const [kernel, bias, , linear, linearBias] = weights.map((weight) => weight.values);
  const { height, width } = FIXTURE_INPUT;
  const means = Array.from({ length: FILTERS }, () => 0);
  for (let y = 0; y < OUT; y++) {
    for (let x = 0; x < OUT; x++) {
      for (let filter = 0; filter < FILTERS; filter++) {
        let sum = bias[filter];
        for (let ky = 0; ky < 3; ky++) {
          for (let kx = 0; kx < 3; kx++) {
            const row = 2 * y + ky - 1;
            const column = 2 * x + kx - 1;
            if (row < 0 || row >= height || column < 0 || column >= width) continue;
            sum += input[row * width + column] * kernel[(ky * 3 + kx) * FILTERS + filter];
          }
        }
        means[filter] += Math.max(0, sum) / (OUT * OUT);
      }
    }
  }
  return linearBias.map((b, c) => means.reduce((sum, mean, f) => sum + mean * linear[f * CLASSES + c], b));
}
