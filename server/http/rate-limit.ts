import { AppError } from '@sld-edge/runtime';
import type { RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';

const MINUTE_MS = 60_000;

/** Answers 429 to a sender, known by its API key or else by its address, that sends more than so many requests in a minute. GET is free. */
export function limitRate(perMinute: number): RequestHandler {
  return rateLimit({
    windowMs: MINUTE_MS,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    // The number of proxies is a setting of ours.
    validate: false,
    skip: ({ method }) => ['GET', 'HEAD', 'OPTIONS'].includes(method),
    keyGenerator: (request, response) =>
      typeof response.locals.apiKey === 'string' ? `key ${response.locals.apiKey}` : ipKeyGenerator(request.ip ?? ''),
    handler(_request, response, next) {
      const retryAfterSeconds = Number(response.get('Retry-After') ?? MINUTE_MS / 1000);
      next(new AppError('RATE_LIMITED', { perMinute, retryAfterSeconds }));
    },
  });
}
