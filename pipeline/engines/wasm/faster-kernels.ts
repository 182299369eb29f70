/**
 * Kernels in place of tfjs's own that copy through the JavaScript heap or compute by plain loops. Copies are the same bits;
 * the products are sums in another order. What these don't serve goes to tfjs's kernel.
 */
import type { NamedAttrMap, TensorInfo } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import { depthwiseInputGradient } from './depthwise-gradients.ts';
import type { WasmKernels } from './kernels.ts';
import { matrixProduct } from './matrix-product.ts';
import { copyView, stridesOf } from './movement.ts';

/** @returns undefined if tfjs's kernel is to answer */
export type Faster = (inputs: Record<string, TensorInfo>, attributes: NamedAttrMap) => TensorInfo | TensorInfo[] | undefined;

const fourBytes = ({ dtype }: TensorInfo): boolean => dtype === 'float32' || dtype === 'int32';
const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

export function fasterKernels(tf: Tfjs, kernels: WasmKernels): Record<string, Faster> {
  const { slice_util, backend_util, broadcast_util, util } = tf as Tfjs & {
    broadcast_util: typeof import('@tensorflow/tfjs-core').broadcast_util;
  };

  /** A part of x that begins at these indices. */
  function part(x: TensorInfo, begin: readonly number[], shape: readonly number[]): TensorInfo {
    const y = kernels.allocate(shape, x.dtype);
    const strides = stridesOf(x.shape);
    const first = begin.reduce((sum, index, i) => sum + index * strides[i], 0);
    copyView(
      kernels,
      shape,
      { address: kernels.address(x) + 4 * first, strides },
      { address: kernels.address(y), strides: stridesOf(shape) },
    );
    return y;
  }

  return {
    /** The same values under two names, as in tfjs's other backends; tfjs's own kernel copies them. */
    Identity: ({ x }) => (x.dtype === 'string' ? undefined : kernels.share(x, x.shape)),

    Slice({ x }, { begin, size }) {
      if (!fourBytes(x)) return undefined;
      const [from, shape] = slice_util.parseSliceParams(x as never, begin as never, size as never);
      return part(x, from, shape);
    },

    SplitV({ x }, { numOrSizeSplits, axis }) {
      if (!fourBytes(x)) return undefined;
      const [dimension] = util.parseAxisParam(axis as number, [...x.shape]);
      let at = 0;
      return backend_util.prepareSplitSize(x as never, numOrSizeSplits as never, dimension).map((size) => {
        const begin = x.shape.map((_, i) => (i === dimension ? at : 0));
        at += size;
        return part(
          x,
          begin,
          x.shape.map((whole, i) => (i === dimension ? size : whole)),
        );
      });
    },

    Concat(inputs, { axis }) {
      const parts = Object.values(inputs);
      if (!parts.every(fourBytes)) return undefined;
      const [dimension] = util.parseAxisParam(axis as number, [...parts[0].shape]);
      const shape = backend_util.computeOutShape(
        parts.map((each) => [...each.shape]),
        dimension,
      );
      const whole = kernels.allocate(shape, parts[0].dtype);
      const strides = stridesOf(shape);
      let at = 0;
      for (const each of parts) {
        copyView(
          kernels,
          each.shape,
          { address: kernels.address(each), strides: stridesOf(each.shape) },
          { address: kernels.address(whole) + 4 * at * strides[dimension], strides },
        );
        at += each.shape[dimension];
      }
      return whole;
    },

    Transpose({ x }, { perm }) {
      if (!fourBytes(x)) return undefined;
      const order = perm as unknown as number[];
      const y = kernels.allocate(
        order.map((i) => x.shape[i]),
        x.dtype,
      );
      const strides = stridesOf(x.shape);
      copyView(
        kernels,
        y.shape,
        { address: kernels.address(x), strides: order.map((i) => strides[i]) },
        { address: kernels.address(y), strides: stridesOf(y.shape) },
      );
      return y;
    },

    BatchMatMul({ a, b }, { transposeA, transposeB }) {
      const [outerA, outerB] = [a, b].map(({ shape }) => shape.slice(0, -2));
      const [batchA, batchB] = [product(outerA), product(outerB)];
      // XNNPACK's, and what broadcasts more than one matrix.
      if (!transposeA && !transposeB && batchA === 1 && batchB === 1) return undefined;
      if (batchA !== batchB && batchA !== 1 && batchB !== 1) return undefined;
      const shape = broadcast_util.assertAndGetBroadcastShape([...outerA], [...outerB]);
      if (product(shape) !== Math.max(batchA, batchB)) return undefined;
      const three = ({ dataId, dtype, shape }: TensorInfo, batch: number): TensorInfo => ({
        dataId,
        dtype,
        shape: [batch, ...shape.slice(-2)],
      });
      const y = matrixProduct(kernels, three(a, batchA), three(b, batchB), Boolean(transposeA), Boolean(transposeB));
      return { ...y, shape: [...shape, y.shape[1], y.shape[2]] };
    },

    /** A depthwise convolution's with the same weight everywhere; SAME and its uneven counts are tfjs's. */
    AvgPoolGrad({ dy, input }, { filterSize, strides, pad }) {
      const info = backend_util.computePool2DInfo(input.shape as never, filterSize as never, strides as never, 1, pad as never);
      const { top, bottom, left, right } = info.padInfo;
      if (top + bottom + left + right > 0) return undefined;
      const area = info.filterHeight * info.filterWidth;
      const weights = kernels.from(new Float32Array(area * info.inChannels).fill(1 / area), [
        info.filterHeight,
        info.filterWidth,
        info.inChannels,
        1,
      ]);
      const dx = depthwiseInputGradient(kernels, dy, weights, info);
      kernels.free(weights);
      return dx;
    },
  };
}
