/** Colour jitter as torchvision's `ColorJitter` does it to Pillow images. */
import { brightness, color, contrast } from './operations/enhance.ts';
import { hue } from './operations/hue.ts';
import type { ImageOperation } from './operations/index.ts';
import type { Random } from './random.ts';
import { between } from './resized-crop.ts';

/** The factor of brightness b is drawn from 1-b…1+b, not below 0; those of contrast and saturation too; hue turns by -h…h of the circle. */
export interface Jitter {
  brightness: number;
  contrast: number;
  saturation: number;
  hue: number;
}

/**
 * Draws an order of the four, then a magnitude of each that is not 0, in the order of `Jitter`.
 * @returns what to apply, in order
 */
export function drawJitter(jitter: Jitter, random: Random): [operation: ImageOperation, magnitude: number][] {
  const order = [0, 1, 2, 3];
  for (let last = 3; last > 0; last--) {
    const chosen = random.integer(last + 1);
    [order[last], order[chosen]] = [order[chosen], order[last]];
  }
  const factor = (range: number): number => between([Math.max(0, 1 - range), 1 + range], random);
  const drawn: ([ImageOperation, number] | undefined)[] = [
    jitter.brightness > 0 ? [brightness, factor(jitter.brightness)] : undefined,
    jitter.contrast > 0 ? [contrast, factor(jitter.contrast)] : undefined,
    jitter.saturation > 0 ? [color, factor(jitter.saturation)] : undefined,
    jitter.hue > 0 ? [hue, between([-jitter.hue, jitter.hue], random)] : undefined,
  ];
  return order.flatMap((i) => (drawn[i] ? [drawn[i]] : []));
}
