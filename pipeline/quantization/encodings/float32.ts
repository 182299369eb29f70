import type { Encoding } from './encoding.ts';

export const float32: Encoding = {
  summary: 'as trained',
  stock: true,
  biases: true,
  encode: ({ data }) => ({ bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }),
};
