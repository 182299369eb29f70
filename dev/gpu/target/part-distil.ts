/** A training on CIFAR-100 by the trainer that every run uses, as far as the time allows; it goes on from its checkpoint. */
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Preprocessing } from '@sld-edge/runtime';
import { createRandom } from '../../../pipeline/data/augmentation/index.ts';
import { imagesInMemory } from '../../../pipeline/data/sets/image-source.ts';
import type { ImageSet } from '../../../pipeline/data/sets/index.ts';
import { createDistiller } from '../../../pipeline/distillers/index.ts';
import { freeze } from '../../../pipeline/networks/freeze.ts';
import { buildNetwork } from '../../../pipeline/networks/index.ts';
import { initialState, type NetworkState } from '../../../pipeline/networks/state.ts';
import { readSafetensors } from '../../../pipeline/weights/safetensors.ts';
import { networkHandle } from '../../../pipeline/teachers/teacher-handle.ts';
import { readCheckpoint, writeCheckpoint } from '../../../pipeline/training/checkpoint.ts';
import { train } from '../../../pipeline/training/train.ts';
import { trainingOf } from '../../../pipeline/training/training.ts';
import { unpackImages } from '../image-pack.ts';
import { readCifar100 } from '../cifar100-records.ts';
import { openEngine } from './open-engine.ts';
import { tell, type Distillation } from './results.ts';

export interface DistilOptions {
  stage: Distillation['stage'];
  epochs: number;
  batchSize: number;
  minutes: number;
  out: string;
  /** A folder with CIFAR-100's `train.bin` and `test.bin`, in place of the bundle's images. */
  data?: string;
  /** Number of training images, and a quarter as many for validation; 0: all. */
  images: number;
}

const TEACHER = 'resnet56';
const STUDENT = 'resnet20';
const SHAPE = { height: 32, width: 32, channels: 3 };
const CLASSES = 100;
/** CIFAR-100's, as `pipeline/data/sets` has them. */
const PREPROCESSING: Preprocessing = {
  ...SHAPE,
  channels: 3,
  fit: 'cover',
  filter: 'triangle',
  mean: [0.5071, 0.4867, 0.4408],
  std: [0.2675, 0.2565, 0.2761],
};

function imageSet({ pixels, labels }: { pixels: Uint8Array; labels: Uint16Array }, most: number): ImageSet {
  const count = most > 0 ? Math.min(most, labels.length) : labels.length;
  const imageBytes = pixels.length / labels.length;
  return { count, images: imagesInMemory(pixels.subarray(0, count * imageBytes), imageBytes), labels: labels.subarray(0, count) };
}

const checkpointOf = (out: string, stage: Distillation['stage']): string => join(out, `${stage}.checkpoint.safetensors`);

/** The teacher's weights: given with the bundle, or those of the checkpoint that this bundle trained. */
function teacherState(folder: string, out: string): NetworkState | undefined {
  const given = join(folder, `${TEACHER}.safetensors`);
  return existsSync(given) ? readSafetensors(given).tensors : readCheckpoint(checkpointOf(out, 'teacher'))?.model;
}

export const hasTeacher = (folder: string): boolean => existsSync(join(folder, `${TEACHER}.safetensors`));

export async function distilPart(folder: string, { stage, epochs, batchSize, minutes, out, data, images }: DistilOptions): Promise<void> {
  const [training, validation] = ['train', 'test'].map((name, i) =>
    imageSet(data ? readCifar100(join(data, `${name}.bin`)) : unpackImages(readFileSync(join(folder, `${name}.images`))), images / 4 ** i),
  );
  const engine = await openEngine();
  const network = buildNetwork(stage === 'teacher' ? TEACHER : STUDENT, { inputShape: SHAPE, classes: CLASSES });
  const teacher = stage === 'student' ? teacherState(folder, out) : undefined;
  if (stage === 'student' && !teacher) throw new Error('there is no teacher: its training did not end its first epoch');
  const path = checkpointOf(out, stage);
  const configuration = JSON.stringify({ stage, epochs, batchSize, images: training.count });
  const checkpoint = readCheckpoint(path);
  if (checkpoint && checkpoint.configuration !== configuration)
    throw new Error(`${path} belongs to another training (${checkpoint.configuration}); name another OUT`);
  if (checkpoint) tell({ kind: 'note', value: `${stage}: goes on after epoch ${checkpoint.epochsDone}` });
  const deadline = performance.now() + 60_000 * minutes;
  class TimeIsUp extends Error {}
  const milestones = [150 / 240, 180 / 240, 210 / 240];
  try {
    const record = trainingOf({
      engine,
      network,
      start: checkpoint ?? { model: initialState(network, createRandom(1)), epochsDone: 0 },
      distiller: createDistiller(stage === 'teacher' ? 'ce' : 'sld', { epochs }),
      ...(teacher && {
        teacher: networkHandle(freeze(buildNetwork(TEACHER, { inputShape: SHAPE, classes: CLASSES }), teacher), PREPROCESSING),
      }),
      data: { train: training, validation, trainingProbe: validation, preprocessing: PREPROCESSING },
      // The published rate is for 64 images, and goes with the batch (Goyal et al. 2017, arXiv 1706.02677).
      recipe: {
        epochs,
        batchSize,
        microBatch: 0,
        learningRate: (0.05 * batchSize) / 64,
        warmupEpochs: batchSize > 64 ? 5 : 0,
        schedule: { kind: 'step', milestones, factor: 0.1 },
        optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4, nesterov: false },
      },
      seed: 1,
      workers: Math.max(1, Math.min(4, availableParallelism() - 1)),
    });
    await train(record, engine, {
      onEpoch(report, state) {
        writeCheckpoint(path, { ...state, seed: 1, configuration });
        const { losses, validationTop1, imagesPerSecond, seconds } = report;
        const value = { stage, epoch: report.epoch, epochs, loss: losses.total, validationTop1, imagesPerSecond, secondsOfEpoch: seconds };
        tell({ kind: 'distillation', value });
        if (performance.now() > deadline) throw new TimeIsUp();
      },
    });
  } catch (error) {
    if (!(error instanceof TimeIsUp)) throw error;
    tell({ kind: 'note', value: `${stage}: its time is up; run again with the same OUT to go on` });
  }
}
