/**
 * One step of training on an engine: forward, losses, gradients, update. The trainer repeats it; `bench/training.ts` times it.
 * Nothing in it waits for the engine: the losses stay there until somebody reads them. An engine that can repeat the ops of a
 * computation does so over an epoch (`engines/repetition.ts`).
 */
import type { NamedTensorMap, Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import type { Distiller, ViewName } from '../distillers/index.ts';
import type { Engine, Tfjs } from '../engines/engine.ts';
import { createRepetition } from '../engines/repetition.ts';
import { trainForward, type BatchStatistics } from '../networks/train-forward.ts';
import type { DeviceState } from './device-state.ts';
import type { Optimizer } from './optimizers/index.ts';
import type { Training } from './training.ts';

export interface StepBatch {
  /** All weak views, then all strong ones: `[views · B, H, W, C]`, normalised. */
  images: Float32Array;
  /** True classes, `B` of them. */
  labels: Int32Array;
  /** Shares of the classes in the samples, `[B, classes]`; absent where each is of its one class. */
  shares?: Float32Array;
  /** `[views · B, classes]`; absent without a teacher. */
  teacherLogits?: Float32Array;
  /** Number of the epoch, from 1. */
  epoch: number;
  /** Number of the step over the whole training, from 1. */
  step: number;
  learningRate: number;
  /** Rank of the replica whose share of the batch this is; absent: 0. */
  rank?: number;
  /** Place of this part among those that the batch is worked through in; absent: 0. */
  part?: number;
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

/** Results of a step on a batch before anything is updated. Whoever gets it disposes it. */
export interface StepResults {
  losses: StepLosses;
  /** Gradients by parameter. */
  gradients: NamedTensorMap;
  statistics: BatchStatistics[];
}

export interface TrainingStep {
  /** Forward, losses, gradients; changes nothing. */
  compute(batch: StepBatch): StepResults;
  /** Applies the gradients and the statistics, and disposes both. */
  update(results: Omit<StepResults, 'losses'>, at: Pick<StepBatch, 'step' | 'learningRate'>): void;
  /** Computes and applies the update of one batch. @returns its losses */
  run(batch: StepBatch): StepLosses;
  /** Frees what it keeps between steps; the device's state stays. */
  dispose(): void;
}

/** The key of what a step draws; a replica's share and a part of a batch draw other numbers than the first one's. */
export const drawKey = (seed: number, { step, rank = 0, part = 0 }: Pick<StepBatch, 'step' | 'rank' | 'part'>): string =>
  [seed, step, ...(rank || part ? [rank] : []), ...(part ? [part] : [])].join('/');

/**
 * @param training its network, and the weights of classes; its seed only where the network draws in training (dropout, stochastic depth)
 * @param device updated in place, as is the optimizer's state
 */
export function createStep(
  engine: Engine,
  { network, classWeights, labelSmoothing = 0, seed }: Pick<Training, 'network' | 'classWeights' | 'labelSmoothing'> & { seed?: number },
  distiller: Distiller,
  device: DeviceState,
  optimizer: Optimizer,
): TrainingStep {
  const { tf } = engine;

  /** The network sees all views in one batch: weak first, then strong. */
  function byView(logits: Tensor2D): Record<ViewName, Tensor2D> {
    // tfjs's gradient of a split into one part fails.
    const parts = distiller.views.length === 1 ? [logits] : (tf.split(logits, distiller.views.length, 0) as Tensor2D[]);
    return Object.fromEntries(distiller.views.map((view, i) => [view, parts[i]])) as Record<ViewName, Tensor2D>;
  }

  function computeOnce(batch: StepBatch): StepResults {
    const { images: pixels, labels: classes, shares, teacherLogits, epoch } = batch;
    let losses: StepLosses = {};
    const statistics: BatchStatistics[] = [];
    const gradients = tf.tidy(() => {
      const labels = tf.tensor1d(classes, 'int32');
      const weighted = classWeights && { classWeights: tf.tensor1d(classWeights) };
      const soft = (shares || labelSmoothing > 0) && {
        soft: { ...(shares && { shares: tf.tensor2d(shares, [classes.length, network.classes]) }), smoothing: labelSmoothing },
      };
      const { height, width, channels } = network.inputShape;
      const images = tf.tensor4d(pixels, [distiller.views.length * classes.length, height, width, channels]);
      const teacher = teacherLogits
        ? byView(tf.tensor2d(teacherLogits, [images.shape[0], network.classes]))
        : ({} as Record<ViewName, Tensor2D>);
      const { grads } = tf.variableGrads(() => {
        const logits = trainForward(
          engine,
          network,
          device.parameters,
          images,
          (ofBatch) => statistics.push(ofBatch),
          seed === undefined ? undefined : drawKey(seed, batch),
        );
        losses = distiller.losses(tf, { labels, student: byView(logits), teacher, epoch, ...weighted, ...soft });
        for (const loss of Object.values(losses)) tf.keep(loss);
        return tf.addN(Object.values(losses)).asScalar();
      }, [...device.parameters.values()]);
      return Object.fromEntries([...device.parameters].map(([name, variable]) => [name, grads[variable.name]]));
    });
    return { losses, gradients, statistics };
  }

  const repetition = createRepetition(engine, [...device.parameters.values()]);
  let names: Names;
  const step: TrainingStep = {
    compute(batch) {
      const { images, labels, shares, teacherLogits } = batch;
      const inputs = [images, labels, ...(shares ? [shares] : []), ...(teacherLogits ? [teacherLogits] : [])];
      const outputs = repetition.run(kindOf(batch), inputs, () => {
        const results = computeOnce(batch);
        names = namesOf(results);
        return tensorsOf(results);
      });
      return named(names, outputs);
    },

    update({ gradients, statistics }, { step, learningRate }) {
      optimizer.apply(gradients, learningRate, step);
      tf.dispose(gradients);
      device.updateRunningStatistics(statistics);
    },

    run(batch) {
      const { losses, ...results } = step.compute(batch);
      step.update(results, batch);
      return losses;
    },

    dispose: () => repetition.dispose(),
  };
  return step;
}

/** Batches of one kind are computed by the same ops; a method's terms may change from one epoch to the next. */
const kindOf = ({ epoch, images, labels, shares, teacherLogits }: StepBatch): string =>
  [epoch, images.length, labels.length, shares?.length, teacherLogits?.length].join('/');

interface Names {
  losses: string[];
  gradients: string[];
  statistics: string[];
}

const namesOf = ({ losses, gradients, statistics }: StepResults): Names => ({
  losses: Object.keys(losses),
  gradients: Object.keys(gradients),
  statistics: statistics.map(({ name }) => name),
});

/** All tensors of results, in a fixed order. */
export const tensorsOf = ({ losses, gradients, statistics }: StepResults): Tensor[] => [
  ...Object.values(losses),
  ...Object.values(gradients),
  ...statistics.flatMap(({ mean, variance }) => [mean, variance]),
];

/** Results with another tensor for each, made in the order of `tensorsOf`. */
export function mapResults(results: StepResults, change: (tensor: Tensor) => Tensor): StepResults {
  return named(namesOf(results), tensorsOf(results).map(change));
}

/** The tensors in the order of `tensorsOf` under their names. */
function named({ losses, gradients, statistics }: Names, tensors: Tensor[]): StepResults {
  let at = 0;
  const take = (names: string[]) => Object.fromEntries(names.map((name) => [name, tensors[at++]]));
  return {
    losses: take(losses),
    gradients: take(gradients),
    statistics: statistics.map((name) => ({ name, mean: tensors[at++], variance: tensors[at++] }) as BatchStatistics),
  };
}
