import type { PixelClassifier } from './classifier.ts';

/** Turns in which backends are timed against each other. After `withinMs` none is begun beyond the least: an answer is ready within a second. */
export const SPEED_TURNS = { least: 3, most: 20, withinMs: 100 } as const;

/** Share of an earlier backend's time below which a later one is preferred: noise does not change what answers. */
export const CLEARLY_FASTER = 0.9;

/**
 * Times classifiers of one package on one image, in turns, so that whatever disturbs the device disturbs all of them.
 * @param now a clock in milliseconds
 * @returns the least time of each in milliseconds
 */
export async function leastTimes(
  classifiers: readonly Pick<PixelClassifier, 'logits'>[],
  pixels: Uint8Array,
  now: () => number,
): Promise<number[]> {
  const least = classifiers.map(() => Infinity);
  const begun = now();
  for (let turn = 0; turn < SPEED_TURNS.most && (turn < SPEED_TURNS.least || now() - begun < SPEED_TURNS.withinMs); turn++) {
    for (const [i, classifier] of classifiers.entries()) {
      const started = now();
      await classifier.logits(pixels);
      least[i] = Math.min(least[i], now() - started);
    }
  }
  return least;
}

/** Positions by time, the fastest first; an earlier position stays before a later one that is not clearly faster. */
export function bySpeed(milliseconds: readonly number[]): number[] {
  const order: number[] = [];
  milliseconds.forEach((time, i) => {
    const slower = order.findIndex((other) => time < CLEARLY_FASTER * milliseconds[other]);
    order.splice(slower < 0 ? order.length : slower, 0, i);
  });
  return order;
}
