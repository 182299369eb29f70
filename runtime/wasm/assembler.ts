/**
 * WebAssembly written by TypeScript: expressions as nested calls, a module as its bytes (WebAssembly Core Specification 2.0,
 * chapter 5). As much of it as our kernels use: i32 addresses and counters, f32, vectors of four f32, loops; others add their
 * instructions with `simd` and `binary` (`integers.ts`: those of whole numbers).
 */

/** The bytes of an expression or of statements. */
export type Code = readonly number[];
export type ValueType = 'i32' | 'i64' | 'f32' | 'v128';

const TYPE: Record<ValueType, number> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, v128: 0x7b };
const FUNCTION = 0x60;
const EMPTY = 0x40;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  do {
    const rest = Math.floor(value / 128);
    bytes.push((value % 128) | (rest > 0 ? 0x80 : 0));
    value = rest;
  } while (value > 0);
  return bytes;
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if ((value === 0 && !(low & 0x40)) || (value === -1 && low & 0x40)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

export const simd = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
/** An operation of two operands. */
export const binary =
  (...opcode: Code[]) =>
  (a: Code, b: Code): Code => [...a, ...b, ...opcode.flat()];

/** No alignment is promised, which costs nothing on the processors of today. */
export const memory = (offset: number): Code => [0, ...unsigned(offset)];

export const i32 = {
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: binary([0x6a]),
  sub: binary([0x6b]),
  mul: binary([0x6c]),
  shiftLeft: (a: Code, bits: number): Code => [...a, ...i32.constant(bits), 0x74],
  /** Signed. */
  lessOrEqual: binary([0x4c]),
  /** Signed. */
  less: binary([0x48]),
};

/** Operations that are the same for one channel and for four neighbouring ones. */
export interface Lanes {
  type: 'f32' | 'v128';
  count: 1 | 4;
  zero: Code;
  load(address: Code, offset?: number): Code;
  store(address: Code, value: Code, offset?: number): Code;
  /** The one float at the address, in every lane. */
  loadOne(address: Code, offset?: number): Code;
  /** An f32 in every lane. */
  spread(value: Code): Code;
  add(a: Code, b: Code): Code;
  sub(a: Code, b: Code): Code;
  mul(a: Code, b: Code): Code;
  div(a: Code, b: Code): Code;
  min(a: Code, b: Code): Code;
  /** NaN if one of the two is. */
  max(a: Code, b: Code): Code;
  sqrt(a: Code): Code;
  /** `value` where a > b, 0 elsewhere. */
  whereGreater(a: Code, b: Code, value: Code): Code;
}

const f32 = (value: number): Code => [0x43, ...new Uint8Array(new Float32Array([value]).buffer)];

export const one: Lanes = {
  type: 'f32',
  count: 1,
  zero: f32(0),
  load: (address, offset = 0) => [...address, 0x2a, ...memory(offset)],
  store: (address, value, offset = 0) => [...address, ...value, 0x38, ...memory(offset)],
  loadOne: (address, offset = 0) => [...address, 0x2a, ...memory(offset)],
  spread: (value) => value,
  add: binary([0x92]),
  sub: binary([0x93]),
  mul: binary([0x94]),
  div: binary([0x95]),
  min: binary([0x96]),
  max: binary([0x97]),
  sqrt: (a) => [...a, 0x91],
  whereGreater: (a, b, value) => [...value, ...f32(0), ...a, ...b, 0x5e, 0x1b],
};

export const four: Lanes = {
  type: 'v128',
  count: 4,
  zero: [...simd(0x0c), ...new Array<number>(16).fill(0)],
  load: (address, offset = 0) => [...address, ...simd(0x00), ...memory(offset)],
  store: (address, value, offset = 0) => [...address, ...value, ...simd(0x0b), ...memory(offset)],
  loadOne: (address, offset = 0) => [...address, ...simd(0x09), ...memory(offset)],
  spread: (value) => [...value, ...simd(0x13)],
  add: binary(simd(0xe4)),
  sub: binary(simd(0xe5)),
  mul: binary(simd(0xe6)),
  div: binary(simd(0xe7)),
  min: binary(simd(0xe8)),
  max: binary(simd(0xe9)),
  sqrt: (a) => [...a, ...simd(0xe3)],
  whereGreater: (a, b, value) => [...value, ...a, ...b, ...simd(0x44), ...simd(0x4e)],
};

export const constant = f32;

export interface Local {
  get: Code;
  set(value: Code): Code;
}

/** A function of no result: its parameters, its further locals, its body. */
export class FunctionBuilder<Parameter extends string = string> {
  readonly parameters: Record<Parameter, Local>;
  readonly #types: ValueType[];
  readonly #locals: ValueType[] = [];
  body: Code = [];

  constructor(parameters: Record<Parameter, ValueType>) {
    this.#types = Object.values(parameters);
    this.parameters = Object.fromEntries(Object.keys(parameters).map((name, index) => [name, localAt(index)])) as Record<Parameter, Local>;
  }

  local(type: ValueType): Local {
    this.#locals.push(type);
    return localAt(this.#types.length + this.#locals.length - 1);
  }

  /** Runs while `condition` holds, tested before each turn. */
  static while(condition: Code, body: Code): Code {
    return [0x02, EMPTY, ...condition, 0x45, 0x0d, 0, 0x03, EMPTY, ...body, ...condition, 0x0d, 0, 0x0b, 0x0b];
  }

  /** `count` turns; `counter` goes from `count` to 1. */
  static times(counter: Local, count: Code, body: Code): Code {
    return [
      ...counter.set(count),
      ...FunctionBuilder.while(i32.less(i32.constant(0), counter.get), [...body, ...counter.set(i32.sub(counter.get, i32.constant(1)))]),
    ];
  }

  static if(condition: Code, then: Code): Code {
    return [...condition, 0x04, EMPTY, ...then, 0x0b];
  }

  get signature(): Code {
    return [FUNCTION, ...vector(this.#types.map((type) => [TYPE[type]])), 0];
  }

  get code(): Code {
    const body = [...vector(this.#locals.map((type) => [1, TYPE[type]])), ...this.body, 0x0b];
    return [...unsigned(body.length), ...body];
  }
}

function localAt(index: number): Local {
  const at = unsigned(index);
  return { get: [0x20, ...at], set: (value) => [...value, 0x21, ...at] };
}

const vector = (items: Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const section = (id: number, content: number[]): number[] => [id, ...unsigned(content.length), ...content];
const text = (value: string): number[] => vector([...new TextEncoder().encode(value)].map((byte) => [byte]));

/** Limits of an imported memory: any; or, of one that threads share, which has to state a largest size, up to all that 32 bits address. */
const ANY_MEMORY = [0, 0];
const ANY_SHARED_MEMORY = [3, 0, ...unsigned(65_536)];

/**
 * @param options `sharedMemory`: it takes a memory that threads share, and no other (WebAssembly threads)
 * @returns the module: it imports `host.memory` and exports every function by its name.
 */
export function assemble(functions: Record<string, FunctionBuilder>, { sharedMemory = false } = {}): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(functions);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(entries.map(([, built]) => built.signature))),
    ...section(2, vector([[...text('host'), ...text('memory'), 0x02, ...(sharedMemory ? ANY_SHARED_MEMORY : ANY_MEMORY)]])),
    ...section(3, vector(entries.map((_, index) => unsigned(index)))),
    ...section(7, vector(entries.map(([name], index) => [...text(name), 0, ...unsigned(index)]))),
    ...section(10, vector(entries.map(([, built]) => built.code))),
  ]);
}
