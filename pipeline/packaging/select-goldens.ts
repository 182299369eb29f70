/** Selects the goldens: few, however many classes there are, and of every kind in which a backend may go wrong. */
import type { GoldenKind } from '@sld-edge/runtime';
import type { ImageSet } from '../data/sets/index.ts';
import { spaced } from '../support/spaced.ts';

/** A device fetches the goldens before its first answer: so many at most, and so many bytes of pixels, but always one. */
const MOST_GOLDENS = 32;
const MOST_PIXEL_BYTES = 0.75 * 2 ** 20;

/** Images of each kind but `natural`, at most; where few goldens fit, a fifth of them. */
const PER_KIND = 3;
const SHARE = 5;

export interface ChosenGolden {
  /** Into the set. */
  index: number;
  kind: GoldenKind;
}

/** Number of goldens that a package has room for. @param imageBytes of one image as the network gets it */
export const roomForGoldens = (imageBytes: number): number =>
  Math.min(MOST_GOLDENS, Math.max(1, Math.floor(MOST_PIXEL_BYTES / imageBytes)));

/**
 * Chooses validation images that differ in every way in which a backend may go wrong, without repeats: the first image of each
 * class (`natural`), those with the most values at 255 (`saturated`), the darkest (`dark`), and those whose two largest
 * logits lie closest together (`boundary`), where a backend that is slightly off changes its answer. Of equals the first.
 * Where there is no room for every class, classes are taken evenly from the first to the last.
 *
 * @param logits `[images, classes]` of the variant that answers where none is asked for
 */
export function selectGoldens(set: ImageSet, logits: Float32Array, classes: number): ChosenGolden[] {
  const room = roomForGoldens(set.images.imageBytes);
  const perKind = Math.min(PER_KIND, Math.max(1, Math.floor(room / SHARE)));
  const chosen = new Map<number, GoldenKind>();
  const present = Array.from({ length: classes }, (_, label) => set.labels.indexOf(label)).filter((first) => first >= 0);
  for (const i of spaced(present.length, Math.max(1, room - 3 * perKind))) chosen.set(present[i], 'natural');
  const sumOver = (value: (pixel: number) => number) =>
    Float64Array.from({ length: set.count }, (_, i) => set.images.image(i).reduce((sum, pixel) => sum + value(pixel), 0));
  const brightness = sumOver((pixel) => pixel);
  const saturated = sumOver((pixel) => (pixel === 255 ? 1 : 0));
  const margins = Float64Array.from({ length: set.count }, (_, i) => marginOf(logits.subarray(i * classes, (i + 1) * classes)));
  const takeSmallest = (kind: GoldenKind, ...keys: ((index: number) => number)[]): void => {
    const compare = (a: number, b: number): number => keys.map((key) => key(a) - key(b)).find((difference) => difference !== 0) ?? a - b;
    const order = Array.from({ length: set.count }, (_, i) => i).sort(compare);
    const most = Math.min(perKind, room - chosen.size);
    for (const index of order.filter((candidate) => !chosen.has(candidate)).slice(0, most)) chosen.set(index, kind);
  };
  // Where nothing is at 255 the brightest are what comes nearest to it.
  takeSmallest(
    'saturated',
    (i) => -saturated[i],
    (i) => -brightness[i],
  );
  takeSmallest('dark', (i) => brightness[i]);
  takeSmallest('boundary', (i) => margins[i]);
  return [...chosen].map(([index, kind]) => ({ index, kind }));
}

/** The gap between the two largest logits. */
function marginOf(logits: Float32Array): number {
  let first = -Infinity;
  let second = -Infinity;
  for (const logit of logits) {
    if (logit > first) [first, second] = [logit, first];
    else if (logit > second) second = logit;
  }
  return first - second;
}
