/** Size at which a pretrained network sees pictures. */

/** Pictures that are smaller than this share of the network's own size are enlarged at most so many times. */
const NEARLY = 0.75;
const LARGEST_ENLARGEMENT = 4;
/** Strides of the usual networks multiply to so many pixels. */
const STEP = 32;

/**
 * @param shorterSide of the pictures, in pixels
 * @param own side that the weights were trained at
 * @returns the side in pixels: the network's own, or less where pictures would be enlarged beyond use
 */
export function inputSizeFor(shorterSide: number, own: number): number {
  if (shorterSide >= NEARLY * own) return own;
  return Math.min(own, Math.max(STEP, STEP * Math.round((LARGEST_ENLARGEMENT * shorterSide) / STEP)));
}
