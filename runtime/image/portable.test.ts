import { expect, it } from 'vitest';
import { corpusBytes } from '../testing/corpus/corpus.ts';
import { inspectImage } from './inspect.ts';
import { toPortable } from './portable.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

it.each(['png-rgb.png', 'png-display-p3.png', 'webp-lossy.webp', 'webp-display-p3.webp', 'jpeg-exif-6.jpg', 'avif-exif-6.avif', 'gif-palette.gif'])(
  'leaves %s as it is',
  (file) => {
    const bytes = corpusBytes(file);
    expect(toPortable(bytes, inspectImage(bytes).format)).toEqual({ bytes, orientation: 1 });
    expect(toPortable(bytes, inspectImage(bytes).format).bytes).toBe(bytes);
  },
);

it.each([
  ['png-exif-6.png', 'eXIf', 6],
  ['webp-exif-6.webp', 'EXIF', 6],
  ['png-gamma-primaries.png', 'cHRM', 1],
  ['png-gamma-linear.png', 'gAMA', 1],
  ['png-coded-display-p3.png', 'cICP', 1],
] as const)('takes out of %s its %s', (file, chunk, orientation) => {
  const bytes = corpusBytes(file);
  const before = bytes.slice();
  const info = inspectImage(bytes);
  const portable = toPortable(bytes, info.format);
  expect(text(bytes)).toContain(chunk);
  expect(text(portable.bytes)).not.toContain(chunk);
  expect(portable.orientation).toBe(orientation);
  // Still a whole file of the same picture, and the one given is untouched.
  expect(inspectImage(portable.bytes)).toEqual(info);
  expect(bytes.equals(before)).toBe(true);
});

it('corrects a WebP\'s length and its flag', () => {
  const bytes = toPortable(corpusBytes('webp-exif-6.webp'), 'webp').bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  expect(view.getUint32(4, true)).toBe(bytes.length - 8);
  expect(bytes[20]).toBe(0);
});
