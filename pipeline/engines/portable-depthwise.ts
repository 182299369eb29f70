/**
 * A depthwise convolution with gradients made of ops that every tfjs backend has; WASM lacks the kernels of both.
 * With y[r, c] = Σ x[r·s + ky - p, c·s + kx - p]·w[ky, kx] per channel:
 * dx is dy, spread apart by the stride, convolved with the kernel turned by 180°; dw[ky, kx] is the sum over images and
 * pixels of dy times the pixels of x that this weight met.
 */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs, TrainingOps } from './engine.ts';
import { symmetricPadding } from './padding.ts';

type Save = (tensors: Tensor[]) => void;

export function createPortableDepthwise(tf: Tfjs): TrainingOps['depthwiseConv2d'] {
  return (x, filter, stride, padding) => {
    const kernel = filter.shape[0];
    const convolution = tf.customGrad((x, filter, save) => {
      (save as Save)([x as Tensor, filter as Tensor]);
      return {
        value: tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, stride, symmetricPadding(padding)),
        gradFunc: (dy: Tensor, [x, filter]: Tensor[]) => [
          inputGradient(tf, dy as Tensor4D, filter as Tensor4D, x.shape as Tensor4D['shape'], stride, padding),
          filterGradient(tf, dy as Tensor4D, x as Tensor4D, kernel, stride, padding),
        ],
      };
    });
    return convolution(x, filter) as Tensor4D;
  };
}

function inputGradient(tf: Tfjs, dy: Tensor4D, filter: Tensor4D, [, height, width]: Tensor4D['shape'], stride: number, padding: number): Tensor4D {
  const kernel = filter.shape[0];
  const spread = spreadApart(tf, dy, stride);
  // Pixels before the first and past the last that some output read get no gradient, or get it from the padding.
  const grown = padOrCrop(tf, spread, [kernel - 1 - padding, height - spread.shape[1] + padding], [kernel - 1 - padding, width - spread.shape[2] + padding]);
  return tf.depthwiseConv2d(grown, tf.reverse(filter, [0, 1]), 1, 'valid');
}

function filterGradient(tf: Tfjs, dy: Tensor4D, x: Tensor4D, kernel: number, stride: number, padding: number): Tensor4D {
  const [, outHeight, outWidth, channels] = dy.shape;
  const [, height, width] = x.shape;
  // As many pixels as whole strides need, so that every stride-th can be taken by a reshape.
  const rows = outHeight * stride + kernel - 1;
  const columns = outWidth * stride + kernel - 1;
  const padded = padOrCrop(tf, x, [padding, rows - height - padding], [padding, columns - width - padding]);
  const weights: Tensor[] = [];
  for (let ky = 0; ky < kernel; ky++) {
    for (let kx = 0; kx < kernel; kx++) {
      const met = everyNth(tf, tf.slice(padded, [0, ky, kx, 0], [-1, outHeight * stride, outWidth * stride, -1]) as Tensor4D, stride);
      weights.push(tf.sum(tf.mul(met, dy), [0, 1, 2]));
    }
  }
  return tf.reshape(tf.stack(weights), [kernel, kernel, channels, 1]);
}

/** stride - 1 rows and columns of zeros after each row and column. */
function spreadApart(tf: Tfjs, x: Tensor4D, stride: number): Tensor4D {
  if (stride === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const zeros = (rows: Tensor): Tensor => tf.pad(rows as Tensor4D, [[0, 0], [0, stride - 1], [0, 0]] as never);
  const tall = zeros(tf.reshape(x, [batch * height, 1, width * channels]));
  return tf.reshape(zeros(tf.reshape(tall, [batch * height * stride * width, 1, channels])), [batch, height * stride, width * stride, channels]);
}

/** The first of every `stride` rows and columns, of which there are multiples of `stride`. */
export function everyNth(tf: Tfjs, x: Tensor4D, stride: number): Tensor4D {
  if (stride === 1) return x;
  const [batch, height, width, channels] = x.shape;
  const rows = tf.slice(tf.reshape(x, [-1, stride, width * channels]), [0, 0, 0], [-1, 1, -1]);
  const pixels = tf.slice(tf.reshape(rows, [-1, stride, channels]), [0, 0, 0], [-1, 1, -1]);
  return tf.reshape(pixels, [batch, height / stride, width / stride, channels]);
}

/** Zeros before and after; a negative number crops. */
function padOrCrop(tf: Tfjs, x: Tensor4D, rows: [number, number], columns: [number, number]): Tensor4D {
  const [cropRows, cropColumns] = [rows, columns].map((edges) => edges.map((edge) => Math.max(-edge, 0)));
  const [padRows, padColumns] = [rows, columns].map((edges) => edges.map((edge) => Math.max(edge, 0)) as [number, number]);
  const cropped = tf.slice(x, [0, cropRows[0], cropColumns[0], 0], [-1, x.shape[1] - cropRows[0] - cropRows[1], x.shape[2] - cropColumns[0] - cropColumns[1], -1]) as Tensor4D;
  return tf.pad(cropped, [[0, 0], padRows, padColumns, [0, 0]]);
}
