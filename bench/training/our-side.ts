/** Our side of the comparison: the very step that training runs, after the teacher's logits where the case has a teacher. */
import type { DeviceState } from '../../pipeline/training/device-state.ts';
import { uploadState } from '../../pipeline/training/device-state.ts';
import { createOptimizer, type Optimizer } from '../../pipeline/training/optimizers/index.ts';
import type { SgdOptions } from '../../pipeline/training/optimizers/sgd.ts';
import { createStep, readLosses } from '../../pipeline/training/step.ts';
import type { Distiller } from '../../pipeline/distillers/index.ts';
import type { Engine } from '../../pipeline/engines/index.ts';
import { freeze } from '../../pipeline/networks/freeze.ts';
import { createFrozenRunner, type FrozenRunner } from '../../pipeline/networks/run-frozen.ts';
import { featureNetwork } from '../../pipeline/transfer/backbone.ts';
import type { Sample } from './sample.ts';

/** The pieces of a step; the profiler puts itself between them. */
export interface StepPieces {
  device: DeviceState;
  optimizer: Optimizer;
  distiller: Distiller;
  teacher?: FrozenRunner;
}

export interface OurSide {
  /** One step on the sample's batch; answers the losses by name, or for features their mean. */
  step(learningRate: number): Promise<Record<string, number>>;
  dispose(): void;
}

/** @param observe may wrap the pieces before the step is made of them */
export function createOurSide(
  engine: Engine,
  sample: Sample,
  options: SgdOptions,
  observe: (pieces: StepPieces) => StepPieces = (pieces) => pieces,
): OurSide {
  const { tf } = engine;
  const { network, images, labels } = sample;
  const device = uploadState(tf, network, sample.state, engine.updates);
  const pieces = observe({
    device,
    optimizer: createOptimizer(engine, 'sgd', device.parameters, options),
    distiller: sample.distiller,
    ...(sample.teacher && { teacher: createFrozenRunner(tf, freeze(sample.teacher.network, sample.teacher.state)) }),
  });
  const trainingStep = createStep(engine, { network }, pieces.distiller, pieces.device, pieces.optimizer);
  const { height, width, channels } = network.inputShape;

  /** Asks the teacher as the view worker does. */
  async function teacherLogits(teacher: FrozenRunner): Promise<Float32Array> {
    const input = tf.tensor4d(images, [sample.distiller.views.length * labels.length, height, width, channels]);
    const logits = teacher.logits(input);
    const values = ((await logits.data()) as Float32Array).slice();
    logits.dispose();
    input.dispose();
    return values;
  }

  return {
    async step(learningRate) {
      const losses = trainingStep.run({
        images,
        labels,
        ...(pieces.teacher && { teacherLogits: await teacherLogits(pieces.teacher) }),
        epoch: 1,
        step: 1,
        learningRate,
      });
      return (await readLosses(tf, [losses]))[0];
    },
    dispose() {
      pieces.teacher?.dispose();
      trainingStep.dispose();
      pieces.optimizer.dispose();
      device.dispose();
    },
  };
}

/** Features of the sample's batch, as `transfer/features.ts` computes them. */
export function createFeatureSide({ tf }: Engine, { network, state, images, labels }: Sample): OurSide {
  const runner = createFrozenRunner(tf, featureNetwork(network, state));
  const { height, width, channels } = network.inputShape;
  return {
    async step() {
      const input = tf.tensor4d(images, [labels.length, height, width, channels]);
      const features = runner.logits(input);
      const values = (await features.data()) as Float32Array;
      tf.dispose([features, input]);
      return { features: values.reduce((sum, value) => sum + value, 0) / values.length };
    },
    dispose: () => runner.dispose(),
  };
}
