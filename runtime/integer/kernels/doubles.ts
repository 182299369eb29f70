/**
 * The one rounding through doubles, for every shift that programs of version 1 may have (1 to 46). It gives the same integers as
 * `requantize`, because no step of it rounds:
 * - the constant m · 2^-s has the 15 bits of m, so that float32 holds it;
 * - an accumulator has 32 bits: a · (m · 2^-s) is a multiple of 2^-s with at most 46 bits, and a double holds 53;
 * - the sum with 1/2 = 2^(s-1) · 2^-s is such a multiple too, below 2^47 · 2^-s;
 * - ⌊…⌋ of a double is exact, and so is adding a zero point to it: `checkProgram` keeps it within 2^30.
 * Accumulators without a multiplier are those of m = 1. A module of its own: programs of version 2 never load it.
 */
import { binary, simd, type Code } from '../../wasm/assembler.ts';
import { shuffleBytes, vector } from '../../wasm/integers.ts';
import type { KernelRounding } from './requantize.ts';

const convertLow32 = (a: Code): Code => [...a, ...simd(0xfe)];
const promoteLow = (a: Code): Code => [...a, ...simd(0x5f)];
const floor = (a: Code): Code => [...a, ...simd(0x75)];
const add = binary(simd(0xf0));
const multiply = binary(simd(0xf2));
/** Two doubles as the lower two of four lanes of 32 bits. */
const truncate = (a: Code): Code => [...a, ...simd(0xfc)];
/** A double in both lanes. */
const both = (value: number): Code => {
  const bytes = new Uint8Array(Float64Array.of(value).buffer);
  return [...simd(0x0c), ...bytes, ...bytes];
};

const bytesFrom = (first: number): number[] => Array.from({ length: 8 }, (_, i) => first + i);
const upperLanes = (a: Code): Code => shuffleBytes(a, a, [...bytesFrom(8), ...bytesFrom(8)]);

function round(accumulators: Code, constants: Code, half: Code): Code {
  const two = (lanes: (a: Code) => Code): Code =>
    truncate(add(floor(add(multiply(convertLow32(lanes(accumulators)), promoteLow(lanes(constants))), both(0.5))), half));
  return shuffleBytes(
    two((a) => a),
    two(upperLanes),
    [...bytesFrom(0), ...bytesFrom(16)],
  );
}

const float32Word = (value: number): number => new Int32Array(Float32Array.of(value).buffer)[0];

export const doubles: KernelRounding = {
  round,
  shifted: (sums, shift) => round(sums, vector.splat32(shift), both(0)),
  constant: (multiplier, shift) => float32Word(multiplier * 2 ** -shift),
  half(zeroPoint) {
    const [half, halfHigh] = new Int32Array(Float64Array.of(zeroPoint).buffer);
    return { half, halfHigh };
  },
  sum: (_bound, offset, shift) => ({ offset, shift: float32Word(2 ** -shift) }),
};
