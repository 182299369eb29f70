import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../image/limits.ts';
import { gradient, gradientImage } from '../testing/images.ts';
import { decodeImage } from './decode-image.ts';

const decode = (bytes: Uint8Array) => decodeImage(bytes, DEFAULT_LIMITS);

/** One raw pixel format as PNG. */
const png = (values: number[], channels: 1 | 2 | 3 | 4, width = values.length / channels) =>
  sharp(Uint8Array.from(values), { raw: { width, height: 1, channels } })
    .png()
    .toBuffer();

describe('decodeImage', () => {
  it('gives the RGB bytes of a PNG as they were', async () => {
    const image = await decode(await gradientImage(20, 10).png().toBuffer());
    expect(image).toMatchObject({ width: 20, height: 10 });
    expect(Buffer.compare(image.data, gradient(20, 10))).toBe(0);
  });

  it('gives three channels of a grey image, and of a palette', async () => {
    const grey = await sharp(Uint8Array.of(0, 100, 255), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect([...(await decode(grey)).data]).toEqual([0, 0, 0, 100, 100, 100, 255, 255, 255]);
    const palette = await sharp(await png([255, 0, 0, 0, 0, 255], 3))
      .png({ palette: true })
      .toBuffer();
    expect([...(await decode(palette)).data]).toEqual([255, 0, 0, 0, 0, 255]);
  });

  it('flattens alpha on white, rounded, in every format', async () => {
    const pixels = [0, 0, 0, 128, 10, 20, 30, 255, 1, 2, 3, 0, 10, 60, 110, 200];
    // 0 + 127; opaque; all white; 10 * 200 / 255 = 7.84, 60 * 200 / 255 = 47.06, 110 * 200 / 255 = 86.27, each + 55
    expect([...(await decode(await png(pixels, 4))).data]).toEqual([127, 127, 127, 10, 20, 30, 255, 255, 255, 63, 102, 141]);
    const webp = await sharp(await png(pixels, 4))
      .webp({ lossless: true, exact: true })
      .toBuffer();
    expect([...(await decode(webp)).data]).toEqual([127, 127, 127, 10, 20, 30, 255, 255, 255, 63, 102, 141]);
  });

  it('flattens grey with alpha', async () => {
    const bytes = await sharp(Uint8Array.of(50, 255, 50, 0), { raw: { width: 2, height: 1, channels: 2 } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    expect([...(await decode(bytes)).data]).toEqual([50, 50, 50, 255, 255, 255]);
  });

  it('keeps the high bytes of 16 bits with alpha before it flattens', async () => {
    // High bytes 10, 60, 110 with alpha 200: as above. Low bytes at their largest must not count.
    const bytes = await sharp(Uint16Array.of(0x0aff, 0x3cff, 0x6eff, 0xc8ff), { raw: { width: 1, height: 1, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    expect([...(await decode(bytes)).data]).toEqual([63, 102, 141]);
  });

  it('keeps the high byte of 16 bits', async () => {
    // The decoder's input is 16-bit: 0x1234, 0xABCD, 0xFFFF in the three channels.
    const bytes = await sharp(Uint16Array.of(0x1234, 0xabcd, 0xffff), { raw: { width: 1, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    expect([...(await decode(bytes)).data]).toEqual([0x12, 0xab, 0xff]);
  });

  it('applies each EXIF orientation', async () => {
    // Left red, right blue; orientation 6 turns it clockwise: red on top.
    const upright = sharp(Uint8Array.of(255, 0, 0, 0, 0, 255), { raw: { width: 2, height: 1, channels: 3 } });
    const expected: Record<number, [width: number, first: 'red' | 'blue']> = {
      1: [2, 'red'],
      2: [2, 'blue'],
      3: [2, 'blue'],
      4: [2, 'red'],
      5: [1, 'red'],
      6: [1, 'red'],
      7: [1, 'blue'],
      8: [1, 'blue'],
    };
    for (const [orientation, [width, first]] of Object.entries(expected)) {
      const bytes = await upright
        .clone()
        .withMetadata({ orientation: Number(orientation) })
        .png()
        .toBuffer();
      const image = await decode(bytes);
      expect([image.width, image.data[0] === 255 ? 'red' : 'blue'], `orientation ${orientation}`).toEqual([width, first]);
    }
  });

  it('takes the first frame of an animation', async () => {
    const frames = await sharp(Uint8Array.of(255, 0, 0, 0, 0, 255), { raw: { width: 1, height: 2, channels: 3, pageHeight: 1 } })
      .gif({ delay: [10, 10] })
      .toBuffer();
    expect((await sharp(frames, { pages: -1 }).metadata()).pages).toBe(2);
    const { width, height, data } = await decode(frames);
    expect([width, height, ...data]).toEqual([1, 1, 255, 0, 0]);
  });

  it.each(['jpeg', 'webp', 'avif', 'tiff', 'gif'] as const)('decodes %s', async (format) => {
    const image = await decode(await gradientImage(32, 16).toFormat(format).toBuffer());
    expect(image).toMatchObject({ width: 32, height: 16 });
    expect(image.data).toHaveLength(32 * 16 * 3);
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const)('refuses a %s that was cut off anywhere', async (format) => {
    const whole = await gradientImage(64, 64).toFormat(format).toBuffer();
    for (const part of [0.3, 0.5, 0.8, 0.97]) {
      const cut = whole.subarray(0, Math.floor(whole.length * part));
      await expect(decode(cut), `${format} cut at ${part}`).rejects.toMatchObject({
        code: expect.stringMatching(/^IMAGE_(TRUNCATED|UNDECODABLE)$/) as unknown as string,
      });
    }
  });

  it('calls a cut JPEG and a cut PNG truncated', async () => {
    for (const format of ['jpeg', 'png'] as const) {
      const whole = await gradientImage(64, 64).toFormat(format).toBuffer();
      await expect(decode(whole.subarray(0, whole.length >> 1))).rejects.toMatchObject({ code: 'IMAGE_TRUNCATED' });
    }
  });

  it('refuses a PNG whose pixels were damaged', async () => {
    const bytes = await gradientImage(64, 64).png().toBuffer();
    bytes.fill(0x55, bytes.length >> 1, (bytes.length >> 1) + 40);
    await expect(decode(bytes)).rejects.toMatchObject({
      code: expect.stringMatching(/^IMAGE_(TRUNCATED|UNDECODABLE)$/) as unknown as string,
    });
  });

  it('refuses CMYK, and a PNG that claims too many pixels', async () => {
    await expect(gradientImage().toColourspace('cmyk').jpeg().toBuffer().then(decode)).rejects.toMatchObject({ code: 'IMAGE_CMYK' });
    const bomb = await sharp({ create: { width: 8000, height: 8000, channels: 3, background: '#000' } })
      .png({ compressionLevel: 1 })
      .toBuffer();
    await expect(decode(bomb)).rejects.toMatchObject({ code: 'IMAGE_TOO_MANY_PIXELS' });
  });

  it('converts a profile to sRGB by default colour management', async () => {
    const red = await sharp(Uint8Array.of(255, 0, 0), { raw: { width: 1, height: 1, channels: 3 } })
      .withIccProfile('p3')
      .png()
      .toBuffer();
    // sRGB red, stored as Display P3, comes back as sRGB red.
    const [r, g, b] = (await decode(red)).data;
    expect(r).toBeGreaterThanOrEqual(254);
    expect(Math.max(g, b)).toBeLessThanOrEqual(2);
    expect((await sharp(red).raw({ depth: 'uchar' }).keepIccProfile().toBuffer())[0]).toBeLessThan(245);
  });
});
