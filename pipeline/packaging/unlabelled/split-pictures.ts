/** Pictures without a class, for each purpose of their own: what calibrates must not measure. */
import { imageRange } from '../../data/sets/image-set.ts';
import type { ImageSet } from '../../data/sets/index.ts';

/** Share of the pictures that is held out to decide by, and as much again to report where no other pictures do. */
const HELD_OUT = 0.1;
const FEWEST = 10;

export interface SplitPictures {
  calibration: ImageSet;
  /** Decides which variants are packaged. */
  deciding: ImageSet;
  /** Measured once, for the card. */
  reporting: ImageSet;
}

/**
 * @param pictures in an order that says nothing about them: the last are held out
 * @param others pictures that report; absent: some of `pictures` do
 * @throws Error in one line where there are too few
 */
export function splitPictures(pictures: ImageSet, others?: ImageSet): SplitPictures {
  const { count } = pictures;
  if (count < FEWEST) throw new Error(`expected at least ${FEWEST} different pictures to calibrate on, came ${count}`);
  const held = Math.max(1, Math.round(HELD_OUT * count));
  const end = others ? count : count - held;
  return {
    calibration: imageRange(pictures, 0, end - held),
    deciding: imageRange(pictures, end - held, end),
    reporting: others ?? imageRange(pictures, end, count),
  };
}
