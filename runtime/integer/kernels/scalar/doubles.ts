/** The rounding through doubles of one number (`../doubles.ts`), for engines without SIMD. */
import { binary, type Code } from '../../../wasm/assembler.ts';
import { doubles } from '../doubles.ts';
import type { KernelRounding } from '../requantize.ts';

const after =
  (...opcode: number[]) =>
  (a: Code): Code => [...a, ...opcode];
const convert = after(0xb7);
const promote = after(0xbb);
const asFloat = after(0xbe);
const asDouble = after(0xbf);
const floor = after(0x9c);
/** Cut off at both ends: what fills a pixel's channels up may be any number. */
const truncate = after(0xfc, 0x02);
const add = binary([0xa0]);
const multiply = binary([0xa2]);
const double = (value: number): Code => [0x44, ...new Uint8Array(Float64Array.of(value).buffer)];

const rounded = (accumulator: Code, constant: Code): Code =>
  floor(add(multiply(convert(accumulator), promote(asFloat(constant))), double(0.5)));

export const doublesOfOne: KernelRounding = {
  ...doubles,
  round: (accumulator, constant, half) => truncate(add(rounded(accumulator, constant), asDouble(half))),
  shifted: (sum, shift) => truncate(rounded(sum, shift)),
};
