/** The losses of a training's first steps on one engine held against another's: the same weights, batches, views and seed. */
import { createRandom } from '../../pipeline/data/augmentation/index.ts';
import type { Engine } from '../../pipeline/engines/index.ts';
import { freeze } from '../../pipeline/networks/freeze.ts';
import { buildNetwork } from '../../pipeline/networks/index.ts';
import { initialState } from '../../pipeline/networks/state.ts';
import { networkHandle } from '../../pipeline/teachers/teacher-handle.ts';
import { tinyRunData } from '../../pipeline/testing/tiny-data.ts';
import { tinyTraining } from '../../pipeline/testing/tiny-training.ts';
import { train } from '../../pipeline/training/train.ts';
import { makeCurrent } from './current-engine.ts';

const BATCH = 16;
const STEPS_PER_EPOCH = 20;
/** Training doubles rounding differences every few steps; at 40 times this rate TensorFlow and WASM part by a tenth within 100 steps, at this one by a hundredth. */
const LEARNING_RATE = 5e-4;

/** The loss of each step of SLD on small images, its teacher in a worker thread. */
export async function lossCurve(engine: Engine, steps: number): Promise<number[]> {
  await makeCurrent(engine);
  const data = tinyRunData({ classes: 5, channels: 3, counts: { train: BATCH * STEPS_PER_EPOCH, validation: 10, test: 10 } });
  const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 5 });
  const epochs = Math.ceil(steps / STEPS_PER_EPOCH);
  const losses: number[] = [];
  let sum = 0;
  const training = tinyTraining({
    engine,
    data: { ...data, trainingProbe: data.validation },
    network,
    teacher: networkHandle(freeze(network, initialState(network, createRandom(2))), data.preprocessing),
    recipe: { epochs, batchSize: BATCH, learningRate: LEARNING_RATE },
  });
  await train(training, engine, {
    // The loss that is told is the mean of the epoch so far.
    onStep({ step, loss }) {
      const total = loss * step;
      losses.push(step === 1 ? total : total - sum);
      sum = total;
    },
  });
  return losses.slice(0, steps);
}
