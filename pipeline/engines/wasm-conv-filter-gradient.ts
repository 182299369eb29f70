/**
 * The gradient of a convolution's filter, which tfjs's WASM backend lacks, as a convolution that it has:
 * with batch and channels exchanged, dW[ky, kx, i, o] = Σ x[i; y·s+ky, x·s+kx; b] · dy[y, x; b, o], that is, x convolved
 * with dy as a filter that is dilated by the stride.
 */
import type { NamedAttrMap, NamedTensorInfoMap, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from './engine.ts';

type Pad = 'valid' | 'same' | number | [[number, number], [number, number], [number, number], [number, number]];

export function registerConvolutionFilterGradient(tf: Tfjs): void {
  if (tf.getKernel('Conv2DBackpropFilter', 'wasm')) return;
  tf.registerKernel({
    kernelName: 'Conv2DBackpropFilter',
    backendName: 'wasm',
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs as NamedTensorInfoMap as unknown as { x: Tensor4D; dy: Tensor4D };
      const { strides, pad, filterShape } = attrs as NamedAttrMap as unknown as { strides: number | [number, number]; pad: Pad; filterShape: [number, number, number, number] };
      const info = tf.backend_util.computeConv2DInfo(x.shape, filterShape, strides, 1, pad);
      const { top, left } = info.padInfo;
      return tf.tidy(() => {
        // Exactly the rows and columns that some output reads; those past them would lengthen the result.
        const bottom = (info.outHeight - 1) * info.strideHeight + filterShape[0] - x.shape[1] - top;
        const right = (info.outWidth - 1) * info.strideWidth + filterShape[1] - x.shape[2] - left;
        const input = tf.tensor(tf.backend().readSync(x.dataId) as Float32Array, x.shape) as Tensor4D;
        const outer = tf.tensor(tf.backend().readSync(dy.dataId) as Float32Array, dy.shape) as Tensor4D;
        const cropped = tf.slice(input, [0, 0, 0, 0], [-1, x.shape[1] + Math.min(bottom, 0), x.shape[2] + Math.min(right, 0), -1]);
        const padded = tf.pad(cropped as Tensor4D, [[0, 0], [top, Math.max(bottom, 0)], [left, Math.max(right, 0)], [0, 0]]);
        const exchanged = tf.transpose(padded, [3, 1, 2, 0]) as Tensor4D;
        const filter = tf.transpose(outer, [1, 2, 0, 3]) as Tensor4D;
        const gradient = tf.conv2d(exchanged, filter, 1, 'valid', 'NHWC', [info.strideHeight, info.strideWidth]);
        return tf.transpose(gradient, [1, 2, 0, 3]);
      });
    },
  });
}
