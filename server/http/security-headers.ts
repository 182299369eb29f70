import type { RequestHandler, Response } from 'express';

/**
 * Policy for the web client: nothing from other origins, no inline code (styles by their hash alone), WebAssembly and nothing else compiled at run time (CSP Level 3,
 * 'wasm-unsafe-eval'). `connect-src 'self'` also proves that no image leaves for elsewhere.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  "img-src 'self' blob: data:",
  "style-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join('; ');

/** Policy for documents out of packages (report.html): their inline styles may apply, no script may run, no origin is theirs. */
const DOCUMENT_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** Headers of every response; with COOP and COEP the page is cross-origin isolated. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CONTENT_SECURITY_POLICY,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

export function securityHeaders(): RequestHandler {
  return function setSecurityHeaders(_request, response, next) {
    response.set(SECURITY_HEADERS);
    next();
  };
}

/** Lets a page of the client apply the styles that are written in it, known by their hashes. */
export function setStyleHashes(response: Response, hashes: readonly string[]): void {
  response.set('Content-Security-Policy', CONTENT_SECURITY_POLICY.replace("style-src 'self'", ["style-src 'self'", ...hashes].join(' ')));
}

export function setDocumentPolicy(response: Response): void {
  response.set('Content-Security-Policy', DOCUMENT_POLICY);
}
