import { afterEach, describe, expect, it, vi } from 'vitest';
import { drawOnWhite } from './draw-on-white.ts';

/** A browser whose canvas gives these bytes back, whatever is drawn on it. */
function browserWith({ rgba, decodes = true, types }: { rgba?: number[]; decodes?: boolean; types?: string[] }): void {
  const bitmap = { width: 2, height: 1, close: () => undefined };
  vi.stubGlobal('createImageBitmap', () => (decodes ? Promise.resolve(bitmap) : Promise.reject(new Error('no'))));
  vi.stubGlobal(
    'OffscreenCanvas',
    class {
      getContext(): unknown {
        const getImageData = (): unknown => {
          if (!rgba) throw new RangeError('Out of memory');
          return { data: Uint8ClampedArray.from(rgba) };
        };
        return { fillRect: () => undefined, drawImage: () => undefined, getImageData };
      }
    },
  );
  vi.stubGlobal('ImageDecoder', types && { isTypeSupported: (type: string) => Promise.resolve(types.includes(type)) });
}

afterEach(() => vi.unstubAllGlobals());

describe('drawOnWhite', () => {
  const png = new Blob([], { type: 'image/png' });
  const tiff = new Blob([], { type: 'image/tiff' });

  it('gives what the canvas gives, without alpha', async () => {
    browserWith({ rgba: [1, 2, 3, 255, 4, 5, 6, 255] });
    expect(await drawOnWhite(png, 'png')).toEqual({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) });
  });

  it.each([
    ['nothing', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['only part of it', [1, 2, 3, 255, 0, 0, 0, 0]],
    ['an error', undefined],
  ])('says so where a canvas gives %s', async (_what, rgba) => {
    browserWith({ rgba });
    await expect(drawOnWhite(png, 'png')).rejects.toMatchObject({ code: 'IMAGE_NOT_DRAWN', details: { width: 2, height: 1 } });
  });

  it('calls damaged what a browser has a decoder for, and unsupported what it has none for', async () => {
    browserWith({ decodes: false, types: ['image/png'] });
    await expect(drawOnWhite(png, 'png')).rejects.toMatchObject({ code: 'IMAGE_UNDECODABLE' });
    await expect(drawOnWhite(tiff, 'tiff')).rejects.toThrow(
      'The TIFF image is of a kind that is not supported (this browser has no decoder for it)',
    );
    browserWith({ decodes: false });
    await expect(drawOnWhite(png, 'png')).rejects.toMatchObject({ code: 'IMAGE_UNDECODABLE' });
    await expect(drawOnWhite(tiff, 'tiff')).rejects.toMatchObject({ code: 'IMAGE_KIND_UNSUPPORTED' });
  });
});
