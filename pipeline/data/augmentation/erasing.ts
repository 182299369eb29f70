/** Random erasing (Zhong et al. 2017, arXiv 1708.04896) with the parameters of torchvision's `RandomErasing`. */
import type { ByteImage } from './byte-image.ts';
import { cover } from './cutout.ts';
import type { Random } from './random.ts';
import { between, roundHalfToEven } from './resized-crop.ts';

const AREA = [0.02, 0.33] as const;
/** Height over width, drawn uniformly in the logarithm. */
const ASPECT = [Math.log(0.3), Math.log(3.3)] as const;
const TRIES = 10;

/**
 * With the probability, covers a rectangle in place with Cutout's colour: one of up to ten draws that is smaller than the image each
 * way. torchvision erases after normalisation, with the images' mean.
 */
export function erase(image: ByteImage, probability: number, random: Random): void {
  if (random.next() >= probability) return;
  const { height, width } = image;
  for (let i = 0; i < TRIES; i++) {
    const area = height * width * between(AREA, random);
    const aspect = Math.exp(between(ASPECT, random));
    const h = roundHalfToEven(Math.sqrt(area * aspect));
    const w = roundHalfToEven(Math.sqrt(area / aspect));
    if (h >= height || w >= width) continue;
    const top = random.integer(height - h + 1);
    const left = random.integer(width - w + 1);
    cover(image, top, left, top + h, left + w);
    return;
  }
}
