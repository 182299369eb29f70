/** Binary tensor data extension: JSON first, then the tensors' bytes in its order. */
import type { IncomingHttpHeaders } from 'node:http';
import { parseJson } from '../http/request-images.ts';
import { malformed } from '../http/request-body.ts';
import { requireShape } from '../schemas/expected.ts';
import { InferRequest } from '../schemas/open-inference.ts';
import type { InferenceOutput } from './infer.ts';
import type { InferenceInput } from './input-images.ts';

/** Header with the number of bytes of the JSON. */
export const JSON_LENGTH_HEADER = 'Inference-Header-Content-Length';

/** @returns the length of the JSON; null where the body is JSON throughout. @throws AppError REQUEST_MALFORMED */
export function jsonLength(headers: IncomingHttpHeaders): number | null {
  const value = headers[JSON_LENGTH_HEADER.toLowerCase()];
  if (value === undefined) return null;
  if (typeof value !== 'string' || !/^\d{1,9}$/.test(value))
    throw malformed(`${JSON_LENGTH_HEADER}: expected a number of bytes, got "${String(value)}"`);
  return Number(value);
}

/** Takes a request's body apart. @throws AppError REQUEST_MALFORMED */
export function parseInferRequest(body: Buffer, length: number | null): { request: InferRequest; input: InferenceInput } {
  if (length !== null && length > body.length)
    throw malformed(`${JSON_LENGTH_HEADER}: expected at most the body's ${body.length} bytes, got ${length}`);
  const request = requireShape(InferRequest, parseJson(body.subarray(0, length ?? body.length)));
  const [{ name, datatype, shape, parameters, data }] = request.inputs;
  const binary = body.subarray(length ?? body.length);
  const size = parameters?.binary_data_size;
  if ((size === undefined) === (data === undefined))
    throw malformed(`inputs[0]: expected one of "data" and the parameter "binary_data_size"`);
  if ((size ?? 0) !== binary.length)
    throw malformed(
      `inputs[0]: expected ${size ?? 0} bytes after the JSON (${JSON_LENGTH_HEADER}, binary_data_size), got ${binary.length}`,
    );
  return { request, input: { name, datatype, shape, data: data ?? binary } };
}

/** Bytes of an output as the extension lays them out: FP32 little-endian, BYTES each after its length. */
export function binaryOf({ data }: InferenceOutput): Buffer {
  if (!Array.isArray(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat(
    data.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
