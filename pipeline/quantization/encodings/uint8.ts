/** Stock TensorFlow.js's 8 bits: one scale and one minimum for the whole tensor. */
import { quantizeWeights } from '../quantize-weights.ts';
import type { EncodedTensor, Encoding } from './encoding.ts';

export const uint8: Encoding = {
  summary: '8 bits, one scale and minimum a tensor',
  stock: true,
  biases: false,
  encode: ({ data }) => encoded(data, true),
  encodePlainly: ({ data }) => encoded(data, false),
};

function encoded(data: Float32Array, search: boolean): EncodedTensor {
  const { bytes, scale, min } = quantizeWeights(data, search);
  return { quantization: { dtype: 'uint8', scale, min }, bytes };
}
