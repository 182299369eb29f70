/** The sets of a run, from its configuration: training, validation (held out of training), test. */
import { normalise as normalisePixels } from '@sld-edge/runtime';
import type { Preprocessing } from '@sld-edge/runtime';
import { channelStatistics } from '../data/sets/channel-statistics.ts';
import { imageRange } from '../data/sets/image-set.ts';
import { DatasetError, openDataset, splitValidation, type Dataset, type ImageSet, type OpenDatasetOptions } from '../data/sets/index.ts';
import type { ImageShape } from './augmentation/index.ts';
import type { DataSettings } from '../data/settings.ts';

/** The split is the dataset's, not the run's: a teacher must not have seen what another seed validates on. */
const SPLIT_SEED = 0;

/** Number of training images that are measured in eval mode after each epoch. */
export const TRAINING_PROBE = 2000;

/** Part of the side of the larger pictures that images have: a resized crop of about so much is of full detail. */
const VIEW_SHARE = 0.875;

export interface RunData {
  name: string;
  labels: string[];
  inputShape: ImageShape;
  train: ImageSet;
  validation: ImageSet;
  test: ImageSet;
  /** Pictures without a class. */
  unlabelled?: ImageSet;
  trainingProbe: ImageSet;
  preprocessing: Preprocessing;
  normalise(pixels: Uint8Array): Float32Array;
  /** Description of the images, for the model card. */
  note?: string;
  provenance: { name: string; source: string; checksums: Record<string, string>; counts: Record<string, number> };
}

export async function openRunData(configuration: DataSettings, say: (line: string) => void): Promise<RunData> {
  const { imageSize, cropRatio, cropScale, maxUnreadable } = configuration;
  const viewSide = cropScale.length > 0 ? Math.round(imageSize / VIEW_SHARE) : 0;
  const dataset = await openDataset(configuration.data, { onProgress: say, imageSize, cropRatio, viewSide, maxUnreadable });
  const { height, width, channels } = dataset;
  const split = withValidation(dataset, configuration.validationCount);
  const train = first(split.train, configuration.trainLimit);
  const test = first(dataset.test, configuration.testLimit);
  // Of the whole training set, so that every split and subset of it shares them.
  const { mean, std } =
    statedNormalisation(configuration, channels) ?? dataset.statistics ?? channelStatistics(dataset.train.images, channels);
  const crop = cropRatio < 1 ? { cropRatio } : {};
  const preprocessing: Preprocessing = { height, width, channels, fit: 'cover', ...crop, filter: 'triangle', mean, std };
  return {
    name: dataset.name,
    labels: dataset.labels,
    inputShape: { height, width, channels },
    train,
    validation: split.validation,
    test,
    ...(dataset.unlabelled && { unlabelled: first(dataset.unlabelled, configuration.trainLimit) }),
    trainingProbe: first(train, TRAINING_PROBE),
    preprocessing,
    normalise: (pixels) => normalisePixels(pixels, preprocessing),
    note: dataset.note,
    provenance: {
      name: dataset.name,
      source: dataset.source,
      checksums: dataset.checksums,
      counts: {
        train: train.count,
        validation: split.validation.count,
        test: test.count,
        ...(dataset.unlabelled && { unlabelled: dataset.unlabelled.count }),
        ...(dataset.skipped && { unreadable: dataset.skipped }),
      },
    },
  };
}

/** Normalisation that the settings state: that of a network trained before. @throws DatasetError where it does not fit the channels */
function statedNormalisation(
  { inputMean: mean, inputStd: std }: DataSettings,
  channels: number,
): Pick<Preprocessing, 'mean' | 'std'> | undefined {
  if (mean.length === 0 && std.length === 0) return undefined;
  if (mean.length !== channels || std.length !== channels)
    throw new DatasetError(
      'NORMALISATION',
      `the images have ${channels} channel${channels === 1 ? '' : 's'}: --input-mean and --input-std need as many numbers each; came ${mean.length} and ${std.length}`,
    );
  return { mean: [...mean], std: [...std] };
}

/** Its own validation images where it has some (then `validationCount` has no say), else some held out of the training set. */
function withValidation({ name, train, validation, test }: Dataset, validationCount: number): { train: ImageSet; validation: ImageSet } {
  const empty = Object.entries({ training: train, validation: validation ?? train, test }).find(([, set]) => set.count === 0);
  if (validation && empty)
    throw new DatasetError(
      'SPLIT_EMPTY',
      `${name} has no ${empty[0]} images, came ${train.count} training, ${validation.count} validation and ${test.count} test images; expected some of each (docs/datasets.md says how folders are split)`,
    );
  return validation ? { train, validation } : splitValidation(train, validationCount, SPLIT_SEED);
}

/** The test images alone, for measuring what was trained before: unlike `openRunData` it takes a data set without training images. */
export type TestData = Pick<RunData, 'name' | 'labels' | 'inputShape' | 'test'>;

/**
 * @param limit take only so many images; 0: all
 * @param options of a `folder`: the size that its images are brought to, and how many files may be unreadable
 */
export async function openTestData(
  spec: string,
  limit: number,
  say: (line: string) => void,
  options: Pick<OpenDatasetOptions, 'imageSize' | 'cropRatio' | 'maxUnreadable'> = {},
): Promise<TestData> {
  const { name, labels, height, width, channels, test } = await openDataset(spec, { onProgress: say, ...options });
  return { name, labels, inputShape: { height, width, channels }, test: first(test, limit) };
}

function first(set: ImageSet, limit: number): ImageSet {
  if (limit === 0 || limit >= set.count) return set;
  return imageRange(set, 0, limit);
}
