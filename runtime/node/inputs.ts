import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DecodedImage } from '../browser/decode/decode.ts';
import type { Admit } from '../classifier/session.ts';
import { AppError } from '../errors/catalogue.ts';
import { DEFAULT_LIMITS } from '../image/limits.ts';
import { inspectImage } from '../image/inspect.ts';
import { rgbOfPixels, type Pixels } from '../image/pixels.ts';
import { fetchImage } from '../transfer/fetch-image.ts';
import { decodeImage } from './decode-image.ts';

/** A picture in Node. An encoded one is decoded by sharp, which is an optional peer; pixels need none. */
export type NodeClassifierInput =
  /** Buffers are Uint8Arrays. */
  | Uint8Array
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | Pixels
  /** A path, or an address that begins with `http:` or `https:`. */
  | string
  | URL;

const EXPECTED = 'a path, an address, a Buffer, bytes, a Blob, or pixels ({ width, height, data })';

/** Decodes whatever a program hands in. @throws AppError IMAGE_*, INPUT_UNSUPPORTED, FILE_UNUSABLE, NETWORK_FAILED; PROGRAM_FILE_MISSING without sharp */
export async function decodeNodeInput(input: NodeClassifierInput, admit?: Admit): Promise<DecodedImage> {
  if (isPixels(input)) return { ...rgbOfPixels(input), format: 'pixels' };
  const bytes = await bytesOf(input);
  const { format } = inspectImage(bytes);
  return { ...(await decodeImage(bytes, DEFAULT_LIMITS, { admit })), format };
}

function isPixels(input: unknown): input is Pixels {
  return typeof input === 'object' && input !== null && 'width' in input && 'height' in input && 'data' in input && isBytes(input.data);
}

const isBytes = (data: unknown): boolean => data instanceof Uint8Array || data instanceof Uint8ClampedArray;

async function bytesOf(input: NodeClassifierInput): Promise<Uint8Array> {
  if (typeof input === 'string' || input instanceof URL) {
    const address = String(input);
    if (/^https?:\/\//i.test(address)) return fetchImage(new URL(address));
    return readPicture(address.startsWith('file:') ? fileURLToPath(address) : address);
  }
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  if (input instanceof ArrayBuffer) return new Uint8Array(input);
  if (input instanceof Blob) return new Uint8Array(await input.arrayBuffer());
  const got = typeof input === 'object' && input !== null ? Object.prototype.toString.call(input) : String(input);
  throw new AppError('INPUT_UNSUPPORTED', { expected: EXPECTED, got });
}

/** Reads a file, but not one that is refused for its size anyway. */
async function readPicture(file: string): Promise<Uint8Array> {
  const { maxBytes } = DEFAULT_LIMITS;
  if ((await stat(file)).size > maxBytes) throw new AppError('IMAGE_TOO_LARGE', { maxBytes });
  return readFile(file);
}
