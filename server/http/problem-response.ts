import { AppError, toAppError, type ProblemDocument } from '@sld-edge/runtime';
import type { RequestHandler } from 'express';
import type { Log } from '../log.ts';
import { CONTENT_CODINGS } from './content-coding.ts';
import { sendJson, type PlainRequest, type PlainResponse } from './plain.ts';

type ErrorHandler = (thrown: unknown, request: PlainRequest, response: PlainResponse, next: (error: unknown) => void) => void;

/** Delay before a retry, for errors that do not state one. */
const RETRY_AFTER_SECONDS = 1;

/** Answers every error as a problem document (RFC 9457). */
export function problemResponse(log: Log): ErrorHandler {
  return errorResponse(log, 'application/problem+json', problemOf);
}

/**
 * Answers every error in one form. Our own faults are logged whole and told not at all.
 *
 * @param documentOf makes the answer's JSON
 */
export function errorResponse(log: Log, type: string, documentOf: (error: AppError, path: string) => object): ErrorHandler {
  return function answerError(thrown, request, response, next) {
    const path = (request.baseUrl ?? '') + request.path;
    const error = classifyHttpError(thrown, path);
    response.locals.errorCode = error.code;
    logFault(log, error, path);
    if (response.headersSent) return next(thrown);
    if (error.status === 503) response.setHeader('Retry-After', String(error.details.retryAfterSeconds ?? RETRY_AFTER_SECONDS));
    if (error.code === 'CONTENT_CODING_UNSUPPORTED') response.setHeader('Accept-Encoding', CONTENT_CODINGS.join(', '));
    response.statusCode = error.status;
    response.setHeader('Cache-Control', 'no-store');
    sendJson(response, JSON.stringify(documentOf(error, path)), type);
  };
}

/** A problem document, without what only the log should name. */
export function problemOf(error: AppError, path: string): ProblemDocument {
  const problem = error.toProblem(path);
  return error.code === 'INTERNAL' ? { ...problem, details: {} } : problem;
}

/** Logs our own faults. The other 5xx are states of the server, which /readyz tells. */
export function logFault(log: Log, error: AppError, path: string): void {
  if (error.status !== 500) return;
  const cause = error.cause ?? error;
  const stack = (cause instanceof Error ? cause.stack : undefined) ?? String(cause);
  log({ event: 'error', level: 'error', code: error.code, path, stack });
}

/** Handler for the end of the routes. */
export function notFound(): RequestHandler {
  return function answerNotFound(request) {
    throw new AppError('NOT_FOUND', { path: request.path });
  };
}

/** Handler for the end of one path's routes: its other methods. */
export function methodNotAllowed(...allowed: string[]): RequestHandler {
  return function answerMethodNotAllowed(request, response) {
    response.set('Allow', allowed.join(', '));
    throw new AppError('METHOD_NOT_ALLOWED', { method: request.method, path: request.path, allowed: allowed.join(', ') });
  };
}

/** Express and `send` throw errors with a 4xx `status` for bad URLs and missing files; everything else is ours. */
function classifyHttpError(thrown: unknown, path: string): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = (thrown as { status?: unknown } | null)?.status;
  if (status === 404) return new AppError('NOT_FOUND', { path }, { cause: thrown });
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return new AppError('REQUEST_MALFORMED', { reason: (thrown as Error).message }, { cause: thrown });
  }
  return toAppError(thrown);
}
