/** IEEE 754 binary16 (half precision): patterns of 16 bits and the numbers that they stand for. */

/** The number of a pattern; every one is a float32 number. */
export function float16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return mantissa ? NaN : sign * Infinity;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

/** Least magnitude that rounds to infinity: halfway between the largest finite number, 65504, and the next power of two. */
const ROUNDS_TO_INFINITY = 65520;
const SMALLEST_NORMAL = 2 ** -14;

const word = new DataView(new ArrayBuffer(4));

/** The pattern of the nearest number, ties to even. @param value a float32 number; others are rounded to one first */
export function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.fround(Math.abs(value));
  if (magnitude >= ROUNDS_TO_INFINITY) return sign | 0x7c00;
  if (magnitude < SMALLEST_NORMAL) return sign | roundedToEven(magnitude * 2 ** 24);
  word.setFloat32(0, magnitude);
  const bits = word.getUint32(0);
  // The exponent's bias is 127 there and 15 here; a mantissa that rounds up to 1024 carries into the exponent.
  return sign | roundedToEven(bits / 2 ** 13 - (127 - 15) * 1024);
}

function roundedToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
