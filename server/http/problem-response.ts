import { AppError, toAppError } from '@sld-edge/runtime';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type { Log } from '../log.ts';

/** Delay before a retry, for errors that do not state one. */
const RETRY_AFTER_SECONDS = 1;

/** Answers every error as a problem document (RFC 9457). Our own faults are logged whole and told not at all. */
export function problemResponse(log: Log): ErrorRequestHandler {
  return function answerProblem(thrown: unknown, request, response, next) {
    const error = classifyHttpError(thrown, request.path);
    response.locals.errorCode = error.code;
    // The other 5xx are states of the server, which /readyz tells.
    if (error.status === 500) {
      const cause = error.cause ?? error;
      const stack = (cause instanceof Error ? cause.stack : undefined) ?? String(cause);
      log({ event: 'error', level: 'error', code: error.code, path: request.path, stack });
    }
    if (response.headersSent) return next(thrown);
    if (error.status === 503) response.set('Retry-After', String(error.details.retryAfterSeconds ?? RETRY_AFTER_SECONDS));
    const problem = error.toProblem(request.path);
    response
      .status(error.status)
      .set('Cache-Control', 'no-store')
      .type('application/problem+json')
      // Details of an internal error may name what only the log should.
      .send(JSON.stringify(error.code === 'INTERNAL' ? { ...problem, details: {} } : problem));
  };
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
