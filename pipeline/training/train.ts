/** The one trainer: any registered network by any registered method, with or without a teacher. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { Tensor } from '@tensorflow/tfjs-core';
import { shuffle } from '../augmentation/index.ts';
import type { ImageSet } from '../datasets/index.ts';
import type { Distiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import type { Network } from '../networks/graph.ts';
import { stateSpec, type NetworkState } from '../networks/state.ts';
import type { LogitCacheHandle } from '../teachers/cache/logit-cache.ts';
import type { TeacherHandle } from '../teachers/handle.ts';
import { createBatchSource } from './batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import { uploadState, type DeviceState } from './device-state.ts';
import { accuracy, frozenLogits } from './evaluate.ts';
import { learningRate, type Schedule } from './schedule.ts';
import { createOptimizer, parameterOf, type OptimizerName, type OptimizerOptions } from './optimizers/index.ts';
import { createTrainingStep, readLosses, type StepBatch, type StepLosses } from './step.ts';
import { addSwaps, noSwaps, type TeacherSwaps } from './teacher-swaps.ts';

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
  workers: number;
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
  beforeStep?(state: { device: DeviceState; batch: StepBatch; epoch: number; /** From 1. */ stepOfEpoch: number }): Promise<void>;
  /** Told of steps whose losses were read: one by one, or some together where reading is dear (`Engine.stepsPerRead`). */
  onStep?(progress: { epoch: number; step: number; stepsPerEpoch: number; imagesPerSecond: number; loss: number }): void;
  /** Called with everything a resume needs, after each epoch. */
  onEpoch?(report: EpochReport, checkpoint: EpochState): void;
}

/**
 * Trains to the end of the schedule and returns the last epoch's state.
 * @throws DivergenceError where the loss stops being finite, naming epoch, step and the loss; checkpoints written so far stand.
 */
export async function train(job: TrainingJob, events: TrainingEvents = {}): Promise<NetworkState> {
  const { engine, network, distiller, recipe, seed } = job;
  const { tf } = engine;
  const device = uploadState(tf, network, job.resumeFrom?.model ?? job.initial, engine.updates);
  const optimizer = createOptimizer(engine, recipe.optimizer.name, device.parameters, recipe.optimizer, job.resumeFrom && uploadOptimizer(engine, network, job.resumeFrom.optimizer));
  const stepsPerEpoch = Math.floor(job.train.count / recipe.batchSize);
  const source = createBatchSource(
    {
      images: job.train.images.handle,
      shape: job.preprocessing,
      mean: job.preprocessing.mean,
      std: job.preprocessing.std,
      views: distiller.views,
      seed,
      engine: engine.handle,
      viewSets: job.viewSets,
      ...(distiller.needsTeacher && { teacher: job.teacher, teacherCache: job.teacherCache }),
    },
    job.workers,
  );

  const unread: { losses: StepLosses; rate: number }[] = [];
  const step = createTrainingStep({ engine, network, distiller, device, optimizer, seed, ...(job.classWeights && { classWeights: job.classWeights }) });

  try {
    for (let epoch = (job.resumeFrom?.epochsDone ?? 0) + 1; epoch <= recipe.epochs; epoch++) {
      const order = shuffle(job.train.count, seed, epoch);
      const batches = Array.from({ length: stepsPerEpoch }, (_, i) => order.subarray(i * recipe.batchSize, (i + 1) * recipe.batchSize));
      const sums: Record<string, number> = {};
      const swaps = noSwaps(network.classes);
      const began = performance.now();
      let rate = 0;
      let done = 0;
      for await (const reply of source.epoch(epoch, batches)) {
        const globalStep = (epoch - 1) * stepsPerEpoch + done;
        rate = learningRate(recipe.schedule, recipe.learningRate, globalStep, stepsPerEpoch, recipe.epochs, Math.round(recipe.warmupEpochs * stepsPerEpoch));
        const labels = Int32Array.from(batches[done], (index) => job.train.labels[index]);
        const batch = { ...reply, labels, epoch, step: globalStep + 1, learningRate: rate };
        if (events.beforeStep) await events.beforeStep({ device, batch, epoch, stepOfEpoch: done + 1 });
        unread.push({ losses: step(batch), rate });
        if (reply.teacherLogits) addSwaps(swaps, distiller.views, labels, reply.teacherLogits);
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
      const model = await device.download();
      const frozen = freeze(network, model);
      const top1 = async (images: ImageSet): Promise<number> => accuracy(await frozenLogits(tf, frozen, images, job.normalise), images.labels, network.classes).top1;
      const report: EpochReport = {
        epoch,
        losses: Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / stepsPerEpoch])),
        trainingTop1: await top1(job.trainingProbe),
        validationTop1: await top1(job.validation),
        learningRate: rate,
        ...(distiller.needsTeacher && { teacherSwaps: swaps }),
        imagesPerSecond: (stepsPerEpoch * recipe.batchSize) / seconds,
        seconds,
        tensors: tf.memory().numTensors,
      };
      events.onEpoch?.(report, { model, optimizer: await downloadOptimizer(network, optimizer.state), epochsDone: epoch });
    }
    return await device.download();
  } finally {
    await source.close();
    for (const { losses } of unread) tf.dispose(losses);
    device.dispose();
    optimizer.dispose();
  }
}

/** The layouts of a network's parameters, by name. */
const layoutsOf = (network: Network) => new Map(stateSpec(network).map((spec) => [spec.name, spec]));

function uploadOptimizer({ tf }: Engine, network: Network, state: NetworkState): Map<string, Tensor> {
  const layouts = layoutsOf(network);
  return new Map(
    [...state].map(([name, entry]) => {
      const { data, shape } = layouts.get(parameterOf(name))!.layout.toDevice(entry.data, entry.shape);
      return [name, tf.tensor(data.slice(), shape, 'float32')];
    }),
  );
}

async function downloadOptimizer(network: Network, state: Map<string, Tensor>): Promise<NetworkState> {
  const layouts = layoutsOf(network);
  const out: NetworkState = new Map();
  for (const [name, tensor] of state) {
    const { shape, layout } = layouts.get(parameterOf(name))!;
    // A read may return the engine's own memory.
    out.set(name, { shape, data: layout.fromDevice(((await tensor.data()) as Float32Array).slice(), shape) });
  }
  return out;
}
