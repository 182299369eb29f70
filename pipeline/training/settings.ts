/** Settings of the training, and what of all settings decides its weights. */
import { dataSettings, type DataSettings } from '../data/settings.ts';
import { createDistiller } from '../distillers/index.ts';
import { methodSettings, type MethodSettings } from '../distillers/settings.ts';
import { engineSettings, type EngineSettings } from '../engines/settings.ts';
import { networkSettings, type NetworkSettings } from '../networks/settings.ts';
import type { SettingTable, Values } from '../support/setting.ts';
import { number, numbers, oneName, toggle, whole } from '../support/value.ts';
import { teacherSettings, type TeacherChoice } from '../teachers/settings.ts';
import { optimizers, type OptimizerName } from './optimizers/index.ts';

const rule = { group: 'training', decides: 'weights' } as const;

export const trainingSettings = {
  // Four epochs are what the ten minutes of a first run on two cores leave room for.
  epochs: { ...rule, ...whole(4, { from: 1 }), help: 'passes over the training images', isFirst: true },
  // The published recipe for CIFAR ResNets: 64 images, rate 0.05, momentum 0.9, weight decay 5e-4.
  batchSize: {
    ...rule,
    ...whole(64, { from: 2 }),
    help: 'images of one training step; lowered if there are fewer',
    unit: 'images',
    isFirst: true,
    isKept: true,
  },
  microBatch: {
    ...rule,
    ...whole(0, { from: 0 }),
    help: 'most images of a batch that a replica works through at once, the gradients are summed; 0: all of its share, or as many as memory allows',
    unit: 'images',
  },
  learningRate: { ...rule, ...number(0.05, { above: 0 }), help: 'the highest learning rate of the schedule', isFirst: true },
  depthRate: {
    ...rule,
    ...number(1, { above: 0, to: 1 }),
    help: 'share of the learning rate at the first layer, rising geometrically to all of it at the last; below 1 for weights that were trained before',
  },
  // The published schedule has 240 epochs and drops in steps; in a few epochs a cosine after a short warm-up gets further.
  warmupEpochs: {
    ...rule,
    ...number(0.5, { from: 0 }),
    help: 'epochs over which the learning rate rises from zero; a default that does not fit is lowered to half of the epochs',
    unit: 'epochs',
  },
  schedule: {
    ...rule,
    ...oneName('cosine', ['cosine', 'step']),
    help: 'cosine: the rate falls smoothly to zero; step: it falls after each of --milestones',
  },
  milestones: {
    ...rule,
    ...numbers([150 / 240, 180 / 240, 210 / 240], { above: 0, below: 1 }),
    help: 'shares of the epochs after which --schedule step lowers the rate, as 0.625,0.75,0.875',
    unused: unlessStep,
  },
  stepFactor: { ...rule, ...number(0.1, { above: 0, to: 1 }), help: 'what --schedule step multiplies the rate by', unused: unlessStep },
  optimizer: {
    ...rule,
    ...oneName<OptimizerName>('sgd', Object.keys(optimizers) as OptimizerName[]),
    help: 'sgd, or adamw for transformers',
  },
  momentum: { ...rule, ...number(0.9, { from: 0, below: 1 }), help: 'share of the last update that sgd keeps', unused: unlessSgd },
  nesterov: { ...rule, ...toggle(false), help: "Nesterov's form of the momentum", unused: unlessSgd },
  weightDecay: { ...rule, ...number(5e-4, { from: 0 }), help: 'how strongly weights are drawn to zero', isKept: true },
  emaDecay: {
    ...rule,
    ...number(0, { from: 0, below: 1 }),
    help: 'decay of the moving average of the weights (EMA), which is then evaluated and packaged in place of the last weights, as 0.999; 0: none',
  },
  keep: {
    ...rule,
    ...oneName('last', ['last', 'best']),
    help: "which epoch's weights are the result: the last one's, or the best one's by top-1 on validation images",
  },
  // Keys of random streams are of 32 bits.
  seed: {
    ...whole(1, { from: 0, to: 2 ** 32 - 1 }),
    help: 'start of all random numbers: initial weights, order and views of the images',
    group: 'run',
    decides: 'weights',
    isFirst: true,
  },
  replicas: {
    ...whole(0, { from: 0 }),
    help: 'copies of the network that train together in threads, each on its share of every batch (docs/engines.md); 0: 2 on a processor, 1 on a GPU',
    group: 'run',
    decides: 'weights',
  },
  workers: {
    ...whole(1, { from: 1 }),
    help: 'threads that make views and ask the teacher, beside the training thread; with several replicas each makes its own',
    unit: 'threads',
    group: 'run',
    decides: 'nothing',
  },
} as const satisfies SettingTable;

/** Settings of strong views, which not every method has. */
export const strongViewSettings = ['operations', 'operationCount', 'operationStrength'] as const;

const ofStrongView = <K extends (typeof strongViewSettings)[number]>(key: K) => ({ ...dataSettings[key], unused: unlessStrongView });

/** Everything that a training reads: its own settings and those of the stages before it. */
export const settingsOfTraining = {
  ...dataSettings,
  operations: ofStrongView('operations'),
  operationCount: ofStrongView('operationCount'),
  operationStrength: ofStrongView('operationStrength'),
  ...teacherSettings,
  ...networkSettings,
  ...methodSettings,
  ...trainingSettings,
  ...engineSettings,
} as const satisfies SettingTable;

export type TrainingConfiguration = DataSettings &
  TeacherChoice &
  NetworkSettings &
  MethodSettings &
  Values<typeof trainingSettings> &
  EngineSettings;

function unlessStep({ schedule }: Readonly<Record<string, unknown>>): string | undefined {
  return schedule === 'step' ? undefined : `--schedule is ${schedule as string}`;
}

function unlessStrongView({ method, methodOptions }: Readonly<Record<string, unknown>>): string | undefined {
  return createDistiller(method as string, { epochs: 1 }, methodOptions as object).views.includes('strong')
    ? undefined
    : `the method ${method as string} has no strong view, which it is for`;
}

function unlessSgd({ optimizer }: Readonly<Record<string, unknown>>): string | undefined {
  return optimizer === 'sgd' ? undefined : `--optimizer is ${optimizer as string}`;
}

/** @throws Error in one line where settings do not go together */
export function assertTraining({ epochs, warmupEpochs, replicas, batchSize }: TrainingConfiguration): void {
  if (warmupEpochs >= epochs)
    throw new Error(`setting "warmupEpochs" expects a number from 0 to below the ${epochs} of "epochs", got ${warmupEpochs}`);
  if (replicas > 0 && batchSize % replicas !== 0)
    throw new Error(`setting "replicas" expects 0 or a divisor of the ${batchSize} of "batchSize", got ${replicas}`);
}
