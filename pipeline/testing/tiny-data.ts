/** A data set of a few small images whose classes a network can learn in a few steps. */
import { normalise } from '@sld-edge/runtime';
import type { Preprocessing } from '@sld-edge/runtime';
import { imagesInMemory } from '../data/sets/image-source.ts';
import type { RunData } from '../data/run-data.ts';
import type { ImageSet } from '../data/sets/index.ts';
import { uniform } from './numbers.ts';

export interface TinyOptions {
  size?: number;
  channels?: 1 | 3;
  classes?: number;
  counts?: { train: number; validation: number; test: number };
}

/** The larger its class, the brighter an image, under noise: what crops and mirrors keep. Labels go round, so every class is there. */
export function tinyImages(count: number, seed: number, { size = 8, channels = 1, classes = 3 }: TinyOptions = {}): ImageSet {
  const imageSize = size * size * channels;
  const pixels = new Uint8Array(new SharedArrayBuffer(count * imageSize));
  const noise = uniform(count * imageSize, seed, 0, 60);
  const labels = Uint16Array.from({ length: count }, (_, i) => i % classes);
  for (let i = 0; i < pixels.length; i++) pixels[i] = noise[i] + (190 * labels[Math.floor(i / imageSize)]) / (classes - 1);
  return { count, images: imagesInMemory(pixels, imageSize), labels };
}

export function tinyRunData(options: TinyOptions = {}): RunData {
  const { size = 8, channels = 1, classes = 3, counts = { train: 48, validation: 12, test: 24 } } = options;
  const train = tinyImages(counts.train, 1, options);
  const validation = tinyImages(counts.validation, 2, options);
  const test = tinyImages(counts.test, 3, options);
  const preprocessing: Preprocessing = {
    height: size,
    width: size,
    channels,
    fit: 'cover',
    filter: 'triangle',
    mean: Array(channels).fill(0.4),
    std: Array(channels).fill(0.25),
  };
  return {
    name: 'tiny',
    labels: Array.from({ length: classes }, (_, i) => `class ${i}`),
    inputShape: { height: size, width: size, channels },
    train,
    validation,
    test,
    trainingProbe: train,
    preprocessing,
    normalise: (pixels) => normalise(pixels, preprocessing),
    provenance: { name: 'tiny', source: 'made by the test', checksums: {}, counts },
  };
}
