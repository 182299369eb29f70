/** Layouts of state entries on an engine, converted from and to PyTorch's without loss. */

export interface Layout {
  /** @param shape PyTorch's */
  toDevice(data: Float32Array, shape: number[]): { data: Float32Array; shape: number[] };
  /** The inverse; `shape` is PyTorch's too. */
  fromDevice(data: Float32Array, shape: number[]): Float32Array;
  /**
   * Dimension of weights on the engine that counts the outputs; PyTorch's is always the first. Absent for entries that are not weights of a
   * product.
   */
  outputs?: number;
}

export const layouts = {
  /** Unchanged layout: vectors, embeddings. */
  same: { toDevice: (data, shape) => ({ data, shape }), fromDevice: (data) => data },
  /** OIHW to HWIO. */
  convolution: permuted([2, 3, 1, 0]),
  /** [channels, 1, k, k] to [k, k, channels, 1]. */
  depthwise: permuted([2, 3, 0, 1]),
  /** [out, in] to [in, out]. */
  transposed: permuted([1, 0]),
  /** [out, in, 1, 1], a 1x1 convolution's weights, to [in, out]. */
  transposedPointwise: reshaped(permuted([1, 0]), ([out, inputs]) => [out, inputs]),
  /** [out, in], a linear layer's weights, to [1, 1, in, out]. */
  pointwise: reshaped(permuted([2, 3, 1, 0]), ([out, inputs]) => [out, inputs, 1, 1]),
} satisfies Record<string, Layout>;

/** A layout whose dimension `d` is PyTorch's dimension `order[d]`. */
function permuted(order: number[]): Layout {
  const inverse = order.map((_, d) => order.indexOf(d));
  const deviceShape = (shape: number[]): number[] => order.map((d) => shape[d]);
  return {
    toDevice: (data, shape) => ({ data: permute(data, shape, order), shape: deviceShape(shape) }),
    fromDevice: (data, shape) => permute(data, deviceShape(shape), inverse),
    outputs: inverse[0],
  };
}

/** A layout of what PyTorch keeps in other dimensions, in the same order. @param shapeOf the shape that `layout` takes */
function reshaped(layout: Layout, shapeOf: (shape: number[]) => number[]): Layout {
  return {
    ...layout,
    toDevice: (data, shape) => layout.toDevice(data, shapeOf(shape)),
    fromDevice: (data, shape) => layout.fromDevice(data, shapeOf(shape)),
  };
}

/** The array of shape `shape` with its dimensions in another order, in a new one: what `numpy.transpose` does. */
function permute(data: Float32Array, shape: number[], order: number[]): Float32Array {
  const strides = shape.map((_, d) => shape.slice(d + 1).reduce((product, size) => product * size, 1));
  const sizes = order.map((d) => shape[d]);
  const steps = order.map((d) => strides[d]);
  const out = new Float32Array(data.length);
  const at = new Array<number>(order.length).fill(0);
  const last = order.length - 1;
  let from = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = data[from];
    for (let d = last; d >= 0; d--) {
      from += steps[d];
      if (++at[d] < sizes[d]) break;
      from -= steps[d] * sizes[d];
      at[d] = 0;
    }
  }
  return out;
}
