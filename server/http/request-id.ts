import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { PlainHandler } from './plain.ts';

/** Ids that may stand in a log and in a header as they came. */
const REQUEST_ID = /^[\w.:/+=@-]{1,128}$/;
/** W3C Trace Context: version, trace, parent, flags. Later versions may say more after a hyphen; version ff is none. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/**
 * Gives every request an id: the sender's `X-Request-Id`, else the trace of its `traceparent` (W3C Trace Context), else a new
 * one. What is malformed counts as not sent. The answer's `X-Request-Id` and the log's record have the id, so nobody has to guess.
 */
export function requestIds(): PlainHandler {
  return function identifyRequest(request, response, next) {
    const traceId = traceIdOf(request.headers);
    const sent = request.headers['x-request-id'];
    const requestId = typeof sent === 'string' && REQUEST_ID.test(sent) ? sent : (traceId ?? randomUUID());
    response.locals.requestId = requestId;
    response.locals.traceId = traceId;
    response.setHeader('X-Request-Id', requestId);
    next();
  };
}

function traceIdOf({ traceparent }: IncomingHttpHeaders): string | undefined {
  const [, version, traceId, parentId, , more] = TRACEPARENT.exec(typeof traceparent === 'string' ? traceparent : '') ?? [];
  if (traceId === undefined || /^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return version === '00' && more !== undefined ? undefined : traceId;
}
