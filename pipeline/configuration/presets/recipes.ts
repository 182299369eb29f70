/** Recipes that presets share: how the published code of SLD, as MDistiller before it, trains. */
import type { Configuration } from '../settings.ts';

/** Recipe for CIFAR-100: 240 epochs of SGD, the rate a tenth after 150, 180 and 210. The rate itself differs by student. */
export const cifarRecipe: Partial<Configuration> = {
  epochs: 240,
  batchSize: 64,
  warmupEpochs: 0,
  schedule: 'step',
  milestones: [150 / 240, 180 / 240, 210 / 240],
  momentum: 0.9,
  weightDecay: 5e-4,
};

/** Recipe for ImageNet: 100 epochs of SGD, the rate a tenth after 30, 60 and 90. */
export const imagenetRecipe: Partial<Configuration> = {
  epochs: 100,
  batchSize: 512,
  learningRate: 0.2,
  warmupEpochs: 0,
  schedule: 'step',
  milestones: [0.3, 0.6, 0.9],
  momentum: 0.9,
  weightDecay: 1e-4,
};

/** Recipe of vision transformers, as for DeiT (Touvron et al. 2021, arXiv 2012.12877), in fewer epochs: AdamW, a warm-up, then a cosine. */
export const transformerRecipe: Partial<Configuration> = {
  learningRate: 1e-3,
  warmupEpochs: 1,
  optimizer: 'adamw',
  weightDecay: 0.05,
  stochasticDepth: 0.1,
};
