import { expect, it, vi } from 'vitest';
import { DEFAULT_LIMITS } from '../image/limits.ts';
import { sendable, type ClassifierInput } from './inputs.ts';

/** A file whose bytes the browser does not give, as of a folder that was dropped. */
function unreadable(name: string, thrown: DOMException): File {
  return Object.assign(new File(['x'], name), { arrayBuffer: () => Promise.reject(thrown) });
}

const bytesOf = async (input: ClassifierInput) => {
  const { payload, transfer } = await sendable(input);
  if (payload.kind !== 'file') throw new Error(`no file: ${payload.kind}`);
  expect(transfer).toEqual([payload.bytes.buffer]);
  return [...payload.bytes];
};

it('reads files and bytes of any view, and gives none of the caller’s away', async () => {
  const given = new Uint8Array([1, 2, 3, 4]);
  expect(await bytesOf(given.subarray(1, 3))).toEqual([2, 3]);
  expect(await bytesOf(new DataView(given.buffer, 2))).toEqual([3, 4]);
  expect(await bytesOf(given.buffer)).toEqual([1, 2, 3, 4]);
  expect(await bytesOf(new Blob([given]))).toEqual([1, 2, 3, 4]);
  const { transfer } = await sendable(given);
  expect(transfer).not.toContain(given.buffer);
});

it('takes pixels of three and of four bytes, copied, and refuses other sizes', async () => {
  const data = new Uint8ClampedArray(2 * 3 * 4).fill(7);
  const { payload } = await sendable({ width: 2, height: 3, data });
  data.fill(0);
  expect(payload).toEqual({ kind: 'pixels', width: 2, height: 3, data: new Uint8ClampedArray(24).fill(7) });
  expect((await sendable({ width: 2, height: 3, data: new Uint8Array(18) })).payload).toMatchObject({ kind: 'pixels' });
  await expect(sendable({ width: 2, height: 3, data: new Uint8Array(17) })).rejects.toMatchObject({
    code: 'INPUT_UNSUPPORTED',
    message: 'The input must be 18 (RGB) or 24 (RGBA) bytes for 2 x 3 pixels; got 17.',
  });
  await expect(sendable({ width: 0, height: 3, data: new Uint8Array(0) })).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED' });
});

/** An element of a page, by what it says that it is. */
const element = (tag: string, more: object = {}): ClassifierInput => ({ [Symbol.toStringTag]: tag, ...more }) as unknown as ClassifierInput;

it('says of elements that show nothing what they are', async () => {
  vi.stubGlobal('createImageBitmap', () => Promise.reject(new DOMException('The image source is detached', 'InvalidStateError')));
  const got = async (input: ClassifierInput) =>
    sendable(input).then(
      () => 'sent',
      (error: { code: string; details: { got: string } }) => `${error.code} ${error.details.got}`,
    );
  expect(await got(element('HTMLVideoElement', { readyState: 1 }))).toBe('INPUT_UNSUPPORTED a video that shows no frame yet');
  const broken = element('HTMLImageElement', { decode: () => Promise.reject(new DOMException('', 'EncodingError')) });
  expect(await got(broken)).toBe('INPUT_UNSUPPORTED an image element whose picture did not load');
  expect(await got(element('VideoFrame'))).toBe('INPUT_UNSUPPORTED it is empty, or was closed');
  expect(await got(element('HTMLDivElement'))).toBe('INPUT_UNSUPPORTED an object of the kind HTMLDivElement');
  expect(await got(undefined as unknown as ClassifierInput)).toBe('INPUT_UNSUPPORTED undefined');
  vi.unstubAllGlobals();
});

it('draws what the browser has drawn, and sends the drawing', async () => {
  const bitmap = { width: 1, height: 1 };
  const createImageBitmap = vi.fn(async () => bitmap);
  vi.stubGlobal('createImageBitmap', createImageBitmap);
  const canvas = element('HTMLCanvasElement');
  expect(await sendable(canvas)).toEqual({ payload: { kind: 'bitmap', bitmap }, transfer: [bitmap] });
  expect(createImageBitmap).toHaveBeenCalledWith(canvas, { premultiplyAlpha: 'none' });
  const wide = element('ImageData', { width: 1, height: 1, data: new Uint8ClampedArray(4), colorSpace: 'display-p3' });
  expect((await sendable(wide)).payload.kind).toBe('bitmap');
  const plain = element('ImageData', { width: 1, height: 1, data: new Uint8ClampedArray(4), colorSpace: 'srgb' });
  expect((await sendable(plain)).payload.kind).toBe('pixels');
  vi.unstubAllGlobals();
});

it.each(['NotReadableError', 'NotFoundError', 'SecurityError'])('says that a file gives nothing: %s', async (name) => {
  const thrown = new DOMException('A requested file or directory could not be found', name);
  await expect(sendable(unreadable('holidays', thrown))).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    message: 'The file "holidays" cannot be used: it is a folder, or was moved or changed since it was chosen.',
    cause: thrown,
  });
});

it('refuses what is too large before it is read', async () => {
  const large = unreadable('a', new DOMException());
  Object.defineProperty(large, 'size', { value: DEFAULT_LIMITS.maxBytes + 1 });
  await expect(sendable(large)).rejects.toMatchObject({ code: 'IMAGE_TOO_LARGE' });
});
