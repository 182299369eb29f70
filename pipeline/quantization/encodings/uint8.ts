/** Stock TensorFlow.js's 8 bits: one scale and one minimum for the whole tensor. */
import { quantizeWeights } from '../quantize-weights.ts';
import type { Encoding, ScaleRule } from './encoding.ts';

export const uint8 = (rule: ScaleRule): Encoding => ({
  summary: `8 bits, one scale and minimum a tensor, ${rule === 'largest' ? 'by its range' : 'of least squared error'}`,
  stock: true,
  biases: false,
  scale: rule,
  encode({ data }) {
    const { bytes, scale, min } = quantizeWeights(data, rule === 'least-error');
    return { quantization: { dtype: 'uint8', scale, min }, bytes };
  },
});
