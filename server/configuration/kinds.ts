import { statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

/** Kind of a setting's value: how it is read from text or JSON, and how people are told what it may be. */
export interface Kind<Value> {
  schema: z.ZodType<Value>;
  /** Completes "expected …". */
  expected: string;
  /** Words for what came, where its value alone says too little. */
  got?(value: unknown): string;
}

/** A whole number, as a number or as its digits. `Number` alone would also take 0x10, 1e2 and " 5 ". */
export function integer(minimum: number, maximum: number): Kind<number> {
  const fromText = (value: unknown): unknown => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value);
  return { schema: z.preprocess(fromText, z.number().int().min(minimum).max(maximum)), expected: `an integer in [${minimum}, ${maximum}]` };
}

/** True or false. */
export function trueOrFalse(): Kind<boolean> {
  const fromText = (value: unknown): unknown => (value === 'true' ? true : value === 'false' ? false : value);
  return { schema: z.preprocess(fromText, z.boolean()), expected: 'true or false' };
}

/** One of some words. */
export function oneWordOf<const Word extends string>(words: readonly Word[]): Kind<Word> {
  return { schema: z.enum(words), expected: words.join(' or ') };
}

export function plainText(expected: string): Kind<string> {
  return { schema: z.string().min(1), expected };
}

/** A folder that is there; its absolute path. */
export function existingFolder(): Kind<string> {
  return existing('a folder', (stats) => stats.isDirectory());
}

/** A file that is there; its absolute path. */
export function existingFile(): Kind<string> {
  return existing('a file', (stats) => stats.isFile());
}

/** Host names without port, lower case. */
export function hostNames(): Kind<string[]> {
  return list(
    z
      .string()
      .toLowerCase()
      .regex(/^([\w.-]+|\[[\da-f:.]+\])$/),
    'host names without port, separated by commas',
  );
}

/** Origins of pages, as browsers write them: scheme and host, no path. */
export function origins(): Kind<string[]> {
  const isOrigin = (value: string): boolean => URL.canParse(value) && new URL(value).origin === value;
  return list(z.string().refine(isOrigin), 'origins like https://shop.example, without a path, separated by commas');
}

function list(entry: z.ZodType<string>, expected: string): Kind<string[]> {
  const split = (value: unknown): unknown => (typeof value === 'string' ? value.split(',').map((part) => part.trim()) : value);
  return { schema: z.preprocess(split, z.array(entry).min(1)), expected };
}

function existing(what: string, isIt: (stats: ReturnType<typeof statSync> & object) => boolean): Kind<string> {
  const isThere = (found: string): boolean => {
    const stats = statSync(found, { throwIfNoEntry: false });
    return stats !== undefined && isIt(stats);
  };
  const schema = z
    .string()
    .min(1)
    .transform((given) => path.resolve(given))
    .refine(isThere);
  return { schema, expected: what, got: (value) => `there is none at ${path.resolve(String(value))}` };
}
