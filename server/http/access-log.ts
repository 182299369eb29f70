import type { RequestHandler } from 'express';
import type { Log } from '../log.ts';

/** One record a response: method, path (without the query), status, milliseconds, and the error's code if any. */
export function accessLog(log: Log): RequestHandler {
  return function logAccess(request, response, next) {
    const startedAt = performance.now();
    const { method } = request;
    const path = request.path;
    response.once('close', () => {
      log({
        event: 'request',
        method,
        path,
        status: response.statusCode,
        ms: Math.round((performance.now() - startedAt) * 10) / 10,
        ...(response.locals.errorCode === undefined ? {} : { code: response.locals.errorCode as string }),
        // The client went away before it had the answer.
        ...(response.writableFinished ? {} : { aborted: true }),
      });
    });
    next();
  };
}
