import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { AppError } from '@sld-edge/runtime';
import { contentCodingOf, createDecoder } from './content-coding.ts';

export interface BodyLimit {
  /** Limit of the body as it arrives, and of what it is once it is decompressed. */
  maxBytes: number;
  tooLarge: () => AppError;
}

/** Whoever takes a body's bytes as they arrive. Either `end` or `fail` is called, once. */
interface BodyTaker {
  write(chunk: Buffer): void;
  end(): void;
  fail(error: AppError): void;
}

/**
 * Gives on a body, decompressed, and never more than its limit: of a bomb no more is decompressed than that. Past an error the
 * rest is read and thrown away. Node does so only for bodies that nobody began to read; otherwise the client would not get to
 * see the answer, and the next request on the connection would wait for ever.
 *
 * @returns stops, for a taker that will have no more
 * @throws AppError CONTENT_CODING_UNSUPPORTED
 */
export function receiveBody(request: IncomingMessage, { maxBytes, tooLarge }: BodyLimit, taker: BodyTaker): () => void {
  const coding = contentCodingOf(request.headers);
  const decoder = coding && createDecoder(coding);
  const source: Readable = decoder ?? request;
  let over = false;
  let bytes = 0;
  let compressedBytes = 0;

  const stop = (): void => {
    over = true;
    source.off('data', take);
    request.off('data', countCompressed);
    if (decoder) request.unpipe(decoder);
    decoder?.destroy();
    request.resume();
  };
  const fail = (error: AppError): void => {
    if (over) return;
    stop();
    taker.fail(error);
  };
  const take = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > maxBytes) fail(tooLarge());
    else taker.write(chunk);
  };
  /** A body may go on for ever without decompressing to anything. */
  const countCompressed = (chunk: Buffer): void => {
    compressedBytes += chunk.length;
    if (compressedBytes > maxBytes) fail(tooLarge());
  };
  source.on('data', take);
  source.once('end', () => {
    if (over) return;
    over = true;
    taker.end();
  });
  request.on('error', (cause) => fail(cutOff(cause)));
  request.once('close', () => {
    if (!request.complete) fail(cutOff());
  });
  if (decoder) {
    decoder.on('error', (cause) => fail(malformed(`the body is no whole ${coding}: ${cause.message}`, cause)));
    request.on('data', countCompressed);
    request.pipe(decoder);
  }
  return stop;
}

/**
 * Memory that a body may take as it is read, by its headers: of a compressed one, or one without a length, as much as the limit.
 *
 * @throws AppError of the limit, CONTENT_CODING_UNSUPPORTED
 */
export function announcedBytes(headers: IncomingHttpHeaders, { maxBytes, tooLarge }: BodyLimit): number {
  const coding = contentCodingOf(headers);
  const length = Number(headers['content-length'] ?? maxBytes);
  if (length > maxBytes) throw tooLarge();
  return coding ? maxBytes : length;
}

/** The whole of a body; where it came in one piece that piece itself. @throws AppError as of the limit, REQUEST_MALFORMED */
export function readBody(request: IncomingMessage, limit: BodyLimit): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    receiveBody(request, limit, { write: (chunk) => void chunks.push(chunk), end: () => resolve(inOnePiece(chunks)), fail: reject });
  });
}

/** One piece is not copied. */
export const inOnePiece = (chunks: Buffer[]): Buffer => (chunks.length === 1 ? chunks[0] : Buffer.concat(chunks));

export const malformed = (reason: string, cause?: unknown): AppError => new AppError('REQUEST_MALFORMED', { reason }, { cause });

const cutOff = (cause?: Error): AppError => malformed('the connection closed before the body was complete', cause);
