/**
 * Calling convention of every kernel: with the address of its parameters, 32-bit words in memory in the order of `fields`, and the range of
 * output rows that it is to write, so that rows may be shared out.
 */
import { FunctionBuilder, i32, type Code, type Local, type ValueType } from '../../wasm/assembler.ts';
import { scalar, vector } from '../../wasm/integers.ts';

export const statements = (...codes: Code[]): Code => codes.flat();

/** Bytes of one parameter. */
export const WORD = 4;

export interface Kernel {
  /** Parameters in order. Those whose names begin with a buffer's name are addresses, the others numbers. */
  fields: readonly string[];
  function: FunctionBuilder;
}

export class KernelBuilder<Field extends string> {
  readonly #function = new FunctionBuilder({ parameters: 'i32', from: 'i32', to: 'i32' });
  readonly #fields: readonly Field[];
  readonly #prologue: Code[] = [];
  readonly #loaded = new Map<Field, Local>();

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
  }

  local(type: ValueType = 'i32'): Local {
    return this.#function.local(type);
  }

  locals(count: number, type: ValueType = 'v128'): Local[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /** A parameter, loaded once, in a local that may be changed. */
  field(name: Field): Local {
    const known = this.#loaded.get(name);
    if (known) return known;
    const local = this.#atStart('i32', scalar.load32(this.#function.parameters.parameters.get, this.#offset(name)));
    this.#loaded.set(name, local);
    return local;
  }

  /** A parameter in eight lanes of 16 bits. */
  splat16(name: Field): Code {
    return this.#atStart('v128', vector.splat16(this.field(name).get)).get;
  }

  /** A parameter in four lanes. */
  splat32(name: Field): Code {
    return this.#atStart('v128', vector.splat32(this.field(name).get)).get;
  }

  /** A parameter and the one behind it, in two lanes of 64 bits. */
  splat64(name: Field): Code {
    return this.#atStart('v128', vector.load64Splat(this.#function.parameters.parameters.get, this.#offset(name))).get;
  }

  /** A parameter and the one behind it as one number. */
  long(name: Field): Code {
    return this.#atStart('i64', scalar.load64(this.#function.parameters.parameters.get, this.#offset(name))).get;
  }

  /** `body` for each row asked for; `pointers` begin at their field and go on by the field of a step each row. */
  rows(pointers: [pointer: Local, step: Field][], body: Code): Code {
    const { from, to } = this.#function.parameters;
    return statements(
      ...pointers.map(([pointer, step]) => pointer.set(i32.add(pointer.get, i32.mul(from.get, this.field(step).get)))),
      FunctionBuilder.while(i32.less(from.get, to.get), [
        ...body,
        ...pointers.flatMap(([pointer, step]) => advance(pointer, this.field(step).get)),
        ...advance(from, i32.constant(1)),
      ]),
    );
  }

  /**
   * Pointers that go over the pixels of the rows asked for, one row after the other. The kernel has fields of each name, with `Row` and
   * with `Step` behind it, and `columns`.
   * @returns where they are, how they begin (at their field as it is then) and how they go on
   */
  pixels<Name extends string>(...names: (Name & Field)[]): { at: Record<Name, Local>; begin: Code; next: Code } {
    const field = (name: string): Local => this.field(name as Field);
    const at = Object.fromEntries(names.map((name) => [name, this.local()])) as Record<Name, Local>;
    const lead = at[names[0]];
    const end = this.local();
    const first = names.map((name) => this.#atStart('i32', i32.mul(this.#function.parameters.from.get, field(`${name}Row`).get)).get);
    const lengths = names.map((name) => this.#atStart('i32', i32.mul(field('columns').get, field(`${name}Step`).get)).get);
    /** From the end of a row to the begin of the next. */
    const wraps = names.map((name, i) => this.#atStart('i32', i32.sub(field(`${name}Row`).get, lengths[i])).get);
    return {
      at,
      begin: statements(
        ...names.map((name, i) => at[name].set(i32.add(field(name).get, first[i]))),
        end.set(i32.add(lead.get, lengths[0])),
      ),
      next: statements(
        ...names.map((name) => advance(at[name], field(`${name}Step`).get)),
        FunctionBuilder.if(
          i32.lessOrEqual(end.get, lead.get),
          statements(...names.map((name, i) => advance(at[name], wraps[i])), end.set(i32.add(lead.get, lengths[0]))),
        ),
      ),
    };
  }

  /** Number of pixels of the rows asked for. */
  get pixelCount(): Code {
    const { from, to } = this.#function.parameters;
    return i32.mul(i32.sub(to.get, from.get), this.field('columns' as Field).get);
  }

  /** The row that `rows` is at. */
  get row(): Code {
    return this.#function.parameters.from.get;
  }

  /** Restarts the range of rows, for a kernel that goes over them several times. */
  rowsAgain(): { restart: Code } {
    const { from } = this.#function.parameters;
    const first = this.#atStart('i32', from.get);
    return { restart: from.set(first.get) };
  }

  build(body: Code): Kernel {
    this.#function.body = [...this.#prologue.flat(), ...body];
    return { fields: this.#fields, function: this.#function };
  }

  #offset(name: Field): number {
    return this.#fields.indexOf(name) * WORD;
  }

  #atStart(type: ValueType, value: Code): Local {
    const local = this.local(type);
    this.#prologue.push(local.set(value));
    return local;
  }
}

export const advance = (pointer: Local, by: Code): Code => pointer.set(i32.add(pointer.get, by));

/** `count` turns over `body`; leaves `count` as it is. */
export function times(builder: { local(): Local }, count: Code, body: Code): Code {
  return FunctionBuilder.times(builder.local(), count, body);
}
