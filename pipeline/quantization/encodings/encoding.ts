import type { WeightQuantization } from '@sld-edge/runtime/package/mixed-weights.ts';

/** Values of a constant, in the layout in which a graph file has them. */
export interface TensorValues {
  shape: number[];
  data: Float32Array;
}

/** A tensor as it lies in a weight file. */
export interface EncodedTensor {
  /** What `model.json` says of it; absent: float32. */
  quantization?: WeightQuantization;
  bytes: Uint8Array;
}

/** How a scale follows from weights: the largest weight gets the largest level; or the scale of least squared error is searched for. */
export type ScaleRule = 'largest' | 'least-error';

/** A way to store a tensor of weights: how the file has it and, where it has scales, how they are found. */
export interface Encoding {
  /** For people. */
  summary: string;
  /** Whether stock `tf.loadGraphModel` reads it. */
  stock: boolean;
  /** Whether biases and the like may be stored so too; weights always may. */
  biases: boolean;
  /** Absent: no scale. */
  scale?: ScaleRule;
  /** @throws Error in one line for values that it can't hold */
  encode(tensor: TensorValues): EncodedTensor;
}
