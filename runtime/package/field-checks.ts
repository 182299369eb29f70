import { AppError } from '../errors/catalogue.ts';

/**
 * Checks of one field of a JSON document. Each returns the value with its type or throws PACKAGE_MANIFEST_INVALID
 * with the field's path (`variants.uint8.shards[0].bytes`), what was expected and what came.
 */
export function invalid(field: string, expected: string, value: unknown): never {
  throw new AppError('PACKAGE_MANIFEST_INVALID', { field, expected, got: describe(value) });
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

export type JsonObject = Record<string, unknown>;

/** Parses UTF-8 JSON that must be an object. */
export function parseJsonObject(file: string, bytes: Uint8Array): JsonObject {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return invalid(file, 'JSON', new TextDecoder().decode(bytes.subarray(0, 40)));
  }
  return objectAt(file, parsed);
}

export function objectAt(field: string, value: unknown): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) invalid(field, 'an object', value);
  return value as JsonObject;
}

export function arrayAt(field: string, value: unknown, minimumLength = 0): unknown[] {
  if (!Array.isArray(value) || value.length < minimumLength) {
    invalid(field, minimumLength > 0 ? `a list of at least ${minimumLength}` : 'a list', value);
  }
  return value as unknown[];
}

export function stringAt(field: string, value: unknown, pattern?: RegExp): string {
  if (typeof value !== 'string' || (pattern && !pattern.test(value))) {
    invalid(field, pattern ? `text like ${pattern}` : 'text', value);
  }
  return value as string;
}

export function oneOf<Value>(field: string, value: unknown, allowed: readonly Value[]): Value {
  if (!allowed.includes(value as Value)) invalid(field, `one of ${allowed.map((v) => JSON.stringify(v)).join(', ')}`, value);
  return value as Value;
}

export function booleanAt(field: string, value: unknown): boolean {
  return oneOf(field, value, [true, false]);
}

/** A finite number in [minimum, maximum]. */
export function numberAt(field: string, value: unknown, minimum = -Infinity, maximum = Infinity): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < minimum || value > maximum) {
    invalid(field, minimum === -Infinity && maximum === Infinity ? 'a finite number' : `a number in [${minimum}, ${maximum}]`, value);
  }
  return value as number;
}

export function integerAt(field: string, value: unknown, minimum: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < minimum) invalid(field, `an integer of at least ${minimum}`, value);
  return value as number;
}
