/** Words for what a schema refuses: what was expected, and what came. */
import { AppError } from '@sld-edge/runtime';
import { z } from 'zod';

const LONGEST_SHOWN = 60;

/** Options of a schema. @param what follows "expected" */
export const expected = (what: string): { error: (issue: { input?: unknown }) => string } => ({
  error: ({ input }) => `expected ${what}, got ${shown(input)}`,
});

/** An object of these fields and no others. @param what a field is called */
export const record = <Shape extends z.ZodRawShape>(what: string, shape: Shape): z.ZodObject<Shape, z.core.$strict> =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown ${what} "${issue.keys[0]}"; allowed: ${Object.keys(shape).join(', ')}`
        : `expected an object, got ${shown(issue.input)}`,
  });

/** @throws AppError REQUEST_MALFORMED with the place and the words of the first thing that is wrong */
export function requireShape<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [{ path, message }] = result.error.issues;
  const place = path.map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`)).join('');
  throw new AppError('REQUEST_MALFORMED', { reason: place === '' ? message : `${place}: ${message}` });
}

function shown(input: unknown): string {
  const text = input === undefined ? 'nothing' : JSON.stringify(input);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
