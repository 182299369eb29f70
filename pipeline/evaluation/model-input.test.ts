import { describe, expect, it } from 'vitest';
import { luma, normalise } from '@sld-edge/runtime';
import { channelsFirst, PLAIN_SCALE, preprocessingText, modelInput, modelPixels, type ModelPreprocessing } from './model-input.ts';

const p = (changes: Partial<ModelPreprocessing> = {}): ModelPreprocessing => ({
  height: 2,
  width: 2,
  channels: 3,
  fit: 'cover',
  filter: 'triangle',
  mean: [0.1, 0.2, 0.3],
  std: [1, 2, 4],
  scale: PLAIN_SCALE,
  channelOrder: 'rgb',
  ...changes,
});
const grey = { height: 2, width: 2, channels: 1 };
const rgb = { height: 2, width: 2, channels: 3 };

describe("a model's view", () => {
  it('is the same memory where nothing differs', () => {
    const pixels = Uint8Array.from({ length: 24 }, (_, i) => i);
    expect(modelPixels(pixels, 2, rgb, p())).toBe(pixels);
  });

  it('of grey images is grey in colours, of colours their luma', () => {
    expect([...modelPixels(Uint8Array.of(1, 2, 3, 4), 1, grey, p())]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4]);
    const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30);
    expect([...modelPixels(colours, 1, rgb, p({ channels: 1 }))]).toEqual([
      luma(255, 0, 0),
      luma(0, 255, 0),
      luma(0, 0, 255),
      luma(10, 20, 30),
    ]);
  });

  it('of another size is resized, image by image', () => {
    // 4x4 to 2x2 by the antialiased triangle: of even images each level stays, and each image is on its own.
    const pixels = new Uint8Array(2 * 16).fill(40, 0, 16).fill(200, 16);
    expect([...modelPixels(pixels, 2, { height: 4, width: 4, channels: 1 }, p({ channels: 1 }))]).toEqual([
      40, 40, 40, 40, 200, 200, 200, 200,
    ]);
    const larger = modelPixels(Uint8Array.of(0, 100, 0, 100), 1, grey, p({ channels: 1, height: 2, width: 4, fit: 'stretch' }));
    // Bilinear at x = 0.25, 0.75, 1.25, 1.75 of centres 0.5 and 1.5.
    expect([...larger]).toEqual([0, 25, 75, 100, 0, 25, 75, 100]);
  });

  it('of another shape is cut in the middle or stretched', () => {
    const wide = { height: 1, width: 3, channels: 1 };
    expect([...modelPixels(Uint8Array.of(0, 90, 255), 1, wide, p({ channels: 1, height: 1, width: 1 }))]).toEqual([90]);
    // Stretched, the three count by the triangle's weights 2/3, 1, 2/3.
    expect([...modelPixels(Uint8Array.of(0, 90, 255), 1, wide, p({ channels: 1, height: 1, width: 1, fit: 'stretch' }))]).toEqual([
      Math.round((0 * 2 + 90 * 3 + 255 * 2) / 7),
    ]);
  });
});

describe("a model's input", () => {
  const pixels = Uint8Array.of(0, 51, 102, 153, 204, 255);
  const pair = p({ height: 1, width: 2 });

  it('is normalised as the runtime does it, bit for bit', () => {
    const all = Uint8Array.from({ length: 12 * 22 }, (_, i) => i % 256);
    expect(modelInput(all, p())).toEqual(normalise(all, p()));
  });

  it('is laid out as the model takes it', () => {
    const f = Math.fround;
    const nhwc = [(0 - 0.1) / 1, (0.2 - 0.2) / 2, (0.4 - 0.3) / 4, (0.6 - 0.1) / 1, (0.8 - 0.2) / 2, (1 - 0.3) / 4].map(f);
    const close = (actual: Float32Array, expected: number[]): void =>
      actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 6));
    close(modelInput(pixels, pair), nhwc);
    close(channelsFirst(modelInput(pixels, pair), 1, 3), [nhwc[0], nhwc[3], nhwc[1], nhwc[4], nhwc[2], nhwc[5]]);
    // Two images: channels stay within their image.
    close(channelsFirst(modelInput(Uint8Array.of(...pixels, ...pixels), pair), 2, 3).subarray(6), [
      nhwc[0],
      nhwc[3],
      nhwc[1],
      nhwc[4],
      nhwc[2],
      nhwc[5],
    ]);
  });

  it('is scaled and ordered as stated', () => {
    const plain = p({ height: 1, width: 2, mean: [1, 2, 3], std: [1, 1, 2], scale: 1, channelOrder: 'bgr' });
    expect([...modelInput(pixels, plain)]).toEqual([101, 49, -1.5, 254, 202, 75]);
    expect(preprocessingText(plain)).toBe('1x2x3 BGR, mean 1 2 3, std 1 1 2, scale 1');
  });
});
