/** The sets of a run, from its configuration: training, validation (held out of training), test. */
import { normalise as normalisePixels } from '@sld-edge/runtime';
import type { Preprocessing } from '@sld-edge/runtime';
import type { ImageSource } from '../datasets/image-source.ts';
import { openDataset, splitValidation, type ImageSet } from '../datasets/index.ts';
import type { Shape } from '../networks/graph.ts';
import type { Configuration } from '../presets/configuration.ts';

/** The split is the dataset's, not the run's: a teacher must not have seen what another seed validates on. */
const SPLIT_SEED = 0;

/** How many training images are measured in eval mode after each epoch. */
const TRAINING_PROBE = 2000;

export interface RunData {
  name: string;
  labels: string[];
  inputShape: Shape;
  train: ImageSet;
  validation: ImageSet;
  test: ImageSet;
  trainingProbe: ImageSet;
  preprocessing: Preprocessing;
  normalise(pixels: Uint8Array): Float32Array;
  /** How the images look, for the model card. */
  note?: string;
  provenance: { name: string; source: string; checksums: Record<string, string>; counts: Record<string, number> };
}

export async function openRunData(configuration: Configuration, say: (line: string) => void): Promise<RunData> {
  const dataset = await openDataset(configuration.data, { onProgress: say });
  const { height, width, channels } = dataset;
  const split = splitValidation(dataset.train, configuration.validationCount, SPLIT_SEED);
  const train = first(split.train, configuration.trainLimit);
  const test = first(dataset.test, configuration.testLimit);
  const { mean, std } = channelStatistics(dataset.train.images, channels);
  const preprocessing: Preprocessing = { height, width, channels, fit: 'cover', filter: 'triangle', mean, std };
  return {
    name: dataset.name,
    labels: dataset.labels,
    inputShape: { height, width, channels },
    train,
    validation: split.validation,
    test,
    trainingProbe: first(train, TRAINING_PROBE),
    preprocessing,
    normalise: (pixels) => normalisePixels(pixels, preprocessing),
    note: dataset.note,
    provenance: {
      name: dataset.name,
      source: dataset.source,
      checksums: dataset.checksums,
      counts: { train: train.count, validation: split.validation.count, test: test.count },
    },
  };
}

/** The test images alone, for measuring what was trained before: unlike `openRunData` it takes a data set without training images. */
export type TestData = Pick<RunData, 'name' | 'labels' | 'inputShape' | 'test'>;

/** @param limit take only so many images; 0: all */
export async function openTestData(spec: string, limit: number, say: (line: string) => void): Promise<TestData> {
  const { name, labels, height, width, channels, test } = await openDataset(spec, { onProgress: say });
  return { name, labels, inputShape: { height, width, channels }, test: first(test, limit) };
}

function first(set: ImageSet, limit: number): ImageSet {
  if (limit === 0 || limit >= set.count) return set;
  return { count: limit, images: set.images.subset(Uint32Array.from({ length: limit }, (_, i) => i)), labels: set.labels.subarray(0, limit) };
}

/** Of the whole training set (so that every split and subset shares them), per channel, of values in [0, 1], to four decimals: what a manifest can state exactly. */
function channelStatistics(images: ImageSource, channels: number): { mean: number[]; std: number[] } {
  const sums = new Array<number>(channels).fill(0);
  const squares = new Array<number>(channels).fill(0);
  for (let index = 0; index < images.count; index++) {
    const image = images.image(index);
    for (let i = 0; i < image.length; i++) {
      sums[i % channels] += image[i];
      squares[i % channels] += image[i] * image[i];
    }
  }
  const count = (images.count * images.imageBytes) / channels;
  const round = (value: number): number => Math.round(value * 1e4) / 1e4;
  const mean = sums.map((sum) => sum / count / 255);
  const std = squares.map((square, c) => Math.sqrt(square / count / 255 ** 2 - mean[c] ** 2));
  return { mean: mean.map(round), std: std.map(round) };
}
