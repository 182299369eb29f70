import type { IncomingMessage } from 'node:http';
import busboy, { type BusboyFileStream, type BusboyHeaders } from '@fastify/busboy';
import { AppError } from '@sld-edge/runtime';
import { inOnePiece, malformed, receiveBody, type BodyLimit } from './request-body.ts';

const FIELD = 'image';

/**
 * The parts `image` of a multipart form (RFC 7578), in order, each with a filename or without; other parts are passed over.
 *
 * @param maxParts of any name
 * @throws AppError FORM_TOO_LARGE, REQUEST_MALFORMED, as of the limit
 */
export function readForm(request: IncomingMessage, limit: BodyLimit, maxImageBytes: number, maxParts: number): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    let form: ReturnType<typeof busboy>;
    try {
      form = busboy({
        headers: request.headers as BusboyHeaders,
        // Every part is a stream, none is collected unless it is an image; one of exactly the limit counts as truncated.
        isPartAFile: () => true,
        limits: { fileSize: maxImageBytes + 1, parts: maxParts },
      });
    } catch (error) {
      return reject(unreadable(error));
    }
    const images: Buffer[] = [];
    const stop = receiveBody(request, limit, { write: (chunk) => void form.write(chunk), end: () => form.end(), fail: reject });
    const fail = (error: unknown): void => {
      stop();
      reject(error instanceof AppError ? error : unreadable(error));
    };
    form.on('file', (field: string | undefined, file: BusboyFileStream) => {
      file.on('error', fail);
      if (field !== FIELD) return void file.resume();
      const chunks: Buffer[] = [];
      file.on('data', (chunk: Buffer) => chunks.push(chunk));
      file.on('limit', () => fail(limit.tooLarge()));
      file.on('end', () => images.push(inOnePiece(chunks)));
    });
    form.on('partsLimit', () => fail(new AppError('FORM_TOO_LARGE', { maxParts })));
    form.on('error', fail);
    form.on('finish', () => resolve(images));
  });
}

const unreadable = (error: unknown): AppError => malformed(`the form: ${error instanceof Error ? error.message : String(error)}`, error);
