/** Half precision: 11 significant bits, magnitudes from 6e-8 to 65504. */
import { float16Bits } from '@sld-edge/runtime/package/float16.ts';
import type { Encoding } from './encoding.ts';

const LARGEST = 65504;

export const float16: Encoding = {
  summary: 'IEEE half precision',
  stock: true,
  biases: true,
  encode({ data }) {
    const tooLarge = data.find((value) => !(Math.abs(value) <= LARGEST));
    if (tooLarge !== undefined) throw new Error(`float16 holds magnitudes up to ${LARGEST}, got ${tooLarge}`);
    const view = new DataView(new ArrayBuffer(2 * data.length));
    data.forEach((value, i) => view.setUint16(2 * i, float16Bits(value), true));
    return { quantization: { dtype: 'float16' }, bytes: new Uint8Array(view.buffer) };
  },
};
