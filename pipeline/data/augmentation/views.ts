import { byteLength, requireLength, type ByteImage, type ImageShape } from './byte-image.ts';
import { cropPadded } from './crop.ts';
import { cutout } from './cutout.ts';
import { erase } from './erasing.ts';
import { flipLeftRight, flipsLeftRight, flipsUpDown, flipUpDown, type Flip } from './flip.ts';
import { drawJitter, type Jitter } from './jitter.ts';
import type { Mixing } from './mixing.ts';
import { imageOperations, type ImageOperation } from './operations/index.ts';
import type { Random } from './random.ts';
import { between, cropResized, drawWindow, type ResizedCrop } from './resized-crop.ts';

/** Kinds of change that views draw from, and how far each goes. */
export interface Augmentation {
  flip: Flip;
  /** Absent: a padded crop of the image's own size. */
  resizedCrop?: ResizedCrop;
  /** Degrees, either way. */
  rotation: number;
  jitter?: Jitter;
  /** Names of the operations that a strong view draws from, with replacement. */
  operations: readonly string[];
  operationCount: number;
  /** Share of their ranges, around what changes nothing. */
  operationStrength: number;
  /** Probability of random erasing. */
  erasing: number;
  /** Absent: a view is of one picture. */
  mixing?: Mixing;
}

/** The published augmentation of 32-pixel images. */
export const PUBLISHED: Augmentation = {
  flip: 'horizontal',
  rotation: 0,
  operations: Object.keys(imageOperations),
  operationCount: 2,
  operationStrength: 1,
  erasing: 0,
};

/** Largest side of the Cutout square, as a fraction of the image's width. */
const MAX_CUTOUT = 0.5;

/**
 * Black pixels added on each side before the random crop: 4 for images of up to 32 pixels, as published; an eighth of the
 * shorter side of larger ones, which is as far in proportion.
 */
function paddingOf({ height, width }: ImageShape): number {
  return Math.max(4, Math.round(Math.min(height, width) / 8));
}

/**
 * The weak view: a random crop, padded by black pixels (4 on each side of a 32-pixel image) or resized; a mirror image half of the
 * time, unless `flip` says otherwise, which draws the same numbers; then rotation, colour jitter and random erasing where the
 * augmentation has them. What it has not draws no numbers.
 *
 * @param source - the image, only read; for resized crops it may have another size than its views
 * @param target - receives the view, of `shape`; not the same memory
 * @param random - where the draws come from: `createRandom(seed, epoch, sampleIndex, viewId)`
 * @throws RangeError where a buffer's length does not fit the shape, or a padded crop is to change the size
 */
export function weakView(source: ByteImage, target: Uint8Array, shape: ImageShape, random: Random, augmentation = PUBLISHED): void {
  requireLength(target, shape, 'target');
  const canvas = commonSteps(source, shape, random, augmentation);
  if (augmentation.erasing > 0) erase(canvas.image, augmentation.erasing, random);
  target.set(canvas.image.data);
}

/**
 * The strong view, as the public code of Swapped Logit Distillation makes it: a crop and flip drawn as for
 * the weak view but of its own (not the weak view's), then operations drawn uniformly with replacement,
 * each with a magnitude drawn uniformly from its range, then Cutout, its side uniform in [0, 0.5) of the
 * width and its centre anywhere. Parameters, errors and further steps as for `weakView`; a different `viewId` gives the
 * strong view draws of its own.
 */
export function strongView(source: ByteImage, target: Uint8Array, shape: ImageShape, random: Random, augmentation = PUBLISHED): void {
  requireLength(target, shape, 'target');
  const { operations, operationCount, operationStrength, erasing } = augmentation;
  const canvas = commonSteps(source, shape, random, augmentation);
  for (let i = 0; i < operationCount; i++) {
    const operation = imageOperations[operations[random.integer(operations.length)]];
    canvas.apply(operation, magnitudeOf(operation, operationStrength, random));
  }
  const side = random.next() * MAX_CUTOUT * shape.width;
  cutout(canvas.image, side, random.next() * shape.width, random.next() * shape.height);
  if (erasing > 0) erase(canvas.image, erasing, random);
  target.set(canvas.image.data);
}

function magnitudeOf({ min, max, neutral }: ImageOperation, strength: number, random: Random): number {
  const magnitude = min + (max - min) * random.next();
  return neutral === undefined || strength === 1 ? magnitude : neutral + strength * (magnitude - neutral);
}

/** Steps of either view: crop, mirror image, rotation, colour jitter. */
function commonSteps(source: ByteImage, shape: ImageShape, random: Random, { flip, resizedCrop, rotation, jitter }: Augmentation): Canvas {
  requireLength(source.data, source, 'source');
  const canvas = canvasFor(shape);
  if (resizedCrop) cropResized(source.data, source, drawWindow(source, resizedCrop, random), canvas.image.data, shape);
  else {
    requireLength(source.data, shape, 'source');
    const padding = paddingOf(shape);
    const top = random.integer(2 * padding + 1);
    cropPadded(source.data, canvas.image.data, shape, padding, top, random.integer(2 * padding + 1));
  }
  const isMirrored = random.next() < 0.5;
  // A second direction draws a number of its own; the first one draws the same whatever it is.
  const isUpsideDown = flip === 'both' ? random.next() < 0.5 : isMirrored && flipsUpDown(flip);
  if (isMirrored && flipsLeftRight(flip)) flipLeftRight(canvas.image.data, shape);
  if (isUpsideDown) flipUpDown(canvas.image.data, shape);
  if (rotation > 0) canvas.apply(imageOperations.Rotate, between([-rotation, rotation], random));
  if (jitter) for (const [operation, magnitude] of drawJitter(jitter, random)) canvas.apply(operation, magnitude);
  return canvas;
}

/** An image that operations change one after another, between two buffers. */
class Canvas {
  image: ByteImage;
  private spare: ByteImage;

  constructor(shape: ImageShape) {
    const { height, width, channels } = shape;
    const image = (): ByteImage => ({ height, width, channels, data: new Uint8Array(byteLength(shape)) });
    this.image = image();
    this.spare = image();
  }

  apply(operation: ImageOperation, magnitude: number): void {
    operation.apply(this.image, magnitude, this.spare.data);
    [this.image, this.spare] = [this.spare, this.image];
  }
}

let latest: Canvas | undefined;

/** One canvas per thread, made anew only when the shape changes: views are made by the million. */
function canvasFor(shape: ImageShape): Canvas {
  const known = latest?.image;
  if (latest && known && known.height === shape.height && known.width === shape.width && known.channels === shape.channels) return latest;
  latest = new Canvas(shape);
  return latest;
}
