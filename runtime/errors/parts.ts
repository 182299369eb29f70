import { AppError, toAppError, type ErrorCode, type ErrorDetails } from './catalogue.ts';

/** An error as it crosses threads, processes and the network, where classes are lost. */
export interface ErrorParts {
  code: ErrorCode;
  details: Record<string, string | number>;
  /** The stack of the first cause, for a log. */
  stack?: string;
}

/** Takes an error apart. What was not foreseen is INTERNAL, and its own words go along as `details.reason`. */
export function errorParts(thrown: unknown): ErrorParts {
  const { code, details, stack, cause } = toAppError(thrown);
  return {
    code,
    details: code === 'INTERNAL' && cause !== undefined ? { ...details, reason: String(cause) } : details,
    stack: (cause instanceof Error ? cause.stack : undefined) ?? stack,
  };
}

/** Makes the error of its parts again. */
export function appErrorFromParts({ code, details, stack }: ErrorParts): AppError {
  const error = new AppError(code, details as ErrorDetails<ErrorCode>);
  if (stack !== undefined) error.stack = stack;
  return error;
}
