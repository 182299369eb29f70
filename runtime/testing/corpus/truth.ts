/** Truth about the files of the corpus, computed from the pictures they were made of and from the standards, without a decoder. */
import type { RgbImage } from '../../image/rgb-image.ts';
import { linearOfSrgb, PRIMARIES } from './icc.ts';
import { greyOf, HEIGHT, PALETTE, paletteIndices, scene, sceneAlpha, WIDTH } from './pictures.ts';

const main = scene(WIDTH, HEIGHT);
const alpha = sceneAlpha(WIDTH, HEIGHT);

const rgb = (data: Uint8Array): RgbImage => ({ width: WIDTH, height: HEIGHT, data });
const spread = (grey: Uint8Array): Uint8Array => Uint8Array.from({ length: grey.length * 3 }, (_, i) => grey[Math.floor(i / 3)]);
/** Puts colours on white, rounded half up: c * a / 255 + 255 - a. */
const onWhite = (colours: Uint8Array, alphaOf: (pixel: number) => number): Uint8Array =>
  colours.map((colour, i) => Math.floor((colour * alphaOf(Math.floor(i / 3)) + 127) / 255) + 255 - alphaOf(Math.floor(i / 3)));

const srgbOfLinear = (value: number): number => (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
const toLevel = (linear: number): number => Math.round(255 * srgbOfLinear(Math.max(0, Math.min(1, linear))));
/** sRGB's primaries adapted to D50 (IEC 61966-2-1; the columns of the ICC's own profile), inverted: XYZ to linear sRGB. */
const XYZ_TO_SRGB = [
  [3.1338561, -1.6168667, -0.4906146],
  [-0.9787684, 1.9161415, 0.033454],
  [0.0719453, -0.2289914, 1.4052427],
];

function toSrgb(levels: Uint8Array, primaries: readonly (readonly number[])[], linearOf: (level: number) => number): Uint8Array {
  const converted = new Uint8Array(levels.length);
  for (let at = 0; at < levels.length; at += 3) {
    const linear = [0, 1, 2].map((c) => linearOf(levels[at + c] / 255));
    const xyz = [0, 1, 2].map((axis) => linear.reduce((sum, value, c) => sum + value * primaries[c][axis], 0));
    XYZ_TO_SRGB.forEach((row, c) => (converted[at + c] = toLevel(row.reduce((sum, factor, axis) => sum + factor * xyz[axis], 0))));
  }
  return converted;
}

const fromP3 = (levels: Uint8Array): Uint8Array => toSrgb(levels, PRIMARIES.displayP3, linearOfSrgb);
const indices = paletteIndices(main);
const paletted = Uint8Array.from({ length: indices.length * 3 }, (_, i) => PALETTE[indices[Math.floor(i / 3)]][i % 3]);
const grey = greyOf(main);

/** A picture within a white one. */
function placed(picture: RgbImage, { width, height }: { width: number; height: number }, left: number, top: number): RgbImage {
  const data = new Uint8Array(width * height * 3).fill(255);
  for (let y = 0; y < picture.height; y++)
    data.set(picture.data.subarray(y * picture.width * 3, (y + 1) * picture.width * 3), ((top + y) * width + left) * 3);
  return { width, height, data };
}

/** Pictures by name; made when asked for. */
export const truths = {
  scene: () => main,
  'scene 37x23': () => scene(37, 23),
  'scene 640x427': () => scene(640, 427),
  'scene 1x1': () => scene(1, 1),
  'scene 3x5': () => scene(3, 5),
  'scene 1x17': () => scene(1, 17),
  'scene 17x1': () => scene(17, 1),
  'scene 32x24 within 64x48, white around it': () => placed(scene(32, 24), { width: 64, height: 48 }, 16, 12),
  'scene 32x24 at the end of 80x60, white around it': () => placed(scene(32, 24), { width: 80, height: 60 }, 48, 36),
  'on white': () => rgb(onWhite(main.data, (i) => alpha[i])),
  'on white, 37x23': () => ({ width: 37, height: 23, data: onWhite(scene(37, 23).data, (i) => sceneAlpha(37, 23)[i]) }),
  'red on white': () => rgb(main.data.map((level, i) => (isRed(Math.floor(i / 3)) ? 255 : level))),
  grey: () => rgb(spread(grey)),
  'grey on white': () => rgb(onWhite(spread(grey), (i) => alpha[i])),
  'grey, one level white': () => rgb(spread(grey.map((level) => (level === grey[0] ? 255 : level)))),
  'grey, 1 bit': () => rgb(spread(grey.map((level) => (level >> 7) * 255))),
  'grey, 2 bits': () => rgb(spread(grey.map((level) => (level >> 6) * 85))),
  'grey of gamma 2.2': () => rgb(spread(grey.map((level) => toLevel((level / 255) ** 2.2)))),
  palette: () => rgb(paletted),
  'palette on white': () => rgb(onWhite(paletted, (i) => indices[i] * 17)),
  'from Display P3': () => rgb(fromP3(main.data)),
  'from Display P3, on white': () => rgb(onWhite(fromP3(main.data), (i) => alpha[i])),
  'from Adobe RGB': () => rgb(toSrgb(main.data, PRIMARIES.adobeRgb, (level) => level ** 2.19921875)),
} satisfies Record<string, () => RgbImage>;

export type Truth = keyof typeof truths;

function isRed(pixel: number): boolean {
  const [red, green, blue] = main.data.subarray(3 * pixel, 3 * pixel + 3);
  return red === 255 && green === 0 && blue === 0;
}
