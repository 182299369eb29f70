/**
 * The pickle virtual machine (Python, Lib/pickletools.py, protocols 0 to 5) for data alone. A pickle may name functions to
 * call; here a name means something only where the caller's table gives it one, and everything else is refused. Nothing of
 * Python runs, memory stays within a small multiple of the pickle's size.
 *
 * Values: int and float become numbers (bigint beyond 2^53), str string, bytes Uint8Array, None null, list and tuple arrays,
 * dict Map, set Set.
 */
import { PickleReader } from './pickle-reader.ts';

/** Meaning of a name: a value, or something that a pickle may call. */
export type PickleGlobal = { call(args: unknown[]): unknown } | { value: unknown };

export interface PickleContext {
  /** `module.name` to its meaning; undefined refuses it. */
  global(name: string): PickleGlobal | undefined;
  /** Persistent ids: PyTorch's references to storages. */
  persistent(id: unknown): unknown;
}

/** Objects that a pickle may give attributes (BUILD); others refuse them. */
export interface Buildable {
  build(state: unknown): void;
}

/** Instructions that make a value; far above what checkpoints hold, far below what fills the memory. */
const MAX_VALUES = 8_000_000;

const MARK = Symbol('mark');

/**
 * Reads one pickle, from the reader's position to behind its STOP.
 * @throws Error in one line: a name that is not allowed, an instruction that no checkpoint needs, a pickle that ends early
 */
export function readPickle(reader: PickleReader, context: PickleContext): unknown {
  return new Machine(reader, context).run();
}

class Machine {
  readonly #reader: PickleReader;
  readonly #context: PickleContext;
  readonly #memo = new Map<number, unknown>();
  #stack: unknown[] = [];
  #made = 0;

  constructor(reader: PickleReader, context: PickleContext) {
    this.#reader = reader;
    this.#context = context;
  }

  run(): unknown {
    for (;;) {
      const opcode = this.#reader.byte();
      if (opcode === 0x2e /* . STOP */) {
        const value = this.pop();
        if (this.#stack.length > 0) throw new Error('its pickle leaves values behind');
        return value;
      }
      const instruction = INSTRUCTIONS[opcode];
      if (!instruction)
        throw new Error(`its pickle has the instruction 0x${opcode.toString(16).padStart(2, '0')}, which no checkpoint needs`);
      instruction(this, this.#reader);
    }
  }

  push(value: unknown): void {
    this.#count(1);
    this.#stack.push(value);
  }

  #count(values: number): void {
    this.#made += values;
    if (this.#made > MAX_VALUES) throw new Error(`its pickle makes more than ${MAX_VALUES.toLocaleString('en')} values`);
  }

  pop(): unknown {
    if (this.#stack.length === 0) throw new Error('its pickle takes a value where there is none');
    const value = this.#stack.pop();
    if (value === MARK) throw new Error('its pickle takes a value where there is a mark');
    return value;
  }

  discard(): void {
    if (this.#stack.pop() === undefined) throw new Error('its pickle takes a value where there is none');
  }

  mark(): void {
    this.push(MARK);
  }

  /** The values above the last mark, which goes with them. */
  popToMark(): unknown[] {
    const at = this.#stack.lastIndexOf(MARK);
    if (at < 0) throw new Error('its pickle goes back to a mark that it did not set');
    const values = this.#stack.slice(at + 1);
    this.#stack.length = at;
    return values;
  }

  get top(): unknown {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  remember(key = this.#memo.size): void {
    this.#memo.set(key, this.top);
  }

  recall(key: number): void {
    if (!this.#memo.has(key)) throw new Error(`its pickle recalls value ${key}, which it never kept`);
    this.push(this.#memo.get(key));
  }

  append(values: unknown[]): void {
    const { top } = this;
    if (!Array.isArray(top)) throw new Error('its pickle appends to what is no list');
    for (const value of values) top.push(value);
  }

  setItems(pairs: unknown[]): void {
    const { top } = this;
    if (!(top instanceof Map) || pairs.length % 2 !== 0) throw new Error('its pickle sets items of what is no dictionary');
    for (let i = 0; i < pairs.length; i += 2) top.set(pairs[i], pairs[i + 1]);
  }

  addItems(values: unknown[]): void {
    const { top } = this;
    if (!(top instanceof Set)) throw new Error('its pickle adds to what is no set');
    for (const value of values) top.add(value);
  }

  global(module: unknown, name: unknown): void {
    const full = `${String(module)}.${String(name)}`;
    const found = this.#context.global(full);
    if (!found)
      throw new Error(
        `its pickle names ${printable(full)}, which is not among what a file of tensors may name; nothing of it was run. Save the state_dict() alone, or as safetensors`,
      );
    this.push(new Named(full, found));
  }

  call(): void {
    const args = this.pop();
    const target = this.pop();
    if (!(target instanceof Named) || !('call' in target.meaning) || !Array.isArray(args))
      throw new Error(`its pickle calls what can't be called${target instanceof Named ? `: ${printable(target.name)}` : ''}`);
    // A call may copy what it is given, and the same may be given a million times.
    for (const argument of args)
      if (argument instanceof Map || argument instanceof Set) this.#count(argument.size);
      else if (Array.isArray(argument)) this.#count(argument.length);
    this.push(target.meaning.call(args.map(meaningOf)));
  }

  build(): void {
    const state = this.pop();
    const target = this.top;
    if (typeof (target as Partial<Buildable> | null)?.build === 'function') (target as Buildable).build(state);
    // OrderedDict carries attributes in state_dict()s (`_metadata`, module versions); no reader of tensors needs them.
    else if (!(target instanceof Map)) throw new Error('its pickle sets attributes of what has none');
  }

  persistent(): void {
    const id = this.pop();
    this.push(this.#context.persistent(Array.isArray(id) ? id.map(meaningOf) : id));
  }
}

/** A name on the stack, apart from plain values so that only names can be called. */
class Named {
  readonly name: string;
  readonly meaning: PickleGlobal;
  constructor(name: string, meaning: PickleGlobal) {
    this.name = name;
    this.meaning = meaning;
  }
}

const meaningOf = (value: unknown): unknown => (value instanceof Named && 'value' in value.meaning ? value.meaning.value : value);

/** Names come from the file: what a terminal could take for commands is left out, and the rest is short. */
export const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 120);

type Instruction = (machine: Machine, reader: PickleReader) => void;

const pairs: [string, Instruction][] = [
  ['\x80', (_, r) => requireProtocol(r.byte())], // PROTO
  ['\x95', (_, r) => void r.size8()], // FRAME: only a hint for reading ahead
  ['(', (m) => m.mark()],
  ['0', (m) => m.discard()],
  ['1', (m) => void m.popToMark()],
  ['2', (m) => m.push(m.top)],
  ['N', (m) => m.push(null)],
  ['\x88', (m) => m.push(true)],
  ['\x89', (m) => m.push(false)],
  ['K', (m, r) => m.push(r.byte())],
  ['M', (m, r) => m.push(r.uint16())],
  ['J', (m, r) => m.push(r.int32())],
  ['\x8a', (m, r) => m.push(r.long(r.byte()))],
  ['\x8b', (m, r) => m.push(r.long(r.int32()))],
  ['I', (m, r) => m.push(textInteger(r.line()))],
  ['L', (m, r) => m.push(textInteger(r.line().replace(/L$/, '')))],
  ['F', (m, r) => m.push(textFloat(r.line()))],
  ['G', (m, r) => m.push(r.float64BigEndian())],
  ['S', (m, r) => m.push(quoted(r.line()))],
  ['V', (m, r) => m.push(r.line())],
  ['U', (m, r) => m.push(r.latin1(r.byte()))],
  ['T', (m, r) => m.push(r.latin1(r.int32()))],
  ['\x8c', (m, r) => m.push(r.utf8(r.byte()))],
  ['X', (m, r) => m.push(r.utf8(r.uint32()))],
  ['\x8d', (m, r) => m.push(r.utf8(r.size8()))],
  ['C', (m, r) => m.push(new Uint8Array(r.bytes(r.byte())))],
  ['B', (m, r) => m.push(new Uint8Array(r.bytes(r.uint32())))],
  ['\x8e', (m, r) => m.push(new Uint8Array(r.bytes(r.size8())))],
  ['\x96', (m, r) => m.push(new Uint8Array(r.bytes(r.size8())))],
  [']', (m) => m.push([])],
  ['l', (m) => m.push(m.popToMark())],
  ['a', (m) => m.append([m.pop()])],
  ['e', (m) => m.append(m.popToMark())],
  [')', (m) => m.push([])],
  ['t', (m) => m.push(m.popToMark())],
  ['\x85', (m) => m.push([m.pop()])],
  ['\x86', (m) => m.push([m.pop(), m.pop()].reverse())],
  ['\x87', (m) => m.push([m.pop(), m.pop(), m.pop()].reverse())],
  ['}', (m) => m.push(new Map())],
  [
    'd',
    (m) => {
      const items = m.popToMark();
      m.push(new Map());
      m.setItems(items);
    },
  ],
  ['s', (m) => m.setItems([m.pop(), m.pop()].reverse())],
  ['u', (m) => m.setItems(m.popToMark())],
  ['\x8f', (m) => m.push(new Set())],
  ['\x90', (m) => m.addItems(m.popToMark())],
  ['\x91', (m) => m.push(new Set(m.popToMark()))],
  ['c', (m, r) => m.global(r.line(), r.line())],
  ['\x93', (m) => m.global(...([m.pop(), m.pop()].reverse() as [unknown, unknown]))],
  ['R', (m) => m.call()],
  ['\x81', (m) => m.call()],
  ['b', (m) => m.build()],
  ['Q', (m) => m.persistent()],
  ['p', (m, r) => m.remember(textKey(r.line()))],
  ['q', (m, r) => m.remember(r.byte())],
  ['r', (m, r) => m.remember(r.uint32())],
  ['\x94', (m) => m.remember()],
  ['g', (m, r) => m.recall(textKey(r.line()))],
  ['h', (m, r) => m.recall(r.byte())],
  ['j', (m, r) => m.recall(r.uint32())],
];

const INSTRUCTIONS: (Instruction | undefined)[] = [];
for (const [opcode, instruction] of pairs) INSTRUCTIONS[opcode.charCodeAt(0)] = instruction;

function requireProtocol(protocol: number): void {
  if (protocol > 5) throw new Error(`its pickle is of protocol ${protocol}; protocols up to 5 are read`);
}

function textInteger(text: string): unknown {
  // Protocol 0 writes booleans as these.
  if (text === '00') return false;
  if (text === '01') return true;
  if (!/^-?\d{1,40}$/.test(text)) throw new Error(`its pickle has "${printable(text)}" where a whole number is due`);
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

function textFloat(text: string): number {
  const number = { inf: Infinity, '-inf': -Infinity, nan: NaN }[text] ?? Number(text);
  if (text === '' || (Number.isNaN(number) && text !== 'nan')) throw new Error(`its pickle has "${printable(text)}" where a number is due`);
  return number;
}

function textKey(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`its pickle has "${printable(text)}" where the number of a kept value is due`);
  return Number(text);
}

/** Python 2 wrote names of storages so: in quotes, plain characters. */
function quoted(text: string): string {
  const [, inside] = /^(?:'([^'\\]*)'|"([^"\\]*)")$/.exec(text)?.filter((part) => part !== undefined) ?? [];
  if (inside === undefined) throw new Error(`its pickle has ${printable(text)} where a quoted text is due`);
  return inside;
}
