import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { corpusBytes } from '../testing/corpus/corpus.ts';
import { PRIMARIES, rgbProfile } from '../testing/corpus/icc.ts';
import { u32s, withPngChunks } from '../testing/corpus/png.ts';
import { readAvifMetadata } from './avif/metadata.ts';
import { inspectImage } from './inspect.ts';
import { toPortable } from './portable.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
const portableOf = (bytes: Uint8Array<ArrayBuffer>) => toPortable(bytes, inspectImage(bytes).format);

it.each([
  'png-rgb.png',
  'png-display-p3.png',
  'png-rgb-transparent-colour.png',
  'webp-lossy.webp',
  'webp-display-p3.webp',
  'jpeg-420.jpg',
  'jpeg-display-p3.jpg',
  'avif-444.avif',
  'avif-444-display-p3.avif',
])('leaves %s as it is', async (file) => {
  const bytes = corpusBytes(file);
  const portable = await portableOf(bytes);
  expect(portable).toEqual({ bytes, orientation: 1, ...(file.includes('display-p3') && file.endsWith('.jpg') && { hasProfile: true }) });
  expect(portable.bytes).toBe(bytes);
});

it.each([
  ['jpeg-exif-6.jpg', 'Exif', 6],
  ['jpeg-damaged-profile.jpg', 'ICC_PROFILE', 1],
  ['png-exif-6.png', 'eXIf', 6],
  ['webp-exif-6.webp', 'EXIF', 6],
  ['png-gamma-primaries.png', 'cHRM', 1],
  ['png-gamma-linear.png', 'gAMA', 1],
  ['png-coded-display-p3.png', 'cICP', 1],
  ['png-srgb-chunk.png', 'sRGB', 1],
  ['avif-damaged-profile.avif', 'colrrICC', 1],
] as const)('takes out of %s its %s', async (file, chunk, orientation) => {
  const bytes = corpusBytes(file);
  const before = bytes.slice();
  const info = inspectImage(bytes);
  const portable = await portableOf(bytes);
  expect(text(bytes)).toContain(chunk);
  expect(text(portable.bytes)).not.toContain(chunk);
  expect(portable.orientation).toBe(orientation);
  // Still a whole file of the same picture, and the one given is untouched.
  expect(inspectImage(portable.bytes)).toMatchObject({ format: info.format, width: info.width, height: info.height });
  expect(bytes.equals(before)).toBe(true);
});

it("tells an AVIF's turns, which its decoder is not told", async () => {
  const { bytes, transforms } = await portableOf(corpusBytes('avif-crop-exif-6.avif'));
  expect(transforms).toHaveLength(2);
  expect(readAvifMetadata(bytes)?.transforms).toEqual([]);
});

it("corrects a WebP's length and its flag", async () => {
  const bytes = (await toPortable(corpusBytes('webp-exif-6.webp'), 'webp')).bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  expect(view.getUint32(4, true)).toBe(bytes.length - 8);
  expect(bytes[20]).toBe(0);
});

describe('a PNG', () => {
  const png = corpusBytes('png-rgb.png');
  const profile = rgbProfile('test', PRIMARIES.displayP3, 'srgb');
  const iccp = (data: Uint8Array): Buffer => Buffer.concat([Buffer.from('name\0\0', 'latin1'), data]);
  const chunksOf = async (bytes: Uint8Array<ArrayBuffer>): Promise<string[]> => {
    const left = Buffer.from((await portableOf(bytes)).bytes);
    const names: string[] = [];
    for (let at = 8; at < left.length; at += 12 + left.readUInt32BE(at)) names.push(left.toString('latin1', at + 4, at + 8));
    return names;
  };

  it('loses its animation, its texts and every chunk that nobody knows', async () => {
    const animated = withPngChunks(png, [
      ['acTL', u32s(1, 0)],
      ['fcTL', new Uint8Array(26)],
      ['zTXt', Uint8Array.of(65, 0, 0)],
      ['abCd', Uint8Array.of(1)],
    ]);
    expect(await chunksOf(animated)).toEqual(['IHDR', 'IDAT', 'IEND']);
  });

  it('keeps the first profile that passes', async () => {
    expect(
      await chunksOf(
        withPngChunks(png, [
          ['iCCP', iccp(deflateSync(profile))],
          ['iCCP', iccp(deflateSync(profile))],
        ]),
      ),
    ).toEqual(['IHDR', 'iCCP', 'IDAT', 'IEND']);
  });

  it.each([
    ['is cut off', iccp(deflateSync(profile).subarray(0, 200))],
    ['is no zlib stream', iccp(profile)],
    ['is of grey', iccp(deflateSync(Buffer.from(profile).fill('GRAY', 16, 20)))],
    ['grows to 5 MB', iccp(deflateSync(Buffer.concat([profile, Buffer.alloc(5_000_000)])))],
    ['has no name', Buffer.concat([Buffer.from('\0\0'), deflateSync(profile)])],
  ])('loses a profile that %s', async (_what, data) => {
    expect(await chunksOf(withPngChunks(png, [['iCCP', data]]))).toEqual(['IHDR', 'IDAT', 'IEND']);
  });

  it('loses a profile whose checksum is wrong, and is refused where that of its pixels is', async () => {
    const wrong = withPngChunks(png, [['iCCP', iccp(deflateSync(profile))]]);
    wrong[wrong.indexOf('IDAT', 0, 'latin1') - 5] ^= 1;
    expect(await chunksOf(wrong)).toEqual(['IHDR', 'IDAT', 'IEND']);
    const damaged = Buffer.from(png);
    damaged[damaged.indexOf('IDAT', 0, 'latin1') + 20] ^= 1;
    await expect(portableOf(damaged)).rejects.toMatchObject({ code: 'IMAGE_UNDECODABLE' });
  });
});

describe('a JPEG', () => {
  const jpeg = corpusBytes('jpeg-420.jpg');
  const profile = rgbProfile('test', PRIMARIES.displayP3, 'srgb');
  const part = (number: number, of: number, content: Uint8Array): Buffer => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(2 + 14 + content.length);
    return Buffer.concat([
      Buffer.from('\xff\xe2', 'latin1'),
      length,
      Buffer.from(`ICC_PROFILE\0${String.fromCharCode(number, of)}`, 'latin1'),
      content,
    ]);
  };
  const withParts = (...parts: Buffer[]): Buffer<ArrayBuffer> => Buffer.concat([jpeg.subarray(0, 2), ...parts, jpeg.subarray(2)]);
  const [front, back] = [profile.subarray(0, 500), profile.subarray(500)];

  it.each([
    ['a whole one', [part(1, 1, profile)], 1],
    ['one of two parts', [part(1, 2, front), part(2, 2, back)], 2],
    ['a part too few', [part(1, 2, profile)], 0],
    ['the parts in another order', [part(2, 2, back), part(1, 2, front)], 0],
    ['a size beyond its bytes', [part(1, 1, profile.subarray(0, 600))], 0],
  ])('keeps of profiles only what is whole: %s', async (_what, parts, kept) => {
    const { bytes } = await portableOf(withParts(...parts));
    expect(text(bytes).split('ICC_PROFILE').length - 1).toBe(kept);
  });
});

it.each([
  ['gif-palette.gif', { left: 0, top: 0, width: 64, height: 48 }],
  ['webp-animated.webp', { left: 0, top: 0, width: 64, height: 48 }],
])('tells the window of the first frame of %s', async (file, window) => {
  expect((await portableOf(corpusBytes(file))).window).toEqual(window);
});
