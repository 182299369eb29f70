/**
 * Just enough of a WebAssembly assembler (core specification 2.0, chapter 5, with the SIMD instructions) for the
 * resizer's two loops: no build step, no binary in the repository, and the code that runs is the code that is read.
 */

export type Code = number[];

const I32 = 0x7f;
const V128 = 0x7b;

/** Unsigned LEB128. */
function unsigned(value: number): Code {
  const bytes: Code = [];
  for (let rest = value; ; ) {
    const byte = rest & 0x7f;
    rest >>>= 7;
    if (rest === 0) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** Signed LEB128. */
function signed(value: number): Code {
  const bytes: Code = [];
  for (let rest = value | 0; ; ) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
/** A memory access: alignment 0 (none promised) and an offset. */
const access = (opcode: Code, offset: number): Code => [...opcode, 0, ...unsigned(offset)];

/** Instructions by the specification's names; operands come before them, as on the stack. */
export const op = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  tee: (local: number): Code => [0x22, ...unsigned(local)],
  i32: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a],
  sub: [0x6b],
  lessThan: [0x49],
  load32: (offset = 0): Code => access([0x28], offset),
  store32: (offset = 0): Code => access([0x36], offset),
  load: (offset = 0): Code => access(simd(0), offset),
  store: (offset = 0): Code => access(simd(11), offset),
  /** Eight bytes as eight 16-bit lanes. */
  load8x8: (offset = 0): Code => access(simd(2), offset),
  load32Splat: (offset = 0): Code => access(simd(9), offset),
  store32Lane: (lane: number, offset = 0): Code => [...access(simd(90), offset), lane],
  store64Lane: (lane: number, offset = 0): Code => [...access(simd(91), offset), lane],
  constant: (bytes: readonly number[]): Code => [...simd(12), ...bytes],
  splat32: simd(17),
  shuffle: (lanes: readonly number[]): Code => [...simd(13), ...lanes],
  swizzle: simd(14),
  or: simd(80),
  add16: simd(142),
  add32: simd(174),
  /** Neighbouring unsigned 16-bit lanes, added to 32 bits. */
  addPairs16: simd(127),
  shiftLeft32: simd(171),
  shiftRight32: simd(172),
  /** Pairs of 16-bit products, added. */
  dot: simd(186),
  narrow32: simd(134),
  narrow16: simd(102),
  extendLow8: simd(137),
  extendHigh8: simd(138),
} as const;

/** `do … while (condition)`: the body leaves the condition on the stack. */
export const repeat = (body: Code): Code => [0x03, 0x40, ...body, 0x0d, 0, 0x0b];

/** A function of 32-bit parameters without a result. */
export interface WasmFunction {
  name: string;
  parameters: number;
  /** Further 32-bit locals, then vectors; numbered after the parameters in this order. */
  integers: number;
  vectors: number;
  body: Code;
}

const vector = (items: Code[]): Code => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const named = (text: string): Code => sized(Array.from(text, (character) => character.charCodeAt(0)));

/** A module that imports its memory as `env.memory` and exports the functions. */
export function assemble(functions: readonly WasmFunction[], pages: number): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }): Code => [0x60, ...vector(Array.from({ length: parameters }, () => [I32])), 0]);
  const bodies = functions.map(({ integers, vectors, body }) => sized([...vector([[...unsigned(integers), I32], [...unsigned(vectors), V128]]), ...body, 0x0b]));
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([[...named('env'), ...named('memory'), 2, 0, ...unsigned(pages)]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map(({ name }, i) => [...named(name), 0, ...unsigned(i)]))),
    ...section(10, vector(bodies)),
  ]);
}
