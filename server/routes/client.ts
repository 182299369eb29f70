import express, { type RequestHandler } from 'express';

/** `assets/index-B7x2k_9Q.js`: the bundler puts a hash of the content into the name. */
const HASHED = /[/\\]assets[/\\][^/\\]+-[\w-]{8,}\.\w+$/;

/**
 * The built web client. What has a hash in its name is cached for ever, everything else (index.html, sw.js, icons)
 * is asked for again each time. A file that is not there falls through to 404: a page in place of an asset would be
 * cached as the asset.
 */
export function clientFiles(clientDir: string): RequestHandler {
  return express.static(clientDir, {
    cacheControl: false,
    redirect: false,
    dotfiles: 'ignore',
    acceptRanges: false,
    setHeaders(response, file) {
      response.set('Cache-Control', HASHED.test(file) ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
}
