/** The recipe of a training, from its settings. */
import type { TrainingConfiguration } from './settings.ts';
import type { Recipe } from './training.ts';

/** Selects the settings that the trainer needs. */
export function recipeOf(configuration: TrainingConfiguration): Recipe {
  const {
    epochs,
    batchSize,
    microBatch,
    learningRate,
    warmupEpochs,
    depthRate,
    schedule,
    milestones,
    stepFactor,
    optimizer,
    momentum,
    weightDecay,
    nesterov,
    emaDecay,
  } = configuration;
  return {
    epochs,
    batchSize,
    microBatch,
    learningRate,
    warmupEpochs,
    depthRate,
    schedule:
      schedule === 'step'
        ? { kind: 'step', milestones: milestones.map((share) => Math.round(share * epochs)), factor: stepFactor }
        : { kind: 'cosine' },
    optimizer: { name: optimizer, momentum, weightDecay, nesterov },
    ...(emaDecay > 0 && { emaDecay }),
  };
}
