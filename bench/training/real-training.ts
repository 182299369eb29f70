/** The trainer itself, as a run arranges it: views and the teacher in a worker thread, ahead of the training thread; or replicas. */
import { createRandom } from '../../pipeline/data/augmentation/random.ts';
import type { Engine } from '../../pipeline/engines/index.ts';
import { freeze } from '../../pipeline/networks/freeze.ts';
import { imagesInMemory } from '../../pipeline/data/sets/image-source.ts';
import type { ImageSet } from '../../pipeline/data/sets/index.ts';
import { networkHandle } from '../../pipeline/teachers/teacher-handle.ts';
import type { SgdOptions } from '../../pipeline/training/optimizers/sgd.ts';
import { memoryOfTraining } from '../../pipeline/training/estimate/training-memory.ts';
import { watchPace } from '../../pipeline/training/estimate/training-time.ts';
import { train } from '../../pipeline/training/train.ts';
import { trainingOf } from '../../pipeline/training/training.ts';
import { type Preprocessing } from '@sld-edge/runtime';
import type { TrainingCase } from './cases.ts';
import type { Sample } from './sample.ts';

export interface RealTraining {
  steps: number;
  replicas: number;
  /** Labelled images a second over these steps; the steps before them (threads starting, caches filling) don't count. */
  imagesPerSecond: number;
  /** Processor time of one of these steps, all threads; idle ones that spin count. */
  cpuMsPerStep: number;
  /** Processor time of its process from the start on, all threads. */
  cpuSeconds: number;
  /** Largest resident memory of its process, all threads. */
  peakBytes: number;
  /** Estimates that a run prints: of memory before it trains, of time after the first steps. */
  estimated: { peakBytes: number; secondsPerStep: number };
}

export async function measureRealTraining(
  engine: Engine,
  { batchSize, input, classes }: TrainingCase,
  sample: Sample,
  sgd: SgdOptions,
  learningRate: number,
  warmUpSteps: number,
  steps: number,
  replicas: number,
  microBatch: number,
  onStep: (done: number) => void,
): Promise<RealTraining> {
  const random = createRandom(2);
  const imageBytes = input.height * input.width * input.channels;
  const imagesOf = (count: number): ImageSet => {
    const pixels = new Uint8Array(new SharedArrayBuffer(count * imageBytes));
    for (let i = 0; i < pixels.length; i++) pixels[i] = random.integer(256);
    return {
      count,
      images: imagesInMemory(pixels, imageBytes),
      labels: Uint16Array.from({ length: count }, () => random.integer(classes)),
    };
  };
  const each = <T>(value: T): T[] => new Array<T>(input.channels).fill(value);
  const preprocessing: Preprocessing = {
    ...input,
    channels: input.channels as 1 | 3,
    fit: 'cover',
    filter: 'triangle',
    mean: each(0.5),
    std: each(0.29),
  };
  const probe = imagesOf(batchSize);
  let began = 0;
  let ended = 0;
  const cpuMs = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  let cpuBegan = 0;
  let cpuEnded = 0;
  const training = trainingOf({
    engine,
    network: sample.network,
    start: { model: sample.state, epochsDone: 0 },
    distiller: sample.distiller,
    ...(sample.teacher && { teacher: networkHandle(freeze(sample.teacher.network, sample.teacher.state), preprocessing) }),
    data: { train: imagesOf((warmUpSteps + steps) * batchSize), validation: probe, trainingProbe: probe, preprocessing },
    recipe: {
      epochs: 1,
      batchSize,
      microBatch,
      learningRate,
      warmupEpochs: 0,
      schedule: { kind: 'cosine' },
      optimizer: { name: 'sgd', ...sgd },
    },
    seed: 1,
    replicas,
  });
  const estimatedBytes = process.memoryUsage.rss() + memoryOfTraining(training).totalBytes;
  const pace = watchPace(training);
  let estimatedSeconds = NaN;
  await train(training, engine, {
    onStep({ step, stepsPerEpoch }) {
      estimatedSeconds = pace.onStep({ step, stepsPerEpoch })?.secondsPerStep ?? estimatedSeconds;
      [ended, cpuEnded] = [performance.now(), cpuMs()];
      if (step === warmUpSteps) [began, cpuBegan] = [ended, cpuEnded];
      onStep(step);
    },
  });
  return {
    steps,
    replicas,
    imagesPerSecond: (steps * batchSize * 1000) / (ended - began),
    cpuMsPerStep: (cpuEnded - cpuBegan) / steps,
    cpuSeconds: cpuMs() / 1000,
    peakBytes: 1024 * process.resourceUsage().maxRSS,
    estimated: { peakBytes: estimatedBytes, secondsPerStep: estimatedSeconds },
  };
}
