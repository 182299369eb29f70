/** Options of the methods: each has a default and a range, and what came is held against them in one place. */

export interface Option<T> {
  default: T;
  /** What a value may be, in words. */
  allowed: string;
  holds(value: unknown): boolean;
}

export type OptionTable<O extends object> = { readonly [K in keyof O]-?: Option<O[K]> };

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isAbove0 = (value: unknown): boolean => isNumber(value) && value > 0;

/** A factor of a loss; 0 switches it off. */
export const weight = (value: number): Option<number> => ({ default: value, allowed: 'numbers from 0', holds: (v) => isNumber(v) && v >= 0 });

/** A temperature or another number that is divided by. */
export const positive = (value: number): Option<number> => ({ default: value, allowed: 'numbers above 0', holds: isAbove0 });

export const temperatures = (value: readonly number[]): Option<readonly number[]> => ({
  default: value,
  allowed: 'lists of one or more numbers above 0',
  holds: (v) => Array.isArray(v) && v.length > 0 && v.every(isAbove0),
});

export const toggle = (value: boolean): Option<boolean> => ({ default: value, allowed: 'true, false', holds: (v) => typeof v === 'boolean' });

export const whole = (value: number): Option<number> => ({ default: value, allowed: 'whole numbers from 0', holds: (v) => Number.isInteger(v) && (v as number) >= 0 });

export const percentile = (value: number): Option<number> => ({ default: value, allowed: 'from 0 to 100', holds: (v) => isNumber(v) && v >= 0 && v <= 100 });

/** A share of the schedule; null: not stated that way. */
export const fractionOrNull: Option<number | null> = { default: null, allowed: 'from 0 to 1, or null', holds: (v) => v === null || (isNumber(v) && v >= 0 && v <= 1) };

/** In whose units epochs are stated that scale with the run; 0: in the run's own. */
export const scheduleEpochs = whole(240);

/**
 * The defaults with what differs from them.
 * @throws Error in one line: an option that the method lacks, or a value out of its range
 */
export function resolveOptions<O extends object>(method: string, table: OptionTable<O>, overrides: object): O {
  const resolved: Record<string, unknown> = Object.fromEntries(Object.entries(table).map(([name, option]) => [name, structuredClone((option as Option<unknown>).default)]));
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(table, name)) throw new Error(`unknown option "${name}" of method ${method}; allowed: ${Object.keys(table).join(', ') || '(it has none)'}`);
    const { holds, allowed } = table[name as keyof O];
    if (!holds(value)) throw new Error(`option "${name}" of method ${method} is ${JSON.stringify(value)}; allowed: ${allowed}`);
    resolved[name] = value;
  }
  return resolved as O;
}
