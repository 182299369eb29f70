import type { Response } from 'express';
import { setHeaders, type PlainHandler } from './plain.ts';

/**
 * Policy for the web client: nothing from other origins, no inline code (styles by their hash alone), WebAssembly and nothing else compiled at run time (CSP Level 3,
 * 'wasm-unsafe-eval'). `connect-src 'self'` also proves that no image leaves for elsewhere.
 */
const contentSecurityPolicy = (frameOrigins: readonly string[]): string =>
  [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "connect-src 'self'",
    "img-src 'self' blob: data:",
    "style-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    `frame-ancestors ${frameOrigins.length > 0 ? frameOrigins.join(' ') : "'none'"}`,
    "form-action 'self'",
  ].join('; ');

/** Policy for documents out of packages (report.html): their inline styles may apply, no script may run, no origin is theirs. */
const DOCUMENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

export interface HeaderOptions {
  /** Origins of pages that may show the client in a frame. */
  frameOrigins: readonly string[];
  /** True: this server speaks HTTPS itself. */
  isHttps: boolean;
}

/**
 * Headers of every response: the set of Helmet, without its middleware, since connections on which no request was understood get them too.
 * With COOP and COEP the page is cross-origin isolated.
 */
export function securityHeadersOf({ frameOrigins, isHttps }: HeaderOptions): Readonly<Record<string, string>> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(frameOrigins),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Origin-Agent-Cluster': '?1',
    'X-Content-Type-Options': 'nosniff',
    'X-DNS-Prefetch-Control': 'off',
    'X-Download-Options': 'noopen',
    'X-Permitted-Cross-Domain-Policies': 'none',
    // The filter that it ends was a hole of its own.
    'X-XSS-Protection': '0',
    'Referrer-Policy': 'no-referrer',
    ...(frameOrigins.length === 0 && { 'X-Frame-Options': 'DENY' }),
    ...(isHttps && { 'Strict-Transport-Security': 'max-age=31536000; includeSubDomains' }),
  };
}

/** Path of a page: what a frame shows. */
const PAGE = /(\/|\.html)$/;

export function securityHeaders(options: HeaderOptions): PlainHandler {
  const headers = securityHeadersOf(options);
  return function setSecurityHeaders(request, response, next) {
    setHeaders(response, headers);
    // A page that is isolated itself may frame only what says so.
    if (options.frameOrigins.length > 0 && PAGE.test(request.path)) response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
    next();
  };
}

/** Lets a page of the client apply the styles that are written in it, known by their hashes. */
export function setStyleHashes(response: Response, hashes: readonly string[]): void {
  const policy = response.get('Content-Security-Policy')!;
  response.set('Content-Security-Policy', policy.replace("style-src 'self'", ["style-src 'self'", ...hashes].join(' ')));
}

export function setDocumentPolicy(response: Response): void {
  response.set('Content-Security-Policy', DOCUMENT_POLICY);
}
