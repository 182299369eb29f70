/** Instructions of whole numbers, as `assembler.ts` writes those of floats: scalars, and vectors of 8, 16, 32 and 64 bits. */
import { binary, i32, memory, simd, type Code } from './assembler.ts';

const unary =
  (...opcode: Code[]) =>
  (a: Code): Code => [...a, ...opcode.flat()];
const load =
  (...opcode: Code[]) =>
  (address: Code, offset = 0): Code => [...address, ...opcode.flat(), ...memory(offset)];
const store =
  (...opcode: Code[]) =>
  (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...opcode.flat(), ...memory(offset)];

/** One number. 64 bits hold the products of requantizing. */
export const scalar = {
  load32: load([0x28]),
  load64: load([0x29]),
  load8Signed: load([0x2c]),
  load8: load([0x2d]),
  load16Signed: load([0x2e]),
  load16: load([0x2f]),
  store32: store([0x36]),
  store8: store([0x3a]),
  store16: store([0x3b]),
  and: binary([0x71]),
  shiftRight: binary([0x75]),
  greater: binary([0x4a]),
  /** `a` where the condition holds, else `b`. */
  select: (a: Code, b: Code, condition: Code): Code => [...a, ...b, ...condition, 0x1b],
  min: (a: Code, b: Code): Code => scalar.select(a, b, i32.less(a, b)),
  max: (a: Code, b: Code): Code => scalar.select(a, b, scalar.greater(a, b)),
  load8Long: load([0x31]),
  load8SignedLong: load([0x30]),
  toLong: unary([0xac]),
  addLong: binary([0x7c]),
  subtractLong: binary([0x7d]),
  multiplyLong: binary([0x7e]),
  /** The upper 32 bits, and the lower ones. */
  upperHalf: (a: Code): Code => [...a, 0x42, 32, 0x87, 0xa7],
  lowerHalf: unary([0xa7]),
  /** As the upper 32 bits. */
  asUpperHalf: (a: Code): Code => [...a, 0x42, 32, 0x86],
};

export const shuffleBytes = (a: Code, b: Code, lanes: readonly number[]): Code => [...a, ...b, ...simd(0x0d), ...lanes];
/** Lanes of two bytes, 0 to 7 of the first operand, 8 to 15 of the second. */
const pairsOfBytes = (lanes: number[]): number[] => lanes.flatMap((lane) => [2 * lane, 2 * lane + 1]);

/** 128 bits; `low` and `high` are the four 16-bit lanes at either end. */
export const vector = {
  load: load(simd(0x00)),
  /** Eight bytes into eight lanes of 16 bits. */
  load8Unsigned: load(simd(0x02)),
  load8Signed: load(simd(0x01)),
  load32Splat: load(simd(0x09)),
  load64Splat: load(simd(0x0a)),
  store: store(simd(0x0b)),
  /** The lower eight bytes. */
  storeHalf: (address: Code, value: Code, offset = 0): Code => [...address, ...value, ...simd(0x5b), ...memory(offset), 0],
  splat16: unary(simd(0x10)),
  splat32: unary(simd(0x11)),

  /** Signed 16 bits to unsigned 8, cut off at both ends. */
  narrow16: (a: Code): Code => [...a, ...a, ...simd(0x66)],
  /** Twice four signed 32 bits to 16, cut off at both ends. */
  narrow32: binary(simd(0x85)),
  sub16: binary(simd(0x91)),
  min16: binary(simd(0x96)),
  max16: binary(simd(0x98)),
  extendLow16: unary(simd(0xa7)),
  extendHigh16: unary(simd(0xa8)),
  extendLow8Unsigned: unary(simd(0x89)),

  shiftRight32: binary(simd(0xac)),
  add32: binary(simd(0xae)),
  mul32: binary(simd(0xb5)),
  /** Products of eight 16-bit lanes, two neighbours added. */
  dot16: binary(simd(0xba)),
  mulLow16: binary(simd(0xbc)),
  mulHigh16: binary(simd(0xbd)),

  add64: binary(simd(0xce)),
  mulLow32: binary(simd(0xdc)),
  mulHigh32: binary(simd(0xdd)),
  /** The upper halves of four 64-bit lanes. */
  upperHalves: (a: Code, b: Code): Code => shuffleBytes(a, b, pairsOfBytes([2, 3, 6, 7, 10, 11, 14, 15])),
  /** Lanes of the two by turns, of the lower and of the upper halves. */
  zipLow16: (a: Code, b: Code): Code => shuffleBytes(a, b, pairsOfBytes([0, 8, 1, 9, 2, 10, 3, 11])),
  zipHigh16: (a: Code, b: Code): Code => shuffleBytes(a, b, pairsOfBytes([4, 12, 5, 13, 6, 14, 7, 15])),

  /** Relaxed SIMD: signed bytes by bytes of 7 bits, four neighbours added, and `sum`. What an eighth bit means is up to the processor. */
  dot8Relaxed: (signed: Code, sevenBits: Code, sum: Code): Code => [...signed, ...sevenBits, ...sum, ...simd(0x113)],
};
