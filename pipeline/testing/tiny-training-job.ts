/** Trainings that end in seconds: a ResNet-8 by SLD on a few small images, its teacher a network of random weights. */
import { createRandom } from '../data/augmentation/index.ts';
import { createDistiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork } from '../networks/index.ts';
import { initialState, type NetworkState } from '../networks/state.ts';
import { networkHandle } from '../teachers/handle.ts';
import type { RunData } from '../training/data.ts';
import type { Recipe, TrainingJob } from '../training/train.ts';
import { randomState } from './random-state.ts';
import { tinyRunData } from './tiny-data.ts';

export interface TinyTraining extends Partial<Omit<TrainingJob, 'engine' | 'recipe'>> {
  engine: Engine;
  data?: RunData;
  /** A method's name; `sld` if absent. */
  method?: string;
  recipe?: Partial<Recipe>;
}

/** A job for `train`; what is stated takes the place of what there is. */
export function tinyTrainingJob({ data = tinyRunData(), method = 'sld', recipe, ...stated }: TinyTraining): TrainingJob {
  const { train, validation, trainingProbe, preprocessing, normalise } = data;
  const network = stated.network ?? buildNetwork('resnet8', { inputShape: data.inputShape, classes: data.labels.length });
  const whole: Recipe = { epochs: 3, batchSize: 16, learningRate: 0.05, warmupEpochs: 0.5, schedule: { kind: 'cosine' }, optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4, nesterov: false }, ...recipe };
  return {
    network,
    initial: initialState(network, createRandom(1)),
    distiller: createDistiller(method, { epochs: whole.epochs }),
    teacher: networkHandle(freeze(network, randomState(network)), preprocessing),
    train,
    validation,
    trainingProbe,
    preprocessing,
    normalise,
    seed: 5,
    workers: 1,
    ...stated,
    recipe: whole,
  };
}

/** Every bit of a state, by name: equal floats could be -0 and 0. */
export const bitsOfState = (state: NetworkState): Record<string, string> => Object.fromEntries([...state].map(([name, { data }]) => [name, bitsOf(data)]));

export const bitsOf = (data: Float32Array): string => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
