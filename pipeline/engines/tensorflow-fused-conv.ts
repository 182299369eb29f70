/**
 * The fused convolution of frozen networks on native TensorFlow: tfjs-node adds the bias by a broadcast addition of its
 * own. oneDNN's convolution adds it on the way: that saves a pass over each feature map. TensorFlow offers this as an
 * internal op, under the name that its own rewriting of graphs uses; where it is missing (other processors, GPUs) or
 * wrong, the bias is added by `BiasAdd`.
 */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from './engine.ts';
import type { Attribute, NativeBackend } from './tensorflow-native.ts';
import { onednnLabel } from './tensorflow-onednn.ts';

type Activation = 'linear' | 'relu' | 'relu6' | 'elu' | 'prelu' | 'leakyrelu' | 'sigmoid';

interface FusedConvBackend extends NativeBackend {
  applyActivation(x: Tensor, activation: Activation, preluWeights?: Tensor, leakyReluAlpha?: number): Tensor;
}

const ONEDNN_OP = '_MklNativeConv2DWithBias';

/** Replaces tfjs-node's `FusedConv2D` kernel. */
export function registerFusedConv2d(tf: Tfjs): void {
  const native = tf.backend() as unknown as FusedConvBackend;
  const { TF_ATTR_INT, TF_ATTR_STRING, TF_ATTR_TYPE, TF_FLOAT } = native.binding;
  const string = (name: string, value: string): Attribute => ({ name, type: TF_ATTR_STRING, value });
  const type: Attribute = { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT };
  const NHWC = string('data_format', 'NHWC');
  const label = onednnLabel(native.binding);

  const withBias = (attributes: Attribute[], x: Tensor, filter: Tensor, bias: Tensor): Tensor =>
    native.executeSingleOutput(ONEDNN_OP, [...attributes, label], [x, filter, bias]);
  const thenBias = (attributes: Attribute[], x: Tensor, filter: Tensor, bias: Tensor): Tensor => {
    const y = native.executeSingleOutput('Conv2D', attributes, [x, filter]);
    const biased = native.executeSingleOutput('BiasAdd', [type, NHWC], [y, bias]);
    y.dispose();
    return biased;
  };
  const convolution = isRight(tf, type, NHWC, TF_ATTR_INT, string, withBias) ? withBias : thenBias;

  tf.unregisterKernel('FusedConv2D', 'tensorflow');
  tf.registerKernel({
    kernelName: 'FusedConv2D',
    backendName: 'tensorflow',
    kernelFunc({ inputs, attrs }) {
      const { x, filter, bias, preluActivationWeights } = inputs as unknown as {
        x: Tensor4D;
        filter: Tensor4D;
        bias?: Tensor1D;
        preluActivationWeights?: Tensor;
      };
      const { strides, pad, dilations, dimRoundingMode, activation, leakyreluAlpha } = attrs as unknown as FusedConv2dAttributes;
      const { strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = tf.backend_util.computeConv2DInfo(
        x.shape,
        filter.shape,
        strides,
        dilations,
        pad,
        dimRoundingMode,
        false,
        'channelsLast',
      );
      const attributes: Attribute[] = [
        type,
        NHWC,
        { name: 'strides', type: TF_ATTR_INT, value: [1, strideHeight, strideWidth, 1] },
        { name: 'dilations', type: TF_ATTR_INT, value: [1, dilationHeight, dilationWidth, 1] },
        string('padding', padInfo.type),
        ...(padInfo.type === 'EXPLICIT'
          ? [
              {
                name: 'explicit_paddings',
                type: TF_ATTR_INT,
                value: [0, 0, padInfo.top, padInfo.bottom, padInfo.left, padInfo.right, 0, 0],
              },
            ]
          : []),
      ];
      const y = bias ? convolution(attributes, x, filter, bias) : native.executeSingleOutput('Conv2D', attributes, [x, filter]);
      const activated = native.applyActivation(y, activation, preluActivationWeights, leakyreluAlpha);
      if (activated !== y) y.dispose();
      return activated;
    },
  });
}

interface FusedConv2dAttributes {
  strides: number | [number, number];
  pad: 'valid' | 'same' | [[number, number], [number, number], [number, number], [number, number]];
  dilations: number | [number, number];
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  activation: Activation;
  leakyreluAlpha?: number;
}

/** Checks that the op exists here and computes a small known convolution. */
function isRight(
  tf: Tfjs,
  type: Attribute,
  NHWC: Attribute,
  TF_ATTR_INT: number,
  string: (name: string, value: string) => Attribute,
  withBias: (attributes: Attribute[], x: Tensor, filter: Tensor, bias: Tensor) => Tensor,
): boolean {
  const ones: Attribute[] = ['strides', 'dilations'].map((name) => ({ name, type: TF_ATTR_INT, value: [1, 1, 1, 1] }));
  const attributes = [
    type,
    NHWC,
    ...ones,
    string('padding', 'EXPLICIT'),
    { name: 'explicit_paddings', type: TF_ATTR_INT, value: [0, 0, 1, 1, 1, 1, 0, 0] },
  ];
  return tf.tidy(() => {
    try {
      // Sums of a 3x3 neighbourhood of 1 … 4, all four in each; twice that in the second channel; biases 5 and -7.
      const filter = tf.tile(tf.tensor4d([1, 2], [1, 1, 1, 2]), [3, 3, 1, 1]);
      const y = withBias(attributes, tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), filter, tf.tensor1d([5, -7])).dataSync();
      return y.length === 8 && y.every((value, i) => value === (i % 2 === 0 ? 15 : 13));
    } catch {
      return false;
    }
  });
}
