/** Estimates the time of a training from a few steps of it on this machine, which change nothing. */
import type { Engine } from '../../engines/engine.ts';
import { methodNamed } from '../../distillers/index.ts';
import { multiplyAdds } from '../../networks/state.ts';
import { uploadState } from '../device-state.ts';
import { partSize } from '../micro-batches.ts';
import { createOptimizer } from '../optimizers/index.ts';
import { createStep, readLosses, type StepBatch } from '../step.ts';
import { viewsOf, type Training } from '../training.ts';
import { openViewMaker } from '../views/view-maker.ts';

export interface TrainingTime {
  secondsPerStep: number;
  secondsPerEpoch: number;
  /** Time of the epochs that are left, with the measurement after each. */
  totalSeconds: number;
}

/** Multiplications and additions of a timed pass: large enough that the pace is that of a whole part, small enough to take no time. */
const TIMED_MULTIPLY_ADDS = 4e9;
/** Passes before those that are timed: engines trace the first two. */
const WARM_UP = 3;
const TIMED = 3;
/** Time of a pass beside others, over its time alone: replicas share caches and memory. */
const BESIDE_OTHERS = 1.15;
/** Passes of inference that a view of a training pass takes. */
const INFERENCE_PASSES = 3.5;

export async function trainingTime(training: Training, engine: Engine): Promise<TrainingTime> {
  const { network, recipe, replicas, workers, views, train, validation, trainingProbe, start } = training;
  const share = recipe.batchSize / replicas;
  const part = partSize(share, recipe.microBatch);
  const most = Math.max(1, Math.floor(TIMED_MULTIPLY_ADDS / (multiplyAdds(network) * views.length)));
  const images = partSize(part, Math.min(part, most));
  const { makeSeconds, computeSeconds, updateSeconds } = await paceOf(training, engine, images);
  const perShare = share / images;
  const beside = replicas > 1 ? BESIDE_OTHERS : 1;
  // With one replica other threads make the views meanwhile.
  const making = makeSeconds * perShare;
  const computing = computeSeconds * perShare + updateSeconds;
  const secondsPerStep = beside * (replicas > 1 ? making + computing : Math.max(making / workers, computing));
  const steps = Math.floor(train.labels.length / recipe.batchSize);
  const perImage = (beside * computeSeconds) / (images * views.length * INFERENCE_PASSES);
  const measuring = ((validation.labels.length + trainingProbe.labels.length) * perImage) / replicas;
  const secondsPerEpoch = steps * secondsPerStep + measuring;
  return { secondsPerStep, secondsPerEpoch, totalSeconds: (recipe.epochs - start.epochsDone) * secondsPerEpoch };
}

interface Pace {
  /** Views of the images, and the teacher's logits of them. */
  makeSeconds: number;
  computeSeconds: number;
  updateSeconds: number;
}

async function paceOf(training: Training, engine: Engine, images: number): Promise<Pace> {
  const { tf } = engine;
  const { network, method, start, train, recipe } = training;
  const indices = Uint32Array.from({ length: images }, (_, i) => i % train.labels.length);
  const maker = await openViewMaker(viewsOf(training), engine);
  const device = uploadState(tf, network, start.model, engine.updates);
  const optimizer = createOptimizer(engine, recipe.optimizer.name, device.parameters, recipe.optimizer);
  const step = createStep(engine, training, methodNamed(method.name).create(method.options), device, optimizer);
  const best: Pace = { makeSeconds: Infinity, computeSeconds: Infinity, updateSeconds: Infinity };
  const timed = async <T>(key: keyof Pace, counts: boolean, work: () => T | Promise<T>): Promise<T> => {
    const began = performance.now();
    const result = await work();
    if (counts) best[key] = Math.min(best[key], (performance.now() - began) / 1000);
    return result;
  };
  try {
    for (let i = 0; i < WARM_UP + TIMED; i++) {
      const counts = i >= WARM_UP;
      const made = await timed('makeSeconds', counts, () => maker.make({ epoch: 1, indices }));
      const labels = Int32Array.from(indices, (index) => train.labels[index]);
      const batch: StepBatch = { ...made, labels, epoch: 1, step: 1, learningRate: 0 };
      const computed = await timed('computeSeconds', counts, async () => {
        const results = step.compute(batch);
        await readLosses(tf, [results.losses]);
        return results;
      });
      await timed('updateSeconds', counts, () => step.update(computed, batch));
    }
    return best;
  } finally {
    step.dispose();
    device.dispose();
    optimizer.dispose();
    await maker.close();
  }
}
