import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '@sld-edge/runtime';
import { ClassifyBody, MAX_IMAGES } from '../schemas/classify.ts';
import { requireShape } from '../schemas/expected.ts';
import { readForm } from './form-images.ts';
import { announcedBytes, malformed, readBody, type BodyLimit } from './request-body.ts';

/** Bytes that a body may hold beside its images: boundaries, part headers, small fields. */
const OVERHEAD_BYTES = 64 * 1024;

export interface RequestImages {
  /** As files, in the request's order; the images together are within the limit. */
  images: Uint8Array[];
  /** The answer is an array. */
  several: boolean;
}

type Form = 'multipart' | 'json' | 'image';

/**
 * Refuses a body by its headers alone, before a byte of it is read.
 *
 * @returns the most memory that it may take as it is read
 * @throws AppError CONTENT_TYPE_UNSUPPORTED, CONTENT_CODING_UNSUPPORTED, IMAGE_TOO_LARGE
 */
export function requireImageBody(headers: IncomingHttpHeaders, maxBytes: number): number {
  return announcedBytes(headers, bodyLimit(formOf(headers), maxBytes));
}

/**
 * The encoded images of a request: the parts `image` of a multipart form, the members `image` or `images` of JSON in base64, or the
 * whole body when its content type is `image/*` or `application/octet-stream`.
 *
 * @param response tells a client that asked (`Expect: 100-continue`) to send the body
 * @param maxBytes of all images together
 * @throws AppError FORM_TOO_LARGE, IMAGE_MISSING, IMAGE_TOO_LARGE, REQUEST_MALFORMED
 */
export async function readRequestImages(request: IncomingMessage, response: ServerResponse, maxBytes: number): Promise<RequestImages> {
  inviteBody(request, response);
  const form = formOf(request.headers);
  const limit = bodyLimit(form, maxBytes);
  const read = {
    multipart: async () => alone(await readForm(request, limit, maxBytes, MAX_IMAGES)),
    json: async () => imagesOfJson(parseJson(await readBody(request, limit))),
    image: async () => alone([await readBody(request, limit)]),
  };
  const { images, several } = await read[form]();
  if (images.length === 0 || (!several && images[0].length === 0)) throw new AppError('IMAGE_MISSING', {});
  if (images.reduce((sum, { length }) => sum + length, 0) > maxBytes) throw limit.tooLarge();
  return { images, several };
}

/** Answers `Expect: 100-continue`; HTTP/1.0 knows none. */
export function inviteBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect !== undefined && request.httpVersion === '1.1') response.writeContinue();
}

/** @throws AppError REQUEST_MALFORMED */
export function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw malformed(`the body is no JSON: ${(error as Error).message}`, error);
  }
}

const alone = (images: Uint8Array[]): RequestImages => ({ images, several: images.length > 1 });

function imagesOfJson(json: unknown): RequestImages {
  const { image, images } = requireShape(ClassifyBody, json);
  if (images) return { images: images.map((text, i) => decodeBase64(text, `images[${i}]`)), several: true };
  return { images: [decodeBase64(image!, 'image')], several: false };
}

function formOf(headers: IncomingHttpHeaders): Form {
  const type = (headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
  if (type === 'multipart/form-data') return 'multipart';
  if (type === 'application/json') return 'json';
  if (type.startsWith('image/') || type === 'application/octet-stream') return 'image';
  throw new AppError('CONTENT_TYPE_UNSUPPORTED', { contentType: type || 'none' });
}

/** Limit of a body that holds so many bytes of images; JSON has four characters for three of them. */
export function bodyLimit(form: Form, maxBytes: number): BodyLimit {
  const tooLarge = (): AppError => new AppError('IMAGE_TOO_LARGE', { maxBytes });
  if (form === 'image') return { maxBytes, tooLarge };
  return { maxBytes: (form === 'json' ? Math.ceil((maxBytes * 4) / 3) : maxBytes) + OVERHEAD_BYTES, tooLarge };
}

/**
 * Bytes of a text in base64 or base64url, with padding or without (RFC 4648).
 *
 * @param place names the text in the refusal
 * @throws AppError REQUEST_MALFORMED
 */
export function decodeBase64(text: string, place: string): Buffer {
  const digits = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length;
  const bytes = Buffer.from(text, 'base64');
  // Node passes over characters that are no digits, and then has fewer bytes.
  if (digits % 4 === 1 || bytes.length !== Math.floor((digits * 3) / 4)) {
    throw malformed(`${place}: expected base64 without line breaks and without "data:" before it, got "${text.slice(0, 40)}"`);
  }
  return bytes;
}
