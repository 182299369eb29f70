/** Options of the methods: each has a default and a range, and what came is held against them in one place. */
import { number, numbers, whole as wholeNumber, type ValueKind } from '../support/value.ts';

/** An option is a value as settings are. */
export type Option<T> = Pick<ValueKind<T>, 'default' | 'allowed' | 'holds'>;

export type OptionTable<O extends object> = { readonly [K in keyof O]-?: Option<O[K]> };

/** A factor of a loss; 0 switches it off. */
export const weight = (value: number): Option<number> => number(value, { from: 0 });

/** A temperature or another number that is divided by. */
export const positive = (value: number): Option<number> => number(value, { above: 0 });

export const temperatures = (value: readonly number[]): Option<readonly number[]> => ({
  default: value,
  allowed: 'a list of one or more numbers above 0',
  holds: numbers(value, { above: 0 }).holds,
});

export { toggle } from '../support/value.ts';

export const countOption = (value: number): Option<number> => wholeNumber(value, { from: 0 });

export const percentile = (value: number): Option<number> => number(value, { from: 0, to: 100 });

/** A share of the schedule; null: not stated that way. */
export const fractionOrNull: Option<number | null> = {
  default: null,
  allowed: 'a number from 0 to 1, or null',
  holds: (v) => v === null || number(0, { from: 0, to: 1 }).holds(v),
};

/** In whose units epochs are stated that scale with the run; 0: in the run's own. */
export const scheduleEpochs = countOption(240);

/**
 * The defaults with what differs from them.
 * @throws Error in one line: an option that the method lacks, or a value out of its range
 */
export function resolveOptions<O extends object>(method: string, table: OptionTable<O>, overrides: object): O {
  const resolved: Record<string, unknown> = Object.fromEntries(
    Object.entries(table).map(([name, option]) => [name, structuredClone((option as Option<unknown>).default)]),
  );
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(table, name))
      throw new Error(`unknown option "${name}" of method ${method}; allowed: ${Object.keys(table).join(', ')}`);
    const { holds, allowed } = table[name as keyof O];
    if (!holds(value)) throw new Error(`option "${name}" of method ${method} is ${JSON.stringify(value)}; allowed: ${allowed}`);
    resolved[name] = value;
  }
  return resolved as O;
}
