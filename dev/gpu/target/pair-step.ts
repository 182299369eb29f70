/** A step of distillation on a GPU: the teacher's logits stay there, the trainer's step follows at once, nothing waits. */
import type { Tensor2D } from '@tensorflow/tfjs-core';
import type { Distiller, ViewName } from '../../../pipeline/distillers/index.ts';
import type { Engine } from '../../../pipeline/engines/engine.ts';
import { freeze } from '../../../pipeline/networks/freeze.ts';
import { createFrozenRunner } from '../../../pipeline/networks/run-frozen.ts';
import { uploadState } from '../../../pipeline/training/device-state.ts';
import { createOptimizer } from '../../../pipeline/training/optimizers/index.ts';
import { createStep, readLosses, type StepLosses } from '../../../pipeline/training/step.ts';
import { makeSample } from '../../../bench/training/sample.ts';
import { pairCase } from './pairs.ts';

/** The published recipe's. */
export const SGD = { momentum: 0.9, weightDecay: 5e-4, nesterov: false };
/** Small: the batch repeats and its labels are noise; the time of a step does not depend on it. */
export const LEARNING_RATE = 1e-3;

export interface PairSide {
  /** Puts a step into the GPU's queue; its losses are read with `read`. */
  step(): StepLosses;
  read(steps: StepLosses[]): Promise<Record<string, number>[]>;
  dispose(): void;
}

export function createPairSide(engine: Engine, pair: string, batchSize: number): PairSide {
  const { tf } = engine;
  const sample = makeSample(pairCase(pair, batchSize));
  const { network, images, labels } = sample;
  const device = uploadState(tf, network, sample.state, engine.updates);
  const optimizer = createOptimizer(engine, 'sgd', device.parameters, SGD);
  const teacher = createFrozenRunner(tf, freeze(sample.teacher!.network, sample.teacher!.state));
  const { height, width, channels } = network.inputShape;
  const views = sample.distiller.views;
  let teacherLogits: Tensor2D;
  // The step uploads logits that come from a worker; here they are on the GPU already.
  const distiller: Distiller = {
    ...sample.distiller,
    losses(tf, batch) {
      const parts = tf.split(teacherLogits, views.length, 0) as Tensor2D[];
      return sample.distiller.losses(tf, {
        ...batch,
        teacher: Object.fromEntries(views.map((view, i) => [view, parts[i]])) as Record<ViewName, Tensor2D>,
      });
    },
  };
  const step = createStep(engine, { network }, distiller, device, optimizer);
  return {
    step() {
      teacherLogits = tf.tidy(() => teacher.logits(tf.tensor4d(images, [views.length * labels.length, height, width, channels])));
      const losses = step.run({ images, labels, epoch: 1, step: 1, learningRate: LEARNING_RATE });
      teacherLogits.dispose();
      return losses;
    },
    read: (steps) => readLosses(tf, steps),
    dispose() {
      teacher.dispose();
      optimizer.dispose();
      device.dispose();
    },
  };
}
