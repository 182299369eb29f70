/** The labels of a batch, with shares of classes where not every sample is a picture of one class. */
import { NO_LABEL } from '../data/sets/dataset.ts';
import type { StepBatch } from './step.ts';
import type { Training } from './training.ts';
import { pictureMixOf } from './views/view-maker.ts';

type Labelled = Pick<Training, 'seed' | 'viewSets' | 'augmentation' | 'stored' | 'preprocessing'> & {
  network: { classes: number };
  train: { labels: Uint16Array };
};

/** @param indices into the training set. Shares are there for every batch of a training or for none. */
export function batchLabels(training: Labelled, epoch: number, indices: Uint32Array): Pick<StepBatch, 'labels' | 'shares'> {
  const { labels } = training.train;
  const { classes } = training.network;
  const ofBatch = Int32Array.from(indices, (index) => (labels[index] === NO_LABEL ? 0 : labels[index]));
  if (!training.augmentation.mixing && !labels.includes(NO_LABEL)) return { labels: ofBatch };
  const shares = new Float32Array(indices.length * classes);
  const add = (row: number, label: number, share: number): void => {
    if (label !== NO_LABEL) shares[row * classes + label] += share;
  };
  indices.forEach((index, row) => {
    const mix = pictureMixOf(training, labels.length, training.stored ?? training.preprocessing, epoch, index);
    add(row, labels[index], mix ? mix.own : 1);
    if (mix) add(row, labels[mix.partner], 1 - mix.own);
  });
  return { labels: ofBatch, shares };
}
