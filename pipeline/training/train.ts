/** The one trainer: any registered network by any registered method, with or without a teacher. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { ImageSet } from '../data/sets/index.ts';
import type { Distiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import type { Network } from '../networks/graph.ts';
import type { NetworkState } from '../networks/state.ts';
import type { LogitCacheHandle } from '../teachers/cache/logit-cache.ts';
import type { TeacherHandle } from '../teachers/handle.ts';
import { createBatchSource, ownBatchSource } from './batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { OptimizerName, OptimizerOptions } from './optimizers/index.ts';
import { Stopped } from './parallel/all-reduce.ts';
import { assertReplicas, startReplicas, type Team } from './parallel/team.ts';
import { createReplica, type BeforeStep, type Replica, type ReplicaParts } from './replica.ts';
import type { Schedule } from './schedule.ts';
import { readLosses, type StepLosses } from './step.ts';
import type { TeacherSwaps } from './teacher-swaps.ts';
import { openViewMaker, type ViewData } from './view-maker.ts';

export interface Recipe {
  epochs: number;
  batchSize: number;
  learningRate: number;
  /** Epochs (may be a fraction) over which the rate rises from zero. */
  warmupEpochs: number;
  schedule: Schedule;
  optimizer: { name: OptimizerName } & OptimizerOptions;
}

export interface TrainingJob {
  engine: Engine;
  network: Network;
  initial: NetworkState;
  distiller: Distiller;
  teacher?: TeacherHandle;
  /** Views come from so many fixed sets, whatever the seed; 0 or absent: fresh ones every epoch. */
  viewSets?: number;
  /** The teacher's logits of those sets, in place of asking it. */
  teacherCache?: LogitCacheHandle;
  train: ImageSet;
  /** How much each class counts in the cross-entropy; absent: all alike. */
  classWeights?: Float32Array;
  validation: ImageSet;
  /** Training images whose eval-mode accuracy is reported beside validation's. */
  trainingProbe: ImageSet;
  preprocessing: Preprocessing;
  normalise: (pixels: Uint8Array) => Float32Array;
  recipe: Recipe;
  seed: number;
  /** Threads that make views where there is one replica. */
  workers: number;
  /** Copies of the network that train together, each on its share of every batch; absent: 1. */
  replicas?: number;
  resumeFrom?: EpochState;
}

export interface EpochReport {
  /** From 1. */
  epoch: number;
  /** Mean over the epoch's batches, by name, and their sum as `total`. */
  losses: Record<string, number>;
  /** Fractions, in eval mode. */
  trainingTop1: number;
  validationTop1: number;
  learningRate: number;
  /** Absent without a teacher. */
  teacherSwaps?: TeacherSwaps;
  imagesPerSecond: number;
  seconds: number;
  /** Live tensors of the engine after the epoch: flat, or something leaks. */
  tensors: number;
}

/** The loss stopped being finite. The same training again would end the same way. */
export class DivergenceError extends Error {
  /** The step whose loss it was, of its epoch; both from 1. Absent where it was no step's. */
  readonly at?: { epoch: number; step: number };

  constructor(message: string, at?: { epoch: number; step: number }) {
    super(message);
    this.at = at;
  }
}

/** What a training goes on from after an epoch. */
export type EpochState = Pick<Checkpoint, 'model' | 'optimizer' | 'epochsDone'>;

export interface TrainingEvents {
  /** Awaited before each step; what it throws ends the training. */
  beforeStep?(state: BeforeStep): Promise<void>;
  /** Told of steps whose losses were read: one by one, or some together where reading is dear (`Engine.stepsPerRead`). */
  onStep?(progress: { epoch: number; step: number; stepsPerEpoch: number; imagesPerSecond: number; loss: number }): void;
  /** Called with everything a resume needs, after each epoch. */
  onEpoch?(report: EpochReport, checkpoint: EpochState): void;
}

/**
 * Trains to the end of the schedule and returns the last epoch's state.
 * @throws DivergenceError where the loss stops being finite, naming epoch, step and the loss; checkpoints written so far stand.
 * @throws Error where the engine or the recipe does not allow the replicas (`assertReplicas`), and what one of them threw.
 */
export async function train(job: TrainingJob, events: TrainingEvents = {}): Promise<NetworkState> {
  const { engine, distiller, recipe } = job;
  const { tf } = engine;
  const team = startTeam(job);
  const unread: { losses: StepLosses; rate: number }[] = [];
  let replica: Replica | undefined;
  try {
    replica = createReplica({
      engine,
      network: job.network,
      distiller,
      classWeights: job.classWeights,
      ...startOf(job),
      labels: job.train.labels,
      measured: [job.trainingProbe, job.validation],
      normalise: job.normalise,
      recipe,
      seed: job.seed,
      source: team ? ownBatchSource(await openViewMaker(viewDataOf(job), engine)) : createBatchSource({ ...viewDataOf(job), engine: engine.handle }, job.workers),
      member: team?.member,
    });
    const { stepsPerEpoch } = replica;
    let model = startOf(job).model;
    for (let epoch = (job.resumeFrom?.epochsDone ?? 0) + 1; epoch <= recipe.epochs; epoch++) {
      const sums: Record<string, number> = {};
      const began = performance.now();
      let rate = 0;
      let done = 0;
      for await (const stepped of replica.epoch(epoch, events.beforeStep)) {
        unread.push(stepped);
        rate = stepped.rate;
        done++;
        if (unread.length < (engine.stepsPerRead ?? 1) && done < stepsPerEpoch) continue;
        const group = unread.splice(0);
        const read = await readLosses(tf, group.map(({ losses }) => losses));
        const imagesPerSecond = (done * recipe.batchSize * 1000) / (performance.now() - began);
        read.forEach((losses, i) => {
          const at = done - read.length + i + 1;
          const total = Object.values(losses).reduce((sum, loss) => sum + loss, 0);
          if (!Number.isFinite(total)) throw new DivergenceError(`the loss is ${total} at epoch ${epoch}, step ${at} of ${stepsPerEpoch} (${JSON.stringify(losses)}): training diverged; lower the learning rate (now ${group[i].rate})`, { epoch, step: at });
          for (const [name, loss] of Object.entries({ ...losses, total })) sums[name] = (sums[name] ?? 0) + loss;
          events.onStep?.({ epoch, step: at, stepsPerEpoch, imagesPerSecond, loss: sums.total / at });
        });
      }
      const seconds = (performance.now() - began) / 1000;
      const end = await replica.finishEpoch();
      model = end.model;
      const [trainingTop1, validationTop1] = end.top1;
      const report: EpochReport = {
        epoch,
        losses: Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / stepsPerEpoch])),
        trainingTop1,
        validationTop1,
        learningRate: rate,
        ...(distiller.needsTeacher && { teacherSwaps: end.swaps }),
        imagesPerSecond: (stepsPerEpoch * recipe.batchSize) / seconds,
        seconds,
        tensors: tf.memory().numTensors,
      };
      events.onEpoch?.(report, { model, optimizer: await replica.downloadOptimizer(), epochsDone: epoch });
    }
    return model;
  } catch (error) {
    throw error instanceof Stopped ? team!.failure() : error;
  } finally {
    for (const { losses } of unread) tf.dispose(losses);
    await replica?.close();
    await team?.stop();
  }
}

/** What a training starts from: a checkpoint's state, or fresh weights. */
const startOf = ({ initial, resumeFrom }: TrainingJob): Pick<ReplicaParts, 'model' | 'optimizer'> => (resumeFrom ? { model: resumeFrom.model, optimizer: resumeFrom.optimizer } : { model: initial });

/** What makes the views of a training. */
export function viewDataOf({ train, preprocessing, distiller, seed, viewSets, teacher, teacherCache }: TrainingJob): ViewData {
  const { mean, std } = preprocessing;
  return { images: train.images.handle, shape: preprocessing, mean, std, views: distiller.views, seed, viewSets, ...(distiller.needsTeacher && { teacher, teacherCache }) };
}

/** The other replicas, in threads of their own; none where there is one replica. */
function startTeam(job: TrainingJob): Team | undefined {
  const { engine, network, distiller, classWeights, train, validation, trainingProbe, preprocessing, recipe, seed, replicas = 1 } = job;
  assertReplicas(replicas, engine.handle, recipe.batchSize);
  if (replicas === 1) return undefined;
  const plain = ({ images, labels }: ImageSet) => ({ images: images.handle, labels });
  return startReplicas(replicas, {
    engine: engine.handle,
    network,
    method: { name: distiller.name, options: distiller.options },
    ...(classWeights && { classWeights }),
    ...startOf(job),
    epochsDone: job.resumeFrom?.epochsDone ?? 0,
    labels: train.labels,
    measured: [trainingProbe, validation].map(plain),
    preprocessing,
    views: viewDataOf(job),
    recipe,
    seed,
  });
}
