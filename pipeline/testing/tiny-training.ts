/** Trainings that end in seconds: a ResNet-8 by SLD on a few small images, its teacher a network of random weights. */
import { createRandom } from '../data/augmentation/index.ts';
import { createDistiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState, type NetworkState } from '../networks/state.ts';
import { networkHandle } from '../teachers/teacher-handle.ts';
import type { RunData } from '../data/run-data.ts';
import { trainingOf, type Recipe, type Training, type TrainingPieces } from '../training/training.ts';
import { randomState } from './random-state.ts';
import { tinyRunData } from './tiny-data.ts';

export interface TinyTraining extends Partial<Omit<TrainingPieces, 'engine' | 'recipe' | 'distiller' | 'data'>> {
  engine: Engine;
  data?: RunData;
  /** A method's name; `sld` if absent. */
  method?: string;
  recipe?: Partial<Recipe>;
}

/** A training for `train`; what is stated takes the place of what there is. */
export function tinyTraining({ data = tinyRunData(), method = 'sld', recipe, ...stated }: TinyTraining): Training {
  const network = stated.network ?? buildNetwork('resnet8', { inputShape: data.inputShape, classes: data.labels.length });
  const whole: Recipe = {
    epochs: 3,
    batchSize: 16,
    microBatch: 0,
    learningRate: 0.05,
    warmupEpochs: 0.5,
    schedule: { kind: 'cosine' },
    optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4, nesterov: false },
    ...recipe,
  };
  return trainingOf({
    network,
    start: { model: initialState(network, createRandom(1)), epochsDone: 0 },
    distiller: createDistiller(method, { epochs: whole.epochs }),
    teacher: networkHandle(freeze(network, randomState(network)), data.preprocessing),
    data,
    seed: 5,
    ...stated,
    recipe: whole,
  });
}

/** Every bit of a state, by name: equal floats could be -0 and 0. */
export const bitsOfState = (state: NetworkState): Record<string, string> =>
  Object.fromEntries([...state].map(([name, { data }]) => [name, bitsOf(data)]));

export const bitsOf = (data: Float32Array): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
