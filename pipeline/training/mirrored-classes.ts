/**
 * Classes that are mirror images of each other: left and right arrows, hands, "b" and "d". Training mirrors half of its
 * images, so no network could tell them apart. Found by a linear probe on small grey pictures, fitted to some training images
 * and asked about others, as they are and mirrored; and by a teacher's answers.
 */
import { flipLeftRight, flipsLeftRight, flipsUpDown, flipUpDown, type Flip } from '../data/augmentation/index.ts';
import { imagesInMemory } from '../data/sets/image-source.ts';
import { spreadOver, subsetOf, toShared } from '../data/sets/image-set.ts';
import type { ImageSet } from '../data/sets/index.ts';
import { modelPixels, type ImageSize } from '../evaluation/model-input.ts';

/** Side of the small pictures. */
const SIDE = 16;
/** Images that the probe sees, half of them to learn from; of many classes more. */
const IMAGES = 4000;
const IMAGES_A_CLASS = 40;
/** Fewer asked images of a class prove nothing. */
const FEWEST_ASKED = 10;
/** Share of a class's images that must be told right as they are, and told to be the other class when mirrored. */
const SHARE = 0.75;
/** Added to the diagonal, relative to its mean: pictures of few pixels that never vary have no inverse without. */
const RIDGE = 0.1;
/** Features: the pixels and a constant. */
const WIDTH = SIDE * SIDE + 1;

/** Images that a teacher is asked about, as they are and mirrored; of many classes more. */
const ASKED = 200;
const ASKED_A_CLASS = 12;

export interface MirroredPair {
  labels: [string, string];
  /** Share of the mirrored images of both classes that pass for the other one. */
  share: number;
  direction: Direction;
}

type Direction = 'horizontal' | 'vertical';

const DIRECTIONS = [
  { direction: 'horizontal', happens: flipsLeftRight, change: flipLeftRight },
  { direction: 'vertical', happens: flipsUpDown, change: flipUpDown },
] as const;

/**
 * Pairs of classes that a linear probe tells apart as they are, and takes for each other when mirrored.
 * @param size of the stored images
 * @param flip mirror images that training makes
 */
export function findMirroredClasses(train: ImageSet, labels: readonly string[], size: ImageSize, flip: Flip): MirroredPair[] {
  const classes = labels.length;
  const directions = DIRECTIONS.filter(({ happens }) => happens(flip));
  if (directions.length === 0) return [];
  const seen = spreadOver(train, Math.max(IMAGES, IMAGES_A_CLASS * classes));
  const [learnt, asked] = halves(seen, classes);
  const weights = fitRidge(features(learnt, size), learnt.labels, classes);
  const answers = (change?: typeof flipLeftRight): Float64Array => scoresOf(features(asked, size, change), weights, classes);
  const plain = answers();
  return directions.flatMap(({ direction, change }) => pairsOf(asked.labels, plain, answers(change), labels, direction));
}

/**
 * The same of a teacher's answers about some training images.
 * @param ask the teacher's logits of images, `[count, classes]`
 */
export async function findMirroredAnswers(
  train: ImageSet,
  labels: readonly string[],
  size: ImageSize,
  flip: Flip,
  ask: (set: ImageSet) => Promise<Float32Array>,
): Promise<MirroredPair[]> {
  const directions = DIRECTIONS.filter(({ happens }) => happens(flip));
  if (directions.length === 0) return [];
  const asked = spreadOver(train, Math.max(ASKED, ASKED_A_CLASS * labels.length));
  const plain = await ask(asked);
  const pairs: MirroredPair[] = [];
  for (const { direction, change } of directions)
    pairs.push(...pairsOf(asked.labels, plain, await ask(mirroredSet(asked, size, change)), labels, direction));
  return pairs;
}

/** @param plain, mirrored scores of the same images, `[images, classes]` */
function pairsOf(
  classOf: ArrayLike<number>,
  plain: ArrayLike<number>,
  mirrored: ArrayLike<number>,
  labels: readonly string[],
  direction: Direction,
): MirroredPair[] {
  const classes = labels.length;
  const [asTheyAre, turned] = [plain, mirrored].map((scores) => countsOf(scores, classOf, classes));
  const total = (label: number): number => asTheyAre[label].reduce((sum, count) => sum + count, 0);
  const looksLike = (a: number, b: number): boolean =>
    total(a) >= FEWEST_ASKED && asTheyAre[a][a] >= SHARE * total(a) && turned[a][b] >= SHARE * total(a);
  const pairs: MirroredPair[] = [];
  for (let a = 0; a < classes; a++) {
    for (let b = a + 1; b < classes; b++) {
      if (looksLike(a, b) && looksLike(b, a))
        pairs.push({ labels: [labels[a], labels[b]], share: (turned[a][b] + turned[b][a]) / (total(a) + total(b)), direction });
    }
  }
  return pairs;
}

/** The mirror images of all, in memory. */
function mirroredSet(set: ImageSet, size: ImageSize, change: typeof flipLeftRight): ImageSet {
  const { imageBytes } = set.images;
  const pixels = toShared(set.images.range(0, set.count));
  for (let i = 0; i < set.count; i++) change(pixels.subarray(i * imageBytes, (i + 1) * imageBytes), size);
  return { count: set.count, images: imagesInMemory(pixels, imageBytes), labels: set.labels };
}

/** Every other image of each class, and the rest. */
function halves(set: ImageSet, classes: number): [ImageSet, ImageSet] {
  const met = new Uint32Array(classes);
  const first = Uint8Array.from(set.labels, (label) => met[label]++ % 2);
  const of = (half: number): ImageSet =>
    subsetOf(
      set,
      Uint32Array.from(first.keys()).filter((i) => first[i] === half),
    );
  return [of(0), of(1)];
}

/** The warning that mirrored classes ask for, or undefined. @param flip mirror images that training makes */
export function mirrorWarning(pairs: readonly MirroredPair[], flip: Flip): string | undefined {
  if (pairs.length === 0) return undefined;
  const [
    {
      labels: [a, b],
      share,
      direction,
    },
  ] = pairs;
  const left = flip === 'both' ? (direction === 'horizontal' ? 'vertical' : 'horizontal') : 'none';
  const more = pairs.length > 1 ? `, and ${pairs.length - 1} more pairs` : '';
  return `warning: "${a}" and "${b}"${more} look like mirror images of each other (${Math.round(100 * share)} % of their mirrored images pass for the other): training mirrors half of its images and can't tell them apart. Use --flip ${left}, for the teacher too`;
}

/** `[count, WIDTH]`: small grey pictures of mean 0 and deviation 1, then a constant 1. */
function features(set: ImageSet, size: ImageSize, change?: typeof flipLeftRight): Float64Array {
  const out = new Float64Array(set.count * WIDTH);
  const small = {
    height: SIDE,
    width: SIDE,
    channels: 1 as const,
    fit: 'stretch' as const,
    filter: 'triangle' as const,
    mean: [],
    std: [],
  };
  for (let i = 0; i < set.count; i++) {
    const grey = modelPixels(set.images.image(i), 1, size, small).slice();
    change?.(grey, small);
    const mean = grey.reduce((sum, level) => sum + level, 0) / grey.length;
    const deviation = Math.sqrt(grey.reduce((sum, level) => sum + (level - mean) ** 2, 0) / grey.length) || 1;
    for (let p = 0; p < grey.length; p++) out[i * WIDTH + p] = (grey[p] - mean) / deviation;
    out[i * WIDTH + WIDTH - 1] = 1;
  }
  return out;
}

/** One against the others, by least squares: `[WIDTH, classes]`. */
function fitRidge(rows: Float64Array, labels: ArrayLike<number>, classes: number): Float64Array {
  const gram = new Float64Array(WIDTH * WIDTH);
  const right = new Float64Array(WIDTH * classes);
  for (let i = 0; i < labels.length; i++) {
    const row = rows.subarray(i * WIDTH, (i + 1) * WIDTH);
    for (let a = 0; a < WIDTH; a++) {
      right[a * classes + labels[i]] += row[a];
      for (let b = 0; b <= a; b++) gram[a * WIDTH + b] += row[a] * row[b];
    }
  }
  let trace = 0;
  for (let a = 0; a < WIDTH; a++) trace += gram[a * WIDTH + a];
  for (let a = 0; a < WIDTH; a++) gram[a * WIDTH + a] += (RIDGE * trace) / WIDTH;
  return solveInPlace(gram, right, classes);
}

/** Cholesky's factor of the lower triangle takes its place; the solutions take the place of `right`, `[WIDTH, columns]`. */
function solveInPlace(gram: Float64Array, right: Float64Array, columns: number): Float64Array {
  for (let a = 0; a < WIDTH; a++) {
    for (let b = 0; b <= a; b++) {
      let sum = gram[a * WIDTH + b];
      for (let k = 0; k < b; k++) sum -= gram[a * WIDTH + k] * gram[b * WIDTH + k];
      gram[a * WIDTH + b] = a === b ? Math.sqrt(sum) : sum / gram[b * WIDTH + b];
    }
  }
  for (let column = 0; column < columns; column++) {
    for (let a = 0; a < WIDTH; a++) {
      for (let k = 0; k < a; k++) right[a * columns + column] -= gram[a * WIDTH + k] * right[k * columns + column];
      right[a * columns + column] /= gram[a * WIDTH + a];
    }
    for (let a = WIDTH - 1; a >= 0; a--) {
      for (let k = a + 1; k < WIDTH; k++) right[a * columns + column] -= gram[k * WIDTH + a] * right[k * columns + column];
      right[a * columns + column] /= gram[a * WIDTH + a];
    }
  }
  return right;
}

/** Scores of the classes, `[images, classes]`. */
function scoresOf(rows: Float64Array, weights: Float64Array, classes: number): Float64Array {
  const count = rows.length / WIDTH;
  const scores = new Float64Array(count * classes);
  for (let i = 0; i < count; i++)
    for (let a = 0; a < WIDTH; a++)
      for (let c = 0; c < classes; c++) scores[i * classes + c] += rows[i * WIDTH + a] * weights[a * classes + c];
  return scores;
}

/** Counts the images of each class by the class that they are taken for: `[class][answer]`. */
function countsOf(scores: ArrayLike<number>, labels: ArrayLike<number>, classes: number): number[][] {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (scores[i * classes + c] > scores[i * classes + best]) best = c;
    counts[labels[i]][best]++;
  }
  return counts;
}
