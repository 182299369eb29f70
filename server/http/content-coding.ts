import type { IncomingHttpHeaders } from 'node:http';
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { AppError } from '@sld-edge/runtime';

/** Codings of request bodies that are read (RFC 9110, 8.4); the value of `Accept-Encoding` in a refusal. */
export const CONTENT_CODINGS = ['gzip', 'br'] as const;

export type ContentCoding = (typeof CONTENT_CODINGS)[number];

const decoders: Record<ContentCoding, () => Transform> = { gzip: createGunzip, br: createBrotliDecompress };

export const createDecoder = (coding: ContentCoding): Transform => decoders[coding]();

/** @returns null if the body is as it is. @throws AppError CONTENT_CODING_UNSUPPORTED, also of several codings one around the other */
export function contentCodingOf(headers: IncomingHttpHeaders): ContentCoding | null {
  const named = (headers['content-encoding'] ?? '')
    .trim()
    .toLowerCase()
    .replace(/^x-gzip$/, 'gzip');
  if (named === '' || named === 'identity') return null;
  const coding = CONTENT_CODINGS.find((known) => known === named);
  if (!coding) throw new AppError('CONTENT_CODING_UNSUPPORTED', { contentCoding: named });
  return coding;
}
