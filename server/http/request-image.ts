import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { Transform, type TransformCallback } from 'node:stream';
import busboy, { type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';
import { AppError } from '@sld-edge/runtime';

/** Bytes that a form may hold beside the image: boundaries, part headers, small fields. */
const FORM_OVERHEAD_BYTES = 64 * 1024;
const MAX_FORM_PARTS = 20;
const FORM = 'multipart/form-data';
const FIELD = 'image';

/**
 * Refuses a body by its headers alone, before a byte of it is read.
 *
 * @throws AppError CONTENT_TYPE_UNSUPPORTED, IMAGE_TOO_LARGE
 */
export function requireImageBody({ headers }: IncomingMessage, maxBytes: number): void {
  const type = contentType(headers);
  if (type !== FORM && !type.startsWith('image/') && type !== 'application/octet-stream') {
    throw new AppError('CONTENT_TYPE_UNSUPPORTED', { contentType: type || 'none' });
  }
  if (Number(headers['content-length'] ?? 0) > bodyLimit(type, maxBytes)) throw tooLarge(maxBytes);
}

/**
 * The encoded image of a request: the part `image` of a multipart form (RFC 7578), with a filename or without, or the
 * whole body when its content type is `image/*` or `application/octet-stream`. Never holds more than the limit in memory.
 *
 * @param response tells a client that asked (`Expect: 100-continue`) to send the body
 * @throws AppError FORM_TOO_LARGE, IMAGE_MISSING, IMAGE_TOO_LARGE, REQUEST_MALFORMED
 */
export async function readRequestImage(request: IncomingMessage, response: ServerResponse, maxBytes: number): Promise<Uint8Array> {
  if (request.headers.expect !== undefined && request.httpVersion === '1.1') response.writeContinue();
  const image = contentType(request.headers) === FORM ? await readForm(request, maxBytes) : await readBody(request, maxBytes);
  if (image === null || image.length === 0) throw new AppError('IMAGE_MISSING', {});
  return image;
}

function contentType(headers: IncomingHttpHeaders): string {
  return (headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
}

function bodyLimit(type: string, maxBytes: number): number {
  return type === FORM ? maxBytes + FORM_OVERHEAD_BYTES : maxBytes;
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    dropRest(request);
    if (error instanceof AppError) throw error;
    throw new AppError('REQUEST_MALFORMED', { reason: 'the connection closed before the body was complete' }, { cause: error });
  }
  return Buffer.concat(chunks, length);
}

function readForm(request: IncomingMessage, maxBytes: number): Promise<Uint8Array | null> {
  return new Promise((resolve, reject) => {
    let form: ReturnType<typeof busboy>;
    try {
      form = busboy({
        headers: request.headers as BusboyHeaders,
        // Every part is a stream, none is collected unless it is the image; one of exactly the limit counts as truncated.
        isPartAFile: () => true,
        limits: { fileSize: maxBytes + 1, parts: MAX_FORM_PARTS },
      });
    } catch (error) {
      return reject(malformed(error));
    }
    const limiter = new ByteLimiter(bodyLimit(FORM, maxBytes), () => tooLarge(maxBytes));
    const fail = (error: unknown) => {
      request.unpipe(limiter);
      dropRest(request);
      reject(error instanceof AppError ? error : malformed(error));
    };

    let image: Uint8Array | null = null;
    form.on('file', (field: string | undefined, file: BusboyFileStream) => {
      file.on('error', fail);
      if (field !== FIELD || image !== null) return void file.resume();
      const chunks: Buffer[] = [];
      file.on('data', (chunk: Buffer) => chunks.push(chunk));
      file.on('limit', () => fail(tooLarge(maxBytes)));
      file.on('end', () => (image = Buffer.concat(chunks)));
    });
    form.on('partsLimit', () => fail(new AppError('FORM_TOO_LARGE', { maxParts: MAX_FORM_PARTS })));
    form.on('error', fail);
    form.on('finish', () => resolve(image));
    limiter.on('error', fail);
    request.on('error', fail);
    request.on('aborted', () => fail(new Error('the connection closed before the form was complete')));
    request.pipe(limiter).pipe(form);
  });
}

/**
 * Reads on and throws away. Node does so only for bodies that nobody began to read; otherwise the client would not
 * get to see the answer, and the next request on the connection would wait for ever.
 */
function dropRest(request: IncomingMessage): void {
  request.resume();
}

class ByteLimiter extends Transform {
  #left: number;
  readonly #error: () => AppError;

  constructor(maxBytes: number, error: () => AppError) {
    super();
    this.#left = maxBytes;
    this.#error = error;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#left -= chunk.length;
    if (this.#left < 0) done(this.#error());
    else done(null, chunk);
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('IMAGE_TOO_LARGE', { maxBytes });
}

function malformed(error: unknown): AppError {
  const reason = error instanceof Error ? error.message : String(error);
  return new AppError('REQUEST_MALFORMED', { reason: `the form: ${reason}` }, { cause: error });
}
