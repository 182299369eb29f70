/** Kinds of values: a default, what is allowed in words, a check, and how a flag's text is read. Settings and options of methods are made of them. */

export interface ValueKind<T> {
  default: T;
  /** Completes "expects …" in a refusal. */
  allowed: string;
  holds(value: unknown): boolean;
  /** The value that a flag's text means; one that does not hold is refused. May throw an Error that says more. */
  parse(text: string): unknown;
  /** Names to choose from, for a suggestion. */
  names?: readonly string[];
  /** Its flag stands without a value; `--no-…` is the opposite. */
  isSwitch?: true;
}

export interface Range {
  from?: number;
  above?: number;
  to?: number;
  below?: number;
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isIn = (value: number, { from = -Infinity, above = -Infinity, to = Infinity, below = Infinity }: Range): boolean =>
  value >= from && (value > above || above === -Infinity) && value <= to && (value < below || below === Infinity);
const numberIn = (text: string): number => (text.trim() === '' ? NaN : Number(text));

function rangeText({ from, above, to, below }: Range): string {
  const low = from !== undefined ? ` from ${from}` : above !== undefined ? ` above ${above}` : '';
  const high = to !== undefined ? ` to ${to}` : below !== undefined ? ` ${low ? 'to ' : ''}below ${below}` : '';
  return low + high;
}

export const number = (value: number, range: Range): ValueKind<number> => ({
  default: value,
  allowed: `a number${rangeText(range)}`,
  holds: (v) => isNumber(v) && isIn(v, range),
  parse: numberIn,
});

export const whole = (value: number, range: Range): ValueKind<number> => ({
  default: value,
  allowed: `a whole number${rangeText(range)}`,
  holds: (v) => Number.isInteger(v) && isIn(v as number, range),
  parse: numberIn,
});

/** One or more numbers; a flag has them with commas between. */
export const numbers = (value: readonly number[], range: Range): ValueKind<readonly number[]> => ({
  default: value,
  allowed: `numbers${rangeText(range)} with commas between`,
  holds: (v) => Array.isArray(v) && v.length > 0 && v.every((one) => isNumber(one) && isIn(one, range)),
  parse: (text) => text.split(',').map(numberIn),
});

/** A list that may be empty; a flag says so by `none`. */
export const orNone = <T>(value: ValueKind<readonly T[]>): ValueKind<readonly T[]> => ({
  ...value,
  parse: (text) => (text === 'none' ? [] : value.parse(text)),
  holds: (v) => (Array.isArray(v) && v.length === 0) || value.holds(v),
});

export const toggle = (value: boolean): ValueKind<boolean> => ({
  default: value,
  allowed: 'true or false',
  holds: (v) => typeof v === 'boolean',
  parse: (text) => ({ true: true, false: false })[text],
  isSwitch: true,
});

export const oneName = <const T extends string>(value: NoInfer<T>, names: readonly T[]): ValueKind<T> => ({
  default: value,
  allowed: `one of ${names.join(', ')}`,
  holds: (v) => (names as readonly unknown[]).includes(v),
  parse: (text) => text,
  names,
});

/** Some of the names, with commas between. */
export const someNames = <const T extends string>(value: readonly T[], names: readonly T[]): ValueKind<readonly T[]> => ({
  default: value,
  allowed: `some of ${names.join(', ')} with commas between`,
  holds: (v) => Array.isArray(v) && v.length > 0 && v.every((one) => (names as readonly unknown[]).includes(one)),
  parse: (text) => text.split(',').map((name) => name.trim()),
});

/** @param pattern what all of the text must be */
export const text = (value: string, allowed = 'text', pattern = /^[\s\S]*$/): ValueKind<string> => ({
  default: value,
  allowed,
  holds: (v) => typeof v === 'string' && pattern.test(v),
  parse: (text) => text,
});

/** A file or folder; from the command line never empty. */
export const path = (value: string, allowed = 'a path'): ValueKind<string> => ({
  ...text(value, allowed),
  parse: (text) => text || undefined,
});

/** The same without a default: undefined where it is not stated. */
export const optional = <T>(value: ValueKind<T>): ValueKind<T | undefined> => ({
  ...value,
  default: undefined,
  holds: (v) => v === undefined || value.holds(v),
});
