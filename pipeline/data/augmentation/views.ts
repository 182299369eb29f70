import { byteLength, requireLength, type ByteImage, type ImageShape } from './byte-image.ts';
import { cropPadded } from './crop.ts';
import { cutout } from './cutout.ts';
import { imageOperations } from './operations/index.ts';
import type { Random } from './random.ts';

/**
 * Black pixels added on each side before the random crop: 4 for images of up to 32 pixels, as published; an eighth of the
 * shorter side of larger ones, which is as far in proportion.
 */
function paddingOf({ height, width }: ImageShape): number {
  return Math.max(4, Math.round(Math.min(height, width) / 8));
}

/** `horizontal`: half of the views are mirror images; `none`: for classes that differ by left and right. */
export const FLIPS = ['horizontal', 'none'] as const;
export type Flip = (typeof FLIPS)[number];

/** Number of operations that a strong view draws, with replacement. */
const OPERATIONS_PER_VIEW = 2;
/** Largest side of the Cutout square, as a fraction of the image's width. */
const MAX_CUTOUT = 0.5;

const drawn = Object.values(imageOperations);

/**
 * The weak view: black padding (4 pixels on each side of a 32-pixel image), a random crop of the image's own size, and a mirror image half
 * of the time, unless `flip` is `none`, which draws the same numbers.
 *
 * @param source - one image, uint8, HWC; only read
 * @param target - receives the view; as long as `source` and not the same memory
 * @param random - where the draws come from: `createRandom(seed, epoch, sampleIndex, viewId)`
 * @throws RangeError where a buffer's length does not fit the shape
 */
export function weakView(source: Uint8Array, target: Uint8Array, shape: ImageShape, random: Random, flip: Flip = 'horizontal'): void {
  requireLength(source, shape, 'source');
  requireLength(target, shape, 'target');
  const padding = paddingOf(shape);
  const top = random.integer(2 * padding + 1);
  const left = random.integer(2 * padding + 1);
  const mirrored = random.next() < 0.5;
  cropPadded(source, target, shape, padding, top, left, mirrored && flip === 'horizontal');
}

/**
 * The strong view, as the public code of Swapped Logit Distillation makes it: a crop and flip drawn as for
 * the weak view but of its own (not the weak view's), then two operations drawn uniformly with replacement,
 * each with a magnitude drawn uniformly from its range, then Cutout, its side uniform in [0, 0.5) of the
 * width and its centre anywhere. Parameters and errors as for `weakView`; a different `viewId` gives the
 * strong view draws of its own.
 */
export function strongView(source: Uint8Array, target: Uint8Array, shape: ImageShape, random: Random, flip: Flip = 'horizontal'): void {
  requireLength(target, shape, 'target');
  const scratch = scratchFor(shape);
  let current = scratch.first;
  let spare = scratch.second;
  weakView(source, current.data, shape, random, flip);
  for (let i = 0; i < OPERATIONS_PER_VIEW; i++) {
    const operation = drawn[random.integer(drawn.length)];
    const magnitude = operation.min + (operation.max - operation.min) * random.next();
    operation.apply(current, magnitude, spare.data);
    [current, spare] = [spare, current];
  }
  const side = random.next() * MAX_CUTOUT * shape.width;
  cutout(current, side, random.next() * shape.width, random.next() * shape.height);
  target.set(current.data);
}

interface Scratch {
  first: ByteImage;
  second: ByteImage;
}

let latest: Scratch | undefined;

/** Two buffers per thread, made anew only when the shape changes: views are made by the million. */
function scratchFor(shape: ImageShape): Scratch {
  const { height, width, channels } = shape;
  const known = latest?.first;
  if (latest && known && known.height === height && known.width === width && known.channels === channels) return latest;
  const image = (): ByteImage => ({ height, width, channels, data: new Uint8Array(byteLength(shape)) });
  latest = { first: image(), second: image() };
  return latest;
}
