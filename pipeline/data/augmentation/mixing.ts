/**
 * Mixed pictures: mixup (Zhang et al. 2017, arXiv 1710.09412), the weighted mean of two; CutMix (Yun et al. 2019, arXiv 1905.04899), a
 * box of the one in the other.
 */
import type { ImageShape } from './byte-image.ts';
import type { Random } from './random.ts';

/** Parameters of the Beta distribution that shares are drawn from, 0…1; 0: not at all. With both, each is half of the time. */
export interface Mixing {
  mixup: number;
  cutmix: number;
}

export interface PictureMix {
  /** Index of the other sample. */
  partner: number;
  /** The sample's own share of the picture, 0…1; the partner has the rest. */
  own: number;
  /** The part that is the partner's; absent: both are seen everywhere. */
  box?: { top: number; left: number; bottom: number; right: number };
}

/** Weights of mixup are multiples of one in so many, so that bytes are mixed in integers. */
const STEPS = 256;

/**
 * The mix of a sample: its draws depend on nothing else.
 * @param count of the samples, of which any is the partner
 * @param random `createRandom` of the sample's keys
 */
export function drawMix(
  { mixup, cutmix }: Mixing,
  count: number,
  { height, width }: Pick<ImageShape, 'height' | 'width'>,
  random: Random,
): PictureMix {
  const partner = random.integer(count);
  const cuts = mixup > 0 && cutmix > 0 ? random.next() < 0.5 : cutmix > 0;
  const share = drawBeta(cuts ? cutmix : mixup, random);
  if (!cuts) return { partner, own: Math.round(share * STEPS) / STEPS };
  // As torchvision has it: a box about a centre anywhere, cut off at the edges, and the share that is left.
  const part = 0.5 * Math.sqrt(1 - share);
  const centre = { x: random.integer(width), y: random.integer(height) };
  const half = { width: Math.trunc(part * width), height: Math.trunc(part * height) };
  const top = Math.max(0, centre.y - half.height);
  const left = Math.max(0, centre.x - half.width);
  const bottom = Math.min(height, centre.y + half.height);
  const right = Math.min(width, centre.x + half.width);
  return { partner, own: 1 - ((bottom - top) * (right - left)) / (height * width), box: { top, left, bottom, right } };
}

/** A draw of Beta(a, a) for a in (0, 1], by Jöhnk's method. */
function drawBeta(a: number, random: Random): number {
  for (;;) {
    const x = random.next() ** (1 / a);
    const y = random.next() ** (1 / a);
    if (x + y > 0 && x + y <= 1) return x / (x + y);
  }
}

/** Mixes the partner's view into the sample's own, in place. Mixup rounds to the nearest level, halves up. */
export function mixInto(view: Uint8Array, partner: Uint8Array, { width, channels }: ImageShape, { own, box }: PictureMix): void {
  if (box) {
    for (let y = box.top; y < box.bottom; y++) {
      const row = y * width * channels;
      const [start, end] = [row + box.left * channels, row + box.right * channels];
      view.set(partner.subarray(start, end), start);
    }
    return;
  }
  const weight = own * STEPS;
  for (let i = 0; i < view.length; i++) view[i] = (view[i] * weight + partner[i] * (STEPS - weight) + STEPS / 2) >> 8;
}
