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

/** A way to store a tensor of weights. */
export interface Encoding {
  /** For people. */
  summary: string;
  /** Whether stock `tf.loadGraphModel` reads it. */
  stock: boolean;
  /** Whether biases and the like may be stored so too; weights always may. */
  biases: boolean;
  /** @throws Error in one line for values that it can't hold */
  encode(tensor: TensorValues): EncodedTensor;
  /** The same without a search for the best scale, for comparison. */
  encodePlainly?(tensor: TensorValues): EncodedTensor;
}
