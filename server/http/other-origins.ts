import cors from 'cors';
import type { RequestHandler } from 'express';

/** Paths that pages of other origins may ask for, where theirs is listed. */
const OPEN_PATH = /^\/(classify|models|v2)(\/|$)/;
const EXPOSED_HEADERS = ['Model-Name', 'Model-Version', 'Model-Variant', 'Model-Backend', 'Retry-After', 'X-Request-Id'];
/** Browsers keep the answer to a preflight for at most two hours. */
const PREFLIGHT_SECONDS = 7200;

/** Lets pages of listed origins use the API (CORS), and answers their browsers' preflights. */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  const allow = cors({
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    exposedHeaders: EXPOSED_HEADERS,
    maxAge: PREFLIGHT_SECONDS,
  });
  return function allowOrigin(request, response, next) {
    if (!OPEN_PATH.test(request.path)) return next();
    response.vary('Origin');
    const { origin } = request.headers;
    if (origin === undefined || !origins.includes(origin)) return next();
    response.locals.isAllowedOrigin = true;
    allow(request, response, next);
  };
}
