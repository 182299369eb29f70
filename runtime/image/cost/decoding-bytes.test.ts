import { describe, expect, it } from 'vitest';
import { encodedFiles } from '../fixtures/fixtures.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { inspectImage } from '../inspect.ts';
import type { Coding } from './coding.ts';
import { decodingBytesOf } from './decoding-bytes.ts';

/** 1000 x 2000 pixels of RGB in a file of 100 bytes. */
const ordinary: Coding = {
  format: 'png',
  width: 1000,
  height: 2000,
  encodedBytes: 100,
  channels: 3,
  alpha: false,
  bits: 8,
  codedSamples: 3,
  whole: false,
  profile: false,
  turned: false,
  pieceBytes: 0,
  layered: false,
};
/** 6 MB, the file four times, 640 lines of 3 bytes a pixel. */
const BESIDE = 6_000_000 + 400 + 640 * 3000;
const PIXELS = 2_000_000;
const cost = (changes: Partial<Coding>): number => decodingBytesOf({ ...ordinary, ...changes });

describe('decodingBytesOf', () => {
  it.each<[string, Partial<Coding>, number]>([
    ['a PNG', {}, 3],
    ['a turned one, twice', { turned: true }, 6],
    ['16 bits with a profile, thrice', { bits: 16, profile: true, channels: 1 }, 9],
    ['a progressive JPEG of 4:2:0, with its coefficients', { format: 'jpeg', whole: true, codedSamples: 1.5 }, 6.1875],
    ['that one turned: the coefficients are gone by then', { format: 'jpeg', whole: true, codedSamples: 1.5, turned: true }, 6.1875],
    ['a WebP', { format: 'webp' }, 10.5],
    ['an AVIF', { format: 'avif' }, 19],
    ['an AVIF of 10 bits', { format: 'avif', bits: 10, channels: 1 }, 26],
  ])('counts %s', (_what, changes, bytesPerPixel) => {
    expect(cost(changes)).toBe(BESIDE + bytesPerPixel * PIXELS);
  });

  it('counts alpha, interlacing and the pieces of a TIFF', () => {
    // 4 bytes a pixel, in the lines too; interlaced the stored 4 once more.
    expect(cost({ channels: 4, alpha: true, whole: true })).toBe(6_000_400 + 640 * 4000 + 8 * PIXELS);
    expect(cost({ format: 'tiff', pieceBytes: 1_000_000 })).toBe(BESIDE + 3 * PIXELS + 2_000_000);
  });
});

describe('inspectImage', () => {
  const limits = { ...DEFAULT_LIMITS };

  it.each(encodedFiles)('refuses $name where it would take more than the limit, and accepts exactly the limit', ({ bytes }) => {
    const { decodingBytes } = inspectImage(bytes);
    expect(inspectImage(bytes, { ...limits, maxDecodingBytes: decodingBytes }).decodingBytes).toBe(decodingBytes);
    expect(() => inspectImage(bytes, { ...limits, maxDecodingBytes: decodingBytes - 1 })).toThrow(
      expect.objectContaining({ code: 'IMAGE_TOO_MUCH_MEMORY', details: { decodingBytes, maxDecodingBytes: decodingBytes - 1 } }) as Error,
    );
  });

  it.each(encodedFiles)('refuses $name where its longer side is beyond the limit, and accepts exactly the limit', ({ bytes }) => {
    const { width, height } = inspectImage(bytes);
    const maxSide = Math.max(width, height);
    inspectImage(bytes, { ...limits, maxSide });
    expect(() => inspectImage(bytes, { ...limits, maxSide: maxSide - 1 })).toThrow(
      expect.objectContaining({ code: 'IMAGE_SIDE_TOO_LONG' }) as Error,
    );
  });

  it('goes by the size that an AVIF’s decoder makes room for, where its metadata give a smaller one', () => {
    const whole = encodedFiles.find(({ format }) => format === 'avif')!.bytes;
    const small = whole.slice();
    const at = Buffer.from(small).indexOf('ispe') + 8;
    new DataView(small.buffer).setUint32(at, 1);
    new DataView(small.buffer).setUint32(at + 4, 1);
    expect(inspectImage(small)).toMatchObject({ width: 1, height: 1, decodingBytes: inspectImage(whole).decodingBytes });
  });
});
