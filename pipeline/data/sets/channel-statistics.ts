/** Mean and standard deviation of a set's channels, of levels in [0, 1], to four decimals: what a manifest can state exactly. */
import type { ImageSource } from './image-source.ts';

export interface ChannelStatistics {
  mean: number[];
  std: number[];
}

/** One pass over all images. */
export function channelStatistics(images: ImageSource, channels: number): ChannelStatistics {
  const sums = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  for (let index = 0; index < images.count; index++) {
    const image = images.image(index);
    for (let i = 0; i < image.length; i++) {
      sums[i % channels] += image[i];
      squares[i % channels] += image[i] * image[i];
    }
  }
  return statisticsOf(sums, squares, (images.count * images.imageBytes) / channels);
}

/**
 * @param sums, squares - of all levels (0…255) and of their squares, a channel each
 * @param count - pixels
 */
export function statisticsOf(sums: number[], squares: number[], count: number): ChannelStatistics {
  const round = (value: number): number => Math.round(value * 1e4) / 1e4;
  const mean = sums.map((sum) => sum / count / 255);
  const std = squares.map((square, c) => Math.sqrt(Math.max(0, square / count / 255 ** 2 - mean[c] ** 2)));
  // A channel that never varies is centred and not divided.
  return { mean: mean.map(round), std: std.map((value) => round(value) || 1) };
}
