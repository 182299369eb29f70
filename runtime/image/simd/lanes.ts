/** Instructions on vectors of integers, for the assembler; opcodes of the WebAssembly specification, appendix "Index of Instructions". */
import { binary, four, i32, memory, simd, type Code } from '../../wasm/assembler.ts';

const unary =
  (opcode: number) =>
  (a: Code): Code => [...a, ...simd(opcode)];
const shift =
  (opcode: number) =>
  (a: Code, bits: number): Code => [...a, ...i32.constant(bits), ...simd(opcode)];
const constant = (lanes: readonly number[]): Code => [...simd(12), ...lanes];

/** Sixteen 8-bit lanes, unsigned. */
export const u8 = {
  load: four.load,
  store: four.store,
  /** Index in `lanes` of a swizzle that gives a zero. */
  NONE: 0x80,
  /** Lane i is that of `a` at `lanes[i]`; 0 if that is above 15. */
  swizzle: (a: Code, lanes: readonly number[]): Code => [...a, ...constant(lanes), ...simd(14)],
  /** Lane i is that of `a` followed by `b` at `lanes[i]`. */
  shuffle: (a: Code, b: Code, lanes: readonly number[]): Code => [...a, ...b, ...simd(13), ...lanes],
  or: binary(simd(80)),
  xor: binary(simd(81)),
  /** 1 if any bit is set. */
  anyTrue: unary(83),
  /** The eight bytes at the address, then zeros. */
  loadHalf: (address: Code, offset = 0): Code => [...address, ...simd(93), ...memory(offset)],
  /** Writes one lane. */
  storeOne: (address: Code, value: Code, lane: number, offset = 0): Code => [...address, ...value, ...simd(88), ...memory(offset), lane],
  /** Writes two neighbours, `2 · pair` and the next. */
  storePair: (address: Code, value: Code, pair: number, offset = 0): Code => [...address, ...value, ...simd(89), ...memory(offset), pair],
  /** Eight of the lanes as 16-bit ones. */
  extendLow: unary(137),
  extendHigh: unary(138),
};

/** Eight 16-bit lanes. */
export const i16 = {
  /** Products of signed lanes, neighbours added to 32 bits. */
  dot: binary(simd(186)),
  /** Both vectors as one of bytes, limited to 0…255. */
  narrow: binary(simd(102)),
};

/** Four 32-bit lanes. */
export const i32x4 = {
  zero: four.zero,
  add: binary(simd(174)),
  sub: binary(simd(177)),
  mul: binary(simd(181)),
  shiftLeft: shift(171),
  /** Signed. */
  shiftRight: shift(172),
  spread: unary(17),
  /** The 32 bits at the address, in every lane. */
  loadOne: four.loadOne,
  /** Both vectors as one of 16-bit lanes, limited to 0…65535. */
  narrow: binary(simd(134)),
};

/** A 32-bit number of memory. */
export const loadNumber = (address: Code, offset = 0): Code => [...address, 0x28, ...memory(offset)];
