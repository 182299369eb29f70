import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { preprocessToPixels, type Preprocessing } from '@sld-edge/runtime';
import { makeSamples, roomForSamples } from './make-samples.ts';

it.each([
  [28 * 28, 24],
  [128 * 128 * 3, 24],
  [224 * 224 * 3, 10],
  [1024 * 1024 * 3, 1],
])('has room for samples of %i bytes of pixels: %i', (bytes, room) => expect(roomForSamples(bytes)).toBe(room));

describe('a sample is seen by the network as the test image that it shows', () => {
  const width = 14;
  const height = 28;
  const seenAs = async (channels: 1 | 3, cropRatio?: number) => {
    const pixels = Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 37) % 256);
    const preprocessing: Preprocessing = {
      ...{ height, width, channels, fit: 'cover', filter: 'triangle', mean: [], std: [] },
      ...(cropRatio !== undefined && { cropRatio }),
    };
    const images = { image: () => pixels } as never;
    const [{ png, label, file }] = await makeSamples({
      inputShape: { height, width, channels },
      labels: ['No such', 'Ankle boot'],
      test: { count: 1, images, labels: Uint16Array.of(1) },
      preprocessing,
    });
    expect([label, file]).toEqual(['Ankle boot', 'samples/00-ankle-boot.png']);
    const { data, info } = await sharp(png).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    const seen = preprocessToPixels({ width: info.width, height: info.height, data: new Uint8Array(data) }, preprocessing);
    return { size: [info.width, info.height], isEqual: Buffer.compare(seen, pixels) === 0 };
  };

  it('where nothing is cropped', async () => {
    expect(await seenAs(1)).toEqual({ size: [14, 28], isEqual: true });
    expect(await seenAs(3)).toEqual({ size: [14, 28], isEqual: true });
  });

  it('where the middle is cropped out: 14 of 16 and 28 of 32 pixels', async () => {
    expect(await seenAs(3, 0.875)).toEqual({ size: [16, 32], isEqual: true });
    expect(await seenAs(1, 0.875)).toEqual({ size: [16, 32], isEqual: true });
  });
});
