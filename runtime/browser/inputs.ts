import { AppError } from '../errors/catalogue.ts';
import { DEFAULT_LIMITS } from '../image/limits.ts';
import { channelsOf, type Pixels } from '../image/pixels.ts';
import { fetchImage } from '../transfer/fetch-image.ts';
import type { Payload } from './protocol.ts';

/**
 * A picture. An encoded one (`Blob`, bytes, an address) is decoded as on the server, to the same pixels. Of an element, a bitmap or a
 * frame the pixels are taken that the browser has drawn.
 */
export type ClassifierInput =
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  /** An address, which the page must be allowed to read. */
  | URL
  | string
  | ImageData
  | Pixels
  | ImageBitmap
  | HTMLImageElement
  | HTMLVideoElement
  | HTMLCanvasElement
  | OffscreenCanvas
  | VideoFrame;

/** A picture as it goes to the worker, with what is given away. */
export interface Sendable {
  payload: Payload;
  transfer: Transferable[];
}

const EXPECTED = 'a Blob, bytes, an address, ImageData, pixels, an ImageBitmap, an image, video or canvas element, or a VideoFrame';

/**
 * Makes of a picture what the worker takes. Nothing of the caller's is given away.
 *
 * @throws AppError INPUT_UNSUPPORTED; IMAGE_TOO_LARGE before it is read; FILE_UNUSABLE where the browser gives none of its bytes (a
 *   folder, a file that was moved or changed since it was chosen); NETWORK_FAILED for an address
 */
export async function sendable(input: ClassifierInput, signal?: AbortSignal): Promise<Sendable> {
  switch (tagOf(input)) {
    case 'Blob':
    case 'File':
      return file(await readBlob(input as Blob));
    case 'String':
    case 'URL':
      return file(await fetchImage(new URL(String(input), baseUrl()), { signal }));
    case 'ImageData':
      return sendImageData(input as ImageData);
    case 'ImageBitmap':
    case 'VideoFrame':
    case 'OffscreenCanvas':
    case 'HTMLCanvasElement':
      return draw(input as CanvasImageSource & ImageBitmapSource, 'it is empty, or was closed');
    case 'HTMLVideoElement':
      if ((input as HTMLVideoElement).readyState < 2) throw unsupported('a video that shows no frame yet');
      return draw(input as HTMLVideoElement, 'a video that shows nothing');
    case 'HTMLImageElement':
      await (input as HTMLImageElement).decode().catch(() => {
        throw unsupported('an image element whose picture did not load');
      });
      return draw(input as HTMLImageElement, 'an image element that shows nothing');
  }
  if (ArrayBuffer.isView(input)) return file(new Uint8Array(input.buffer, input.byteOffset, input.byteLength).slice());
  if (tagOf(input) === 'ArrayBuffer') return file(new Uint8Array(input as ArrayBuffer).slice());
  if (isPixels(input)) return sendPixels(input);
  throw unsupported(describe(input));
}

/** Looks at what an object says that it is: one of another frame is no instance of this one's classes. */
const tagOf = (input: unknown): string => Object.prototype.toString.call(input).slice(8, -1);

const describe = (input: unknown): string =>
  typeof input === 'object' && input !== null ? `an object of the kind ${tagOf(input)}` : String(input);

const unsupported = (got: string, cause?: unknown): AppError => new AppError('INPUT_UNSUPPORTED', { expected: EXPECTED, got }, { cause });

const baseUrl = (): string => (typeof document === 'undefined' ? location.href : document.baseURI);

function isPixels(input: unknown): input is Pixels {
  return typeof input === 'object' && input !== null && 'data' in input && isBytes(input.data) && 'width' in input && 'height' in input;
}

const isBytes = (data: unknown): boolean => data instanceof Uint8Array || data instanceof Uint8ClampedArray;

const file = (bytes: Uint8Array<ArrayBuffer>): Sendable => ({ payload: { kind: 'file', bytes }, transfer: [bytes.buffer] });

async function readBlob(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const { maxBytes } = DEFAULT_LIMITS;
  if (blob.size > maxBytes) throw new AppError('IMAGE_TOO_LARGE', { maxBytes });
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch (cause) {
    const path = 'name' in blob ? String(blob.name) : 'blob';
    throw new AppError('FILE_UNUSABLE', { path, reason: 'it is a folder, or was moved or changed since it was chosen' }, { cause });
  }
}

/** Pixels of sRGB in bytes are taken as they are; others the browser converts. */
function sendImageData(image: ImageData): Sendable | Promise<Sendable> {
  const isPlain = isBytes(image.data) && (image.colorSpace ?? 'srgb') === 'srgb';
  return isPlain ? sendPixels(image) : draw(image, 'an ImageData that cannot be drawn');
}

function sendPixels({ width, height, data }: Pixels): Sendable {
  // Refused here, in the caller's own thread: nothing is copied for it.
  channelsOf({ width, height, data });
  return { payload: { kind: 'pixels', width, height, data: data.slice() }, transfer: [] };
}

async function draw(source: ImageBitmapSource, got: string): Promise<Sendable> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(source, { premultiplyAlpha: 'none' });
  } catch (cause) {
    throw unsupported(got, cause);
  }
  return { payload: { kind: 'bitmap', bitmap }, transfer: [bitmap] };
}
