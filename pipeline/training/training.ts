/** One training as plain data: what the trainer, its replicas and the threads that make views all work from. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { RunData } from '../data/run-data.ts';
import { PUBLISHED, type Augmentation, type ImageShape } from '../data/augmentation/index.ts';
import { imageSetHandle, type ImageSetHandle } from '../data/sets/image-set.ts';
import type { Distiller, ViewName } from '../distillers/index.ts';
import type { Engine, EngineHandle } from '../engines/engine.ts';
import type { Network } from '../networks/graph.ts';
import type { NetworkState } from '../networks/state.ts';
import type { TeacherHandle } from '../teachers/teacher-handle.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { OptimizerName, OptimizerOptions } from './optimizers/index.ts';
import type { Schedule } from './schedule.ts';
import type { LogitCacheHandle } from './views/logit-cache.ts';

export interface Recipe {
  epochs: number;
  batchSize: number;
  /** Most images that a replica works through at once (`micro-batches.ts`); 0: its whole share of the batch. */
  microBatch: number;
  learningRate: number;
  /** Epochs (may be a fraction) over which the rate rises from zero. */
  warmupEpochs: number;
  /** Factor of the rate at the first layer, rising geometrically to 1 at the last; absent: all learn alike. */
  depthRate?: number;
  schedule: Schedule;
  optimizer: { name: OptimizerName } & OptimizerOptions;
  /** Decay of the moving average of the weights, which is then what is evaluated and kept; absent: none. */
  emaDecay?: number;
}

/** The state after an epoch, from which a training goes on; without the optimizer's it starts with a fresh one. */
export type EpochState = Pick<Checkpoint, 'model' | 'average' | 'epochsDone'> & Partial<Pick<Checkpoint, 'optimizer'>>;

/** State of the network that an epoch's result is: the moving average where one is kept. */
export const resultOf = ({ model, average }: Pick<EpochState, 'model' | 'average'>): NetworkState => average ?? model;

/** Everything that decides a training's weights, and how many threads work on it. It can be sent to a thread. */
export interface Training {
  engine: EngineHandle;
  network: Network;
  /** The distillation method by its registered name, with every option stated. */
  method: { name: string; options: Readonly<Record<string, unknown>> };
  /** Views that the method needs. */
  views: readonly ViewName[];
  /** Teacher; absent if the method needs none, or its logits are cached. */
  teacher?: TeacherHandle;
  /** Fixed sets that views come from, whatever the seed; 0: fresh views every epoch. */
  viewSets: number;
  /** The teacher's logits of those sets, in place of asking it. */
  teacherCache?: LogitCacheHandle;
  /** Kinds of change that make views of training images. */
  augmentation: Augmentation;
  train: ImageSetHandle;
  /** Weight of each class in the cross-entropy; absent: all alike. */
  classWeights?: Float32Array;
  /** Share of a label that the cross-entropy spreads over all classes; absent: none. */
  labelSmoothing?: number;
  validation: ImageSetHandle;
  /** Training images whose accuracy in evaluation mode is reported beside validation's. */
  trainingProbe: ImageSetHandle;
  /** Size of the stored images, at which views are made, where the network sees them at another. */
  stored?: ImageShape;
  preprocessing: Preprocessing;
  recipe: Recipe;
  seed: number;
  /** Threads that make views where there is one replica. */
  workers: number;
  /** Copies of the network that train together, each on its share of every batch. */
  replicas: number;
  start: EpochState;
}

/** The pieces of a training as whoever starts one has them. */
export interface TrainingPieces extends Partial<
  Pick<
    Training,
    'teacher' | 'teacherCache' | 'stored' | 'viewSets' | 'augmentation' | 'classWeights' | 'labelSmoothing' | 'workers' | 'replicas'
  >
> {
  engine: Engine;
  network: Network;
  distiller: Distiller;
  /** Preprocessing of the network's images; default: the data's. */
  preprocessing?: Preprocessing;
  data: Pick<RunData, 'train' | 'validation' | 'trainingProbe' | 'preprocessing'>;
  recipe: Recipe;
  seed: number;
  start: EpochState;
}

/** The record of a training. Absent are: a teacher that the method does not need, fixed views, weights of classes. By default: the published augmentation, one replica, one thread for views. */
export function trainingOf({ engine, distiller, data, teacher, teacherCache, preprocessing, ...pieces }: TrainingPieces): Training {
  const { train, validation, trainingProbe } = data;
  return {
    viewSets: 0,
    augmentation: PUBLISHED,
    workers: 1,
    replicas: 1,
    ...pieces,
    engine: engine.handle,
    method: { name: distiller.name, options: distiller.options },
    views: distiller.views,
    ...(distiller.needsTeacher && teacherCache && { teacherCache }),
    ...(distiller.needsTeacher && teacher && !teacherCache && { teacher }),
    train: imageSetHandle(train),
    validation: imageSetHandle(validation),
    trainingProbe: imageSetHandle(trainingProbe),
    preprocessing: preprocessing ?? data.preprocessing,
  };
}

/** The part of a training that its views, and the teacher's logits of them, depend on. */
export type Views = Pick<
  Training,
  'engine' | 'train' | 'stored' | 'preprocessing' | 'views' | 'seed' | 'viewSets' | 'augmentation' | 'teacher' | 'teacherCache'
>;

/** Views of a training, to be sent to a thread without the weights. */
export function viewsOf({
  engine,
  train,
  stored,
  preprocessing,
  views,
  seed,
  viewSets,
  augmentation,
  teacher,
  teacherCache,
}: Training): Views {
  return {
    engine,
    train,
    ...(stored && { stored }),
    preprocessing,
    views,
    seed,
    viewSets,
    augmentation,
    ...(teacher && { teacher }),
    ...(teacherCache && { teacherCache }),
  };
}
