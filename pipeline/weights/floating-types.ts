/** Floating-point formats of checkpoints, read into float32. */
import { float16Value } from '@sld-edge/runtime/format';

export interface FloatingType {
  name: string;
  bytes: number;
  /** `count` values from the start of `bytes`, little-endian. */
  read(bytes: Uint8Array, count: number): Float32Array;
}

/** 16-bit patterns to float32, by a table that is made once: 65,536 entries. */
function table(decode: (bits: number) => number, size: number): () => Float32Array {
  let made: Float32Array | undefined;
  return () => (made ??= Float32Array.from({ length: size }, (_, bits) => decode(bits)));
}

/** IEEE 754 style: sign, `exponentBits`, `mantissaBits`; the largest exponent is infinity and NaN. */
function decodeFloat(bits: number, exponentBits: number, mantissaBits: number): number {
  const sign = bits >> (exponentBits + mantissaBits) ? -1 : 1;
  const exponent = (bits >> mantissaBits) & ((1 << exponentBits) - 1);
  const mantissa = bits & ((1 << mantissaBits) - 1);
  const bias = (1 << (exponentBits - 1)) - 1;
  if (exponent === (1 << exponentBits) - 1) return mantissa ? NaN : sign * Infinity;
  return exponent === 0
    ? sign * mantissa * 2 ** (1 - bias - mantissaBits)
    : sign * (1 + mantissa / (1 << mantissaBits)) * 2 ** (exponent - bias);
}

/** float8_e4m3fn (arXiv 2209.05433): no infinity, NaN is all ones. */
function decodeE4m3(bits: number): number {
  if ((bits & 0x7f) === 0x7f) return NaN;
  const exponent = (bits >> 3) & 15;
  const value = exponent === 0 ? (bits & 7) * 2 ** -9 : (1 + (bits & 7) / 8) * 2 ** (exponent - 7);
  return bits & 0x80 ? -value : value;
}

const ofTable = (name: string, bytes: 1 | 2, decode: (bits: number) => number): FloatingType => {
  const values = table(decode, 2 ** (8 * bytes));
  return {
    name,
    bytes,
    read(from, count) {
      const decoded = values();
      const out = new Float32Array(count);
      if (bytes === 1) for (let i = 0; i < count; i++) out[i] = decoded[from[i]];
      else for (let i = 0; i < count; i++) out[i] = decoded[from[2 * i] | (from[2 * i + 1] << 8)];
      return out;
    },
  };
};

/** A copy, because typed arrays need offsets that are multiples of their elements. */
const aligned = (bytes: Uint8Array, length: number): ArrayBuffer => new Uint8Array(bytes.subarray(0, length)).buffer;

export const float32: FloatingType = { name: 'float32', bytes: 4, read: (bytes, count) => new Float32Array(aligned(bytes, 4 * count)) };
export const float64: FloatingType = {
  name: 'float64',
  bytes: 8,
  read: (bytes, count) => Float32Array.from(new Float64Array(aligned(bytes, 8 * count))),
};
export const float16: FloatingType = ofTable('float16', 2, float16Value);
export const bfloat16: FloatingType = ofTable('bfloat16', 2, (bits) => decodeFloat(bits, 8, 7));
export const float8e5m2: FloatingType = ofTable('float8_e5m2', 1, (bits) => decodeFloat(bits, 5, 2));
export const float8e4m3: FloatingType = ofTable('float8_e4m3fn', 1, decodeE4m3);
