/**
 * Settings: each is declared once, in a table beside the stage that owns it. Flags, help, range checks, stored configurations,
 * keys of runs, contents of packages and the table in docs/settings.md are derived from the declaration.
 */
import { suggestion } from './nearest.ts';
import { UsageError } from './usage-error.ts';
import { optional, type ValueKind } from './value.ts';

/** Groups of help and documentation, in their order. */
export const GROUPS = {
  data: 'images',
  learning: 'teacher, student and method',
  training: 'training',
  package: 'quantization and package',
  run: 'this run',
} as const;
export type Group = keyof typeof GROUPS;

/**
 * Scope of a setting:
 * - `weights`: the trained weights, and so the key under which a run is resumed, and the package;
 * - `package`: what a package says or holds, with the same weights;
 * - `nothing`: neither; it is not in a package.
 */
export type Decides = 'weights' | 'package' | 'nothing';

export interface Setting<T> extends ValueKind<T> {
  /** A sentence without its full stop, and without the default. */
  help: string;
  unit?: string;
  group: Group;
  decides: Decides;
  /** Among those that people need first. */
  isFirst?: true;
  /** A fine-tuning of a run's student keeps the run's value. */
  isKept?: true;
  /** Text in the help in place of the default. */
  defaultText?: string;
  /** Name in the help, of a setting that a command can't do without. */
  required?: string;
  /** Reason why it has no effect beside the other settings; undefined if it has one. Stated on the command line it is refused then. */
  unused?(others: Readonly<Record<string, unknown>>): string | undefined;
}

export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table's settings. */
export type Values<T extends SettingTable> = { -readonly [K in keyof T]: T[K]['default'] };

export const flagOf = (key: string): string => key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

export const defaultsOf = <T extends SettingTable>(table: T): Values<T> =>
  structuredClone(Object.fromEntries(Object.entries(table).map(([key, { default: value }]) => [key, value]))) as Values<T>;

/** @throws Error in one line where the value is not allowed */
export function assertHolds(key: string, { holds, allowed, names }: Setting<unknown>, value: unknown): void {
  if (!holds(value)) throw new Error(`setting "${key}" expects ${allowed}, got ${shownValue(value)}${didYouMean(value, names)}`);
}

/** A flag's text as a value. @throws UsageError in one line where it is not allowed */
export function parseFlag(key: string, { parse, holds, allowed, names }: Setting<unknown>, text: string): unknown {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`--${flagOf(key)}: ${(error as Error).message}`, { cause: error });
  }
  if (value === undefined || !holds(value))
    throw new UsageError(`--${flagOf(key)} expects ${allowed}, got "${text}"${didYouMean(text, names)}`);
  return value;
}

/** @throws UsageError naming the first flag that was given and has no effect beside the other settings */
export function refuseUnused(
  table: SettingTable,
  given: Readonly<Record<string, unknown>>,
  others: Readonly<Record<string, unknown>>,
): void {
  for (const key of Object.keys(given)) {
    const reason = table[key]?.unused?.(others);
    if (reason !== undefined) throw new UsageError(`--${flagOf(key)} has no effect: ${reason}`);
  }
}

/** A setting whose default is not the table's own but found elsewhere, as the help then says: `as the run was configured`. */
export const withDefaultOf = <T>(setting: Setting<T>, defaultText: string): Setting<T | undefined> => ({
  ...setting,
  ...optional(setting),
  defaultText,
});

/** A table with settings that are refused where they have no effect beside the others. */
export const onlyWhere = <T extends SettingTable>(
  isUsed: (others: Readonly<Record<string, unknown>>) => boolean,
  reason: string,
  table: T,
): T =>
  Object.fromEntries(
    Object.entries(table).map(([key, setting]): [string, Setting<unknown>] => [
      key,
      { ...setting, unused: (others) => (isUsed(others) ? undefined : reason) },
    ]),
  ) as unknown as T;

/** Keys of a table's settings that satisfy a condition, in its order. */
export const keysWhere = <T extends SettingTable>(
  table: T,
  holds: (setting: Setting<unknown>, key: string) => boolean,
): (keyof T & string)[] => Object.keys(table).filter((key) => holds(table[key], key));

/** A part of a record. */
export const pick = <T extends object, K extends keyof T>(record: T, keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.map((key) => [key, record[key]])) as Pick<T, K>;

/** A record without a part. */
export const omit = <T extends object, K extends keyof T>(record: T, keys: readonly K[]): Omit<T, K> =>
  Object.fromEntries(Object.entries(record).filter(([key]) => !keys.includes(key as K))) as Omit<T, K>;

const shownValue = (value: unknown): string => (typeof value === 'number' ? String(value) : JSON.stringify(value));

const didYouMean = (value: unknown, names: readonly string[] | undefined): string =>
  names && typeof value === 'string' ? suggestion(value, names) : '';
