import type { Network } from '../networks/index.ts';
import { uniform } from './numbers.ts';

/** Images that differ as a whole, not in noise alone, which layers average out: waves of another colour, direction and length each. */
export function wavePixels(
  { inputShape: { height, width, channels } }: Pick<Network, 'inputShape'>,
  count: number,
  seed: number,
): Uint8Array {
  const pixels = new Uint8Array(count * height * width * channels);
  const draws = uniform(count * channels * 4, seed);
  const noise = uniform(pixels.length, seed + 1, -20, 20);
  for (let i = 0; i < pixels.length; i++) {
    const [c, x, y] = [i % channels, Math.floor(i / channels) % width, Math.floor(i / channels / width) % height];
    const image = Math.floor(i / (height * width * channels));
    const [level, amplitude, across, down] = draws.subarray((image * channels + c) * 4);
    pixels[i] = Math.max(
      0,
      Math.min(255, 128 + 100 * level + 60 * amplitude * Math.sin((5 * across * x) / width + (5 * down * y) / height) + noise[i]),
    );
  }
  return pixels;
}
