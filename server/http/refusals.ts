import { AppError } from '@sld-edge/runtime';
import type { PlainHandler, PlainRequest } from './plain.ts';

/** Answers 417 to any `Expect` but 100-continue (RFC 9110, 10.1.1); HTTP/1.0 knows none. */
export function refuseUnknownExpectations(): PlainHandler {
  return function checkExpectation(request, _response, next) {
    const { expect } = request.headers;
    if (request.httpVersion === '1.1' && expect !== undefined && expect.toLowerCase() !== '100-continue') {
      throw new AppError('EXPECTATION_FAILED', { expect });
    }
    next();
  };
}

/**
 * Answers 403 to requests that are addressed to none of the hosts: a foreign name that was made to point at this
 * machine (DNS rebinding) would otherwise make a foreign page count as ours.
 *
 * @param allowedHosts lower case, without port; null: any
 */
export function refuseOtherHosts(allowedHosts: string[] | null): PlainHandler {
  return function checkHost(request, _response, next) {
    const { host } = request.headers;
    if (host === undefined && request.httpVersion === '1.1')
      throw new AppError('REQUEST_MALFORMED', { reason: 'the header Host is missing' });
    if (allowedHosts !== null && !allowedHosts.includes(hostName(host))) throw new AppError('HOST_NOT_ALLOWED', { host: host ?? 'none' });
    next();
  };
}

/**
 * Answers 403 to what a page of another origin sends by a form or by script, unless `allowOrigins` knows its origin; a form would
 * need no CORS. Browsers say where a request comes from in `Sec-Fetch-Site`; older ones, and all over plain http, in `Origin`.
 */
export function refuseCrossOrigin(): PlainHandler {
  return function checkOrigin(request, response, next) {
    if (response.locals.isAllowedOrigin === true) return next();
    const readOnly = request.method === 'GET' || request.method === 'HEAD';
    if (!readOnly && !isSameOrigin(request)) throw new AppError('CROSS_ORIGIN_REFUSED', { origin: request.headers.origin ?? 'unknown' });
    next();
  };
}

function isSameOrigin({ headers }: PlainRequest): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  // Not a browser's request, or one that is older than both headers.
  if (headers.origin === undefined) return true;
  // The scheme is left out: behind a proxy that ends TLS only the browser's side has https.
  return URL.canParse(headers.origin) && new URL(headers.origin).host === withoutDefaultPort(headers.host, headers.origin);
}

function withoutDefaultPort(host: string | undefined, origin: string): string | undefined {
  const url = `${new URL(origin).protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : undefined;
}

function hostName(host: string | undefined): string {
  return URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
}
