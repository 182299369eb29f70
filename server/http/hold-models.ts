import type { RequestHandler } from 'express';

/** Keeps the models that are loaded until the request has its answer, whatever takes their place meanwhile. */
export function holdModels(hold: () => () => void): RequestHandler {
  return function keepModels(_request, response, next) {
    response.once('close', hold());
    next();
  };
}
