import type { RgbImage } from '../../image/rgb-image.ts';
import { randomStates } from '../../random-states.ts';

/** Width of most pictures of the corpus. */
export const WIDTH = 64;
export const HEIGHT = 48;

/**
 * The picture that most files of the corpus show: ramps from left to right (red), from top to bottom (green) and
 * across (blue), patches of saturated colours in the upper left, and noise in the lower right. It has no symmetry, so
 * no wrong orientation goes unseen.
 */
export function scene(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  const patches = [
    [255, 0, 0],
    [0, 255, 0],
    [0, 0, 255],
    [255, 255, 255],
    [0, 0, 0],
    [0, 255, 255],
    [255, 0, 255],
    [255, 255, 0],
  ];
  const side = Math.max(1, Math.round(width / 12));
  const ramp = (at: number, size: number): number => (size < 2 ? 128 : Math.round((255 * at) / (size - 1)));
  const next = randomStates();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const patch = y < 2 * side && x < 4 * side ? patches[Math.floor(y / side) * 4 + Math.floor(x / side)] : undefined;
      const noisy = x > 0.6 * width && y > 0.6 * height;
      for (let c = 0; c < 3; c++) {
        const noise = next();
        const smooth = [ramp(x, width), ramp(y, height), ramp(x + y, width + height - 1)][c];
        data[at + c] = patch ? patch[c] : noisy ? (smooth + (noise >> 12)) & 255 : smooth;
      }
    }
  }
  return { width, height, data };
}

/** Alpha that goes with `scene`: opaque on the left, a ramp in the middle, transparent on the right. */
export function sceneAlpha(width: number, height: number): Uint8Array {
  return Uint8Array.from({ length: width * height }, (_, i) =>
    Math.max(0, Math.min(255, Math.round(382 - (510 * (i % width)) / width) + ((i * 7) % 5))),
  );
}

/** One level a pixel: the mean of the three. */
export function greyOf({ data }: RgbImage): Uint8Array {
  return Uint8Array.from({ length: data.length / 3 }, (_, i) => Math.round((data[3 * i] + data[3 * i + 1] + data[3 * i + 2]) / 3));
}

/** Colours and alpha in one array, pixel by pixel. */
export function interleaved(colours: Uint8Array, channels: 1 | 3, alpha: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: alpha.length * (channels + 1) }, (_, i) => {
    const [pixel, c] = [Math.floor(i / (channels + 1)), i % (channels + 1)];
    return c === channels ? alpha[pixel] : colours[pixel * channels + c];
  });
}

/** Sixteen colours, and which of them each pixel gets: by the two upper bits of red and of green. */
export const PALETTE = Array.from({ length: 16 }, (_, i) => [(i >> 2) * 85, (i & 3) * 85, (i * 37) & 255]);

export function paletteIndices({ data }: RgbImage): Uint8Array {
  return Uint8Array.from({ length: data.length / 3 }, (_, i) => (data[3 * i] >> 6) * 4 + (data[3 * i + 1] >> 6));
}

/** Place where the pixel of an upright picture is stored, by EXIF orientation (TIFF 6.0, tag 274). */
const STORED_AT: Record<number, (x: number, y: number, width: number, height: number) => [x: number, y: number]> = {
  1: (x, y) => [x, y],
  2: (x, y, width) => [width - 1 - x, y],
  3: (x, y, width, height) => [width - 1 - x, height - 1 - y],
  4: (x, y, _width, height) => [x, height - 1 - y],
  5: (x, y) => [y, x],
  6: (x, y, width) => [y, width - 1 - x],
  7: (x, y, width, height) => [height - 1 - y, width - 1 - x],
  8: (x, y, _width, height) => [height - 1 - y, x],
};

/** The picture as a camera stores it that writes this orientation: shown upright, it is the one given. */
export function storedUnder(orientation: number, { width, height, data }: RgbImage): RgbImage {
  const turned = orientation > 4;
  const stored = { width: turned ? height : width, height: turned ? width : height, data: new Uint8Array(data.length) };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [toX, toY] = STORED_AT[orientation](x, y, width, height);
      stored.data.set(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3), (toY * stored.width + toX) * 3);
    }
  }
  return stored;
}
