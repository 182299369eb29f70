import { AppError, type ImageLimits } from '@sld-edge/runtime';
import { malformed } from '../http/request-body.ts';
import { decodeBase64 } from '../http/request-images.ts';
import type { ClassifyJob } from '../inference/protocol.ts';
import { MAX_IMAGES } from '../schemas/classify.ts';

/** An image of a tensor: a file, or RGB pixels of a size. */
export type TensorImage = Pick<ClassifyJob, 'bytes' | 'rgb'>;

/** An input as either form of the protocol brings it. */
export interface InferenceInput {
  name: 'image' | 'pixels';
  datatype: string;
  shape: readonly number[];
  /** Bytes as the binary extension lays them out, or the values of JSON or of a message. */
  data: Uint8Array | readonly unknown[];
}

/** Bytes before each element of a `BYTES` tensor: its length. */
const LENGTH_BYTES = 4;

/**
 * The images of an input: files of `image` (BYTES `[n]`), or decoded pixels of `pixels` (UINT8 `[n, height, width, 3]`), which are
 * preprocessed as a file's would be. Binary data are not copied.
 *
 * @param limits `maxBytes` is that of all images together
 * @throws AppError REQUEST_MALFORMED, IMAGE_MISSING, IMAGE_TOO_LARGE, IMAGE_TOO_MANY_PIXELS, IMAGE_SIDE_TOO_LONG
 */
export function imagesOf(input: InferenceInput, limits: ImageLimits): TensorImage[] {
  const [count, ...rest] = input.shape;
  if (count > MAX_IMAGES) throw malformed(`${input.name}: expected at most ${MAX_IMAGES} images, got ${count}`);
  return input.name === 'image' ? files(input, count, rest, limits) : pixels(input, count, rest, limits);
}

function files(
  { datatype, shape, data }: InferenceInput,
  count: number | undefined,
  rest: number[],
  { maxBytes }: ImageLimits,
): TensorImage[] {
  if (datatype !== 'BYTES' || count === undefined || rest.length > 0) throw wrongKind('image', 'BYTES of shape [n]', datatype, shape);
  const elements = data instanceof Uint8Array ? splitElements(data) : data.map(fileOfText);
  if (elements.length !== count) throw malformed(`image: expected ${count} elements, as its shape says, got ${elements.length}`);
  if (elements.some(({ length }) => length === 0)) throw new AppError('IMAGE_MISSING', {});
  if (elements.reduce((sum, { length }) => sum + length, 0) > maxBytes) throw new AppError('IMAGE_TOO_LARGE', { maxBytes });
  return elements.map((bytes) => ({ bytes }));
}

function pixels({ datatype, shape, data }: InferenceInput, count: number, rest: number[], limits: ImageLimits): TensorImage[] {
  const [height, width, channels] = rest;
  if (datatype !== 'UINT8' || rest.length !== 3 || channels !== 3)
    throw wrongKind('pixels', 'UINT8 of shape [n, height, width, 3]', datatype, shape);
  const { maxBytes, maxPixels, maxSide } = limits;
  if (Math.max(width, height) > maxSide) throw new AppError('IMAGE_SIDE_TOO_LONG', { width, height, maxSide });
  if (width * height > maxPixels) throw new AppError('IMAGE_TOO_MANY_PIXELS', { width, height, maxPixels });
  const imageBytes = height * width * channels;
  if (count * imageBytes > maxBytes) throw new AppError('IMAGE_TOO_LARGE', { maxBytes });
  const bytes = data instanceof Uint8Array ? data : bytesOfNumbers(data, count * imageBytes);
  if (bytes.length !== count * imageBytes)
    throw malformed(`pixels: expected ${count * imageBytes} values, as its shape says, got ${bytes.length}`);
  return Array.from({ length: count }, (_, i) => ({ bytes: bytes.subarray(i * imageBytes, (i + 1) * imageBytes), rgb: { width, height } }));
}

function splitElements(data: Uint8Array): Uint8Array[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const elements: Uint8Array[] = [];
  for (let at = 0; at < data.length;) {
    const start = at + LENGTH_BYTES;
    const end = start > data.length ? Infinity : start + view.getUint32(at, true);
    if (end > data.length) throw malformed('image: expected elements of 4 bytes of length and so many bytes, got fewer bytes');
    elements.push(data.subarray(start, end));
    at = end;
  }
  return elements;
}

function fileOfText(value: unknown, i: number): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'string') throw malformed(`image: expected text in base64 at ${i}, got ${typeof value}`);
  return decodeBase64(value, `image[${i}]`);
}

/** Numbers in a row or nested, row by row. @param length past which none is read */
function bytesOfNumbers(values: readonly unknown[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let filled = 0;
  const take = (nested: readonly unknown[]): void => {
    for (const value of nested) {
      if (Array.isArray(value)) take(value);
      else if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 255) bytes[filled++] = value;
      else throw malformed(`pixels: expected numbers from 0 to 255, got ${JSON.stringify(value)} at ${filled}`);
    }
  };
  take(values);
  if (filled !== length) throw malformed(`pixels: expected ${length} values, as its shape says, got ${filled}`);
  return bytes;
}

const wrongKind = (name: string, wanted: string, datatype: string, shape: readonly number[]): AppError =>
  malformed(`${name}: expected ${wanted}, got ${datatype} of shape [${shape.join(', ')}]`);
