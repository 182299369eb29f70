/**
 * One step of training on an engine: forward, losses, gradients, update. The trainer repeats it; `bench/training.ts` times it.
 * Nothing in it waits for the engine: the losses stay there until somebody reads them.
 */
import type { NamedTensorMap, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Distiller, ViewName } from '../distillers/index.ts';
import type { Engine, Tfjs } from '../engines/engine.ts';
import type { Network } from '../networks/graph.ts';
import { trainForward, type BatchStatistics } from '../networks/train-forward.ts';
import type { DeviceState } from './device-state.ts';
import type { Optimizer } from './optimizers/index.ts';
import { repeated } from './repeat-step.ts';

export interface StepBatch {
  /** All weak views, then all strong ones: `[views · B, H, W, C]`, normalised. */
  images: Float32Array;
  /** True classes, `B` of them. */
  labels: Int32Array;
  /** `[views · B, classes]`; absent without a teacher. */
  teacherLogits?: Float32Array;
  /** From 1. */
  epoch: number;
  /** Over the whole training, from 1. */
  step: number;
  learningRate: number;
  /** Of the replica whose share of the batch this is; absent: 0. */
  rank?: number;
}

export interface StepParts {
  engine: Engine;
  network: Network;
  distiller: Distiller;
  /** How much each class counts in the cross-entropy, `classes` of them; absent: all alike. */
  classWeights?: Float32Array;
  /** Updated in place, as is the optimizer's state. */
  device: DeviceState;
  optimizer: Optimizer;
  /** Of what networks draw in training (dropout, stochastic depth), with each step's number; needed by those alone. */
  seed?: number;
}

/** A batch's losses by name, scalars on the engine; whoever gets them disposes them. */
export type StepLosses = Record<string, Tensor>;

/** Reads and disposes the losses of steps, in their order, all at once: on a GPU the one moment of training that waits for it. */
export async function readLosses(tf: Tfjs, steps: readonly StepLosses[]): Promise<Record<string, number>[]> {
  const losses = steps.flatMap((step) => Object.values(step));
  const all = tf.stack(losses);
  tf.dispose(losses);
  const values = await all.data();
  all.dispose();
  let at = 0;
  return steps.map((step) => Object.fromEntries(Object.keys(step).map((name) => [name, values[at++]])));
}

/** What a step computes of a batch before anything is updated. Whoever gets it disposes it. */
export interface StepResults {
  losses: StepLosses;
  /** By parameter. */
  gradients: NamedTensorMap;
  statistics: BatchStatistics[];
}

export interface StepPhases {
  /** Forward, losses, gradients; changes nothing. */
  compute(batch: StepBatch): StepResults;
  /** Applies the gradients and the statistics, and disposes both. */
  update(results: Omit<StepResults, 'losses'>, at: Pick<StepBatch, 'step' | 'learningRate'>): void;
  /** Frees what it keeps between steps; the device's state stays. */
  dispose(): void;
}

/** Updates the network and answers the batch's losses. */
export interface TrainingStep {
  (batch: StepBatch): StepLosses;
  /** Frees what it keeps between steps; the device's state stays. */
  dispose(): void;
}

export function createTrainingStep(parts: StepParts): TrainingStep {
  const { compute, update, dispose } = createStepPhases(parts);
  const step = (batch: StepBatch): StepLosses => {
    const { losses, ...results } = compute(batch);
    update(results, batch);
    return losses;
  };
  return Object.assign(step, { dispose });
}

/** The key of what a step draws; a replica's share draws other numbers than the first one's. */
export const drawKey = (seed: number, { step, rank }: Pick<StepBatch, 'step' | 'rank'>): string => (rank ? `${seed}/${step}/${rank}` : `${seed}/${step}`);

/** The step in two parts, between which replicas exchange what they computed. */
export function createStepPhases({ engine, network, distiller, classWeights, device, optimizer, seed }: StepParts): StepPhases {
  const { tf } = engine;

  /** The network sees all views in one batch: weak first, then strong. */
  function byView(logits: Tensor2D): Record<ViewName, Tensor2D> {
    // tfjs's gradient of a split into one part fails.
    const parts = distiller.views.length === 1 ? [logits] : (tf.split(logits, distiller.views.length, 0) as Tensor2D[]);
    return Object.fromEntries(distiller.views.map((view, i) => [view, parts[i]])) as Record<ViewName, Tensor2D>;
  }

  function computeOnce(batch: StepBatch): StepResults {
    const { images: pixels, labels: classes, teacherLogits, epoch } = batch;
    let losses: StepLosses = {};
    const statistics: BatchStatistics[] = [];
    const gradients = tf.tidy(() => {
      const labels = tf.tensor1d(classes, 'int32');
      const weighted = classWeights && { classWeights: tf.tensor1d(classWeights) };
      const { height, width, channels } = network.inputShape;
      const images = tf.tensor4d(pixels, [distiller.views.length * classes.length, height, width, channels]);
      const teacher = teacherLogits ? byView(tf.tensor2d(teacherLogits, [images.shape[0], network.classes])) : ({} as Record<ViewName, Tensor2D>);
      const { grads } = tf.variableGrads(
        () => {
          const logits = trainForward(engine, network, device.parameters, images, (ofBatch) => statistics.push(ofBatch), seed === undefined ? undefined : drawKey(seed, batch));
          losses = distiller.losses(tf, { labels, student: byView(logits), teacher, epoch, ...weighted });
          for (const loss of Object.values(losses)) tf.keep(loss);
          return tf.addN(Object.values(losses)).asScalar();
        },
        [...device.parameters.values()],
      );
      return Object.fromEntries([...device.parameters].map(([name, variable]) => [name, grads[variable.name]]));
    });
    return { losses, gradients, statistics };
  }

  return {
    ...repeated({ engine, device }, computeOnce),

    update({ gradients, statistics }, { step, learningRate }) {
      optimizer.apply(gradients, learningRate, step);
      tf.dispose(gradients);
      device.updateRunningStatistics(statistics);
    },
  };
}
