import { AppError } from '../errors/catalogue.ts';

/** Options of one call of `classify`. */
export interface CallOptions {
  /** Number of predictions, the likeliest first; at most one a class. Default 5. */
  topK?: number;
  /** Probability of the likeliest class below which the answer is marked as `abstained`, 0 to 1. Default: the package's own. */
  threshold?: number;
  /** Ends the waiting for the answer, which then rejects with STOPPED. */
  signal?: AbortSignal;
}

const NAMES: Record<keyof CallOptions, true> = { topK: true, threshold: true, signal: true };

/** Refuses what can't be heeded. @throws AppError OPTION_INVALID */
export function checkCallOptions(options: CallOptions): void {
  checkOptionNames(options, NAMES);
  const { topK, threshold, signal } = options;
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) invalidOption('topK', 'a whole number from 1', topK);
  if (threshold !== undefined && !(typeof threshold === 'number' && threshold >= 0 && threshold <= 1))
    invalidOption('threshold', 'a number from 0 to 1', threshold);
  checkSignal(signal);
}

/** @throws AppError OPTION_INVALID */
export function checkSignal(signal: unknown): void {
  if (signal !== undefined && !(typeof signal === 'object' && signal !== null && 'aborted' in signal))
    invalidOption('signal', 'an AbortSignal', signal);
}

/** Refuses options that nobody would heed. @throws AppError OPTION_INVALID */
export function checkOptionNames(options: object, known: Record<string, true>): void {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) invalidOption(unknown, `one of: ${Object.keys(known).join(', ')}`, unknown);
}

export function invalidOption(option: string, expected: string, got: unknown): never {
  throw new AppError('OPTION_INVALID', { option, expected, got: typeof got === 'string' ? JSON.stringify(got) : String(got) });
}
