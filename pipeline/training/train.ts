/** The one trainer: any registered network by any registered method, with or without a teacher. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { Tensor } from '@tensorflow/tfjs-core';
import { shuffle } from '../augmentation/index.ts';
import type { ImageSet } from '../datasets/index.ts';
import type { Distiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { freeze, type FrozenNetwork } from '../networks/freeze.ts';
import type { Network } from '../networks/graph.ts';
import { fromDeviceLayout, toDeviceLayout } from '../networks/layout.ts';
import { stateSpec, type NetworkState } from '../networks/state.ts';
import { createBatchSource } from './batches.ts';
import type { Checkpoint } from './checkpoint.ts';
import { uploadState } from './device-state.ts';
import { accuracy, frozenLogits } from './evaluate.ts';
import { learningRate, type Schedule } from './schedule.ts';
import { createSgd, type SgdOptions } from './sgd.ts';
import { createTrainingStep } from './step.ts';

export interface Recipe {
  epochs: number;
  batchSize: number;
  learningRate: number;
  /** Epochs (may be a fraction) over which the rate rises from zero. */
  warmupEpochs: number;
  schedule: Schedule;
  sgd: SgdOptions;
}

export interface TrainingJob {
  engine: Engine;
  network: Network;
  initial: NetworkState;
  distiller: Distiller;
  teacher?: FrozenNetwork;
  train: ImageSet;
  validation: ImageSet;
  /** Training images whose eval-mode accuracy is reported beside validation's. */
  trainingProbe: ImageSet;
  preprocessing: Preprocessing;
  normalise: (pixels: Uint8Array) => Float32Array;
  recipe: Recipe;
  seed: number;
  workers: number;
  resumeFrom?: Pick<Checkpoint, 'model' | 'velocities' | 'epochsDone'>;
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
  imagesPerSecond: number;
  seconds: number;
  /** Live tensors of the engine after the epoch: flat, or something leaks. */
  tensors: number;
}

/** The loss stopped being finite. The same training again would end the same way. */
export class DivergenceError extends Error {}

export interface TrainingEvents {
  onStep?(progress: { epoch: number; step: number; stepsPerEpoch: number; imagesPerSecond: number; loss: number }): void;
  /** Called with everything a resume needs, after each epoch. */
  onEpoch?(report: EpochReport, checkpoint: Pick<Checkpoint, 'model' | 'velocities' | 'epochsDone'>): void;
}

/**
 * Trains to the end of the schedule and returns the last epoch's state.
 * @throws DivergenceError where the loss stops being finite, naming epoch, step and the loss; checkpoints written so far stand.
 */
export async function train(job: TrainingJob, events: TrainingEvents = {}): Promise<NetworkState> {
  const { engine, network, distiller, recipe, seed } = job;
  const { tf } = engine;
  const device = uploadState(tf, network, job.resumeFrom?.model ?? job.initial);
  const sgd = createSgd(tf, device.parameters, recipe.sgd, job.resumeFrom && uploadVelocities(engine, job.resumeFrom.velocities));
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
      ...(distiller.needsTeacher && { teacher: job.teacher }),
    },
    job.workers,
  );

  const step = createTrainingStep({ engine, network, distiller, device, sgd });

  try {
    for (let epoch = (job.resumeFrom?.epochsDone ?? 0) + 1; epoch <= recipe.epochs; epoch++) {
      const order = shuffle(job.train.count, seed, epoch);
      const batches = Array.from({ length: stepsPerEpoch }, (_, i) => order.subarray(i * recipe.batchSize, (i + 1) * recipe.batchSize));
      const sums: Record<string, number> = {};
      const began = performance.now();
      let rate = 0;
      let done = 0;
      for await (const reply of source.epoch(epoch, batches)) {
        const globalStep = (epoch - 1) * stepsPerEpoch + done;
        rate = learningRate(recipe.schedule, recipe.learningRate, globalStep, stepsPerEpoch, recipe.epochs, Math.round(recipe.warmupEpochs * stepsPerEpoch));
        const labels = Int32Array.from(batches[done], (index) => job.train.labels[index]);
        const losses = step({ ...reply, labels, epoch, learningRate: rate });
        const total = Object.values(losses).reduce((sum, loss) => sum + loss, 0);
        if (!Number.isFinite(total)) throw new DivergenceError(`the loss is ${total} at epoch ${epoch}, step ${done + 1} of ${stepsPerEpoch} (${JSON.stringify(losses)}): training diverged; lower the learning rate (now ${rate})`);
        for (const [name, loss] of Object.entries({ ...losses, total })) sums[name] = (sums[name] ?? 0) + loss;
        done++;
        const imagesPerSecond = (done * recipe.batchSize * 1000) / (performance.now() - began);
        events.onStep?.({ epoch, step: done, stepsPerEpoch, imagesPerSecond, loss: sums.total / done });
      }
      const seconds = (performance.now() - began) / 1000;
      const model = device.download();
      const frozen = freeze(network, model);
      const top1 = (images: ImageSet): number => accuracy(frozenLogits(tf, frozen, images, job.normalise), images.labels, network.classes).top1;
      const report: EpochReport = {
        epoch,
        losses: Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / stepsPerEpoch])),
        trainingTop1: top1(job.trainingProbe),
        validationTop1: top1(job.validation),
        learningRate: rate,
        imagesPerSecond: (stepsPerEpoch * recipe.batchSize) / seconds,
        seconds,
        tensors: tf.memory().numTensors,
      };
      events.onEpoch?.(report, { model, velocities: downloadVelocities(network, sgd.velocities), epochsDone: epoch });
    }
    return device.download();
  } finally {
    await source.close();
    device.dispose();
    sgd.dispose();
  }
}

function uploadVelocities({ tf }: Engine, velocities: NetworkState): Map<string, Tensor> {
  return new Map(
    [...velocities].map(([name, entry]) => {
      const { data, shape } = toDeviceLayout(entry.data, entry.shape);
      return [name, tf.tensor(data.slice(), shape, 'float32')];
    }),
  );
}

function downloadVelocities(network: Network, velocities: Map<string, Tensor>): NetworkState {
  const out: NetworkState = new Map();
  for (const { name, shape, trainable } of stateSpec(network)) {
    if (trainable) out.set(name, { shape, data: fromDeviceLayout((velocities.get(name)!.dataSync() as Float32Array).slice(), shape) });
  }
  return out;
}
