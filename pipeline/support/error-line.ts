/** The last line of a command that failed. */
import { fileURLToPath } from 'node:url';
import { AppError, recogniseError } from '@sld-edge/runtime';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Names of the errors that V8, WebAssembly and assertions throw: a fault of the program, whatever the user did. */
const FAULTS = new Set([
  'AggregateError',
  'AssertionError',
  'CompileError',
  'EvalError',
  'LinkError',
  'RangeError',
  'ReferenceError',
  'RuntimeError',
  'SyntaxError',
  'TypeError',
  'URIError',
]);

/**
 * Writes one line for people: our own sentence as it is, an error of the catalogue with its code before it. Anything else gets the code and
 * the sentence that the catalogue has for it; after INTERNAL it is given itself, with how to see where it was thrown.
 */
export function errorLine(thrown: unknown): string {
  if (isSentence(thrown)) return thrown.message;
  const error = recogniseError(thrown);
  const line = `${error.code}: ${error.message}`;
  return error.code === 'INTERNAL' && thrown !== error
    ? `${line} It is: ${firstLine(String(thrown))} (SLD_EDGE_DEBUG=1 before the command prints where it was thrown)`
    : line;
}

/**
 * Checks for an error that this repository throws with words for people: a plain `Error` or one of our classes, not one of Node's or of a
 * library.
 */
function isSentence(thrown: unknown): thrown is Error {
  if (!(thrown instanceof Error) || thrown instanceof AppError || thrown instanceof DOMException || FAULTS.has(thrown.name)) return false;
  const { errno, syscall, code } = thrown as NodeJS.ErrnoException;
  if (errno !== undefined || syscall !== undefined || code?.startsWith('ERR_')) return false;
  const [thrownAt] = thrown.stack?.match(/^\s+at .*$/m) ?? [];
  // This repository may be among the dependencies of another.
  return thrownAt === undefined || !/node_modules|node:internal/.test(thrownAt.replace(ROOT, ''));
}

const firstLine = (text: string): string => text.split('\n')[0];
