/**
 * A replica: one copy of the network in training with all that trains it. Alone it takes whole batches; as one of several
 * it takes its share of every batch and exchanges what it computed, so that all copies stay the same. What it does is a
 * function of the seed, the epoch and the step, so replicas need nothing of each other but these sums.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { shuffle } from '../data/augmentation/index.ts';
import { normalise } from '@sld-edge/runtime';
import type { ImageSet } from '../data/sets/index.ts';
import { imageRange, openImageSet } from '../data/sets/image-set.ts';
import { methodNamed } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import type { Network } from '../networks/graph.ts';
import { stateSpec, type NetworkState } from '../networks/state.ts';
import { batchLabels } from './batch-labels.ts';
import { uploadState, type DeviceState } from './device-state.ts';
import { accuracy } from '../evaluation/accuracy.ts';
import { modelPixels } from '../evaluation/model-input.ts';
import { frozenLogits } from '../evaluation/network-logits.ts';
import { createOptimizerByDepth, ratesByDepth } from './optimizers/by-depth.ts';
import { parameterOf } from './optimizers/index.ts';
import { meanOfParts, partSize, partsOf } from './micro-batches.ts';
import { ALONE, type Member } from './parallel/all-reduce.ts';
import { meanOverReplicas, totalOverReplicas } from './parallel/exchange.ts';
import { learningRate } from './schedule.ts';
import { createStep, type StepBatch, type StepLosses } from './step.ts';
import { addSwaps, noSwaps, type TeacherSwaps } from './teacher-swaps.ts';
import { viewsOf, type Training } from './training.ts';
import { createBatchSource, ownBatchSource } from './views/batches.ts';
import { openViewMaker } from './views/view-maker.ts';
import { createWeightAverage } from './weight-average.ts';

export interface BeforeStep {
  device: DeviceState;
  /** This replica's share. */
  batch: StepBatch;
  /** The whole batch, as indices into the training set. */
  indices: Uint32Array;
  epoch: number;
  /** Number of the step in its epoch, from 1. */
  stepOfEpoch: number;
}

export interface EpochEnd {
  model: NetworkState;
  /** Moving average of the model's states, which is what was measured; absent: the model was. */
  average?: NetworkState;
  /** Fractions, in eval mode, of each measured set. */
  top1: number[];
  /** Swaps of the epoch, over all replicas. */
  swaps: TeacherSwaps;
}

export interface Replica {
  stepsPerEpoch: number;
  /** One epoch, step by step. The losses are those of the whole batch; whoever gets them disposes them. */
  epoch(epoch: number, beforeStep?: (state: BeforeStep) => Promise<void>): AsyncGenerator<{ losses: StepLosses; rate: number }>;
  /** Ends an epoch after its last step, in all replicas: each measures its share of the images. */
  finishEpoch(): Promise<EpochEnd>;
  downloadOptimizer(): Promise<NetworkState>;
  close(): Promise<void>;
}

/** First index of a rank's share of `count`. */
export const shareStart = (count: number, rank: number, members: number): number => Math.floor((count * rank) / members);

/**
 * @param engine the one that the training names, made in this thread
 * @param member its place among others; absent: it is alone
 * @throws Error in one line where the teacher can't be opened
 */
export async function openReplica(training: Training, engine: Engine, member: Member = ALONE): Promise<Replica> {
  const { tf } = engine;
  const { rank, members } = member;
  const { network, method, views, recipe, seed, start, preprocessing, stored = preprocessing } = training;
  const { batchSize, epochs } = recipe;
  const { labels } = training.train;
  const measured = [training.trainingProbe, training.validation].map(openImageSet);
  // Methods are functions, so each thread makes its own. The options are stated in full: epochs in them are the run's already.
  const distiller = methodNamed(method.name).create(method.options);
  // Several replicas keep every core busy by themselves.
  const source =
    members === 1 ? createBatchSource(viewsOf(training), training.workers) : ownBatchSource(await openViewMaker(viewsOf(training), engine));
  const device = uploadState(tf, network, start.model, engine.updates);
  const optimizer = createOptimizerByDepth(
    engine,
    recipe.optimizer.name,
    device.parameters,
    recipe.optimizer,
    ratesByDepth(network, recipe.depthRate),
    start.optimizer && uploadOptimizer(engine, network, start.optimizer),
  );
  const step = createStep(engine, training, distiller, device, optimizer);
  const average = recipe.emaDecay ? createWeightAverage(tf, network, device, recipe.emaDecay, start.average) : undefined;
  const stepsPerEpoch = Math.floor(labels.length / batchSize);
  let swaps = noSwaps(network.classes);

  return {
    stepsPerEpoch,

    async *epoch(epoch, beforeStep) {
      const order = shuffle(labels.length, seed, epoch);
      const batches = Array.from({ length: stepsPerEpoch }, (_, i) => order.subarray(i * batchSize, (i + 1) * batchSize));
      const shares = batches.map((batch) => batch.subarray(shareStart(batchSize, rank, members), shareStart(batchSize, rank + 1, members)));
      swaps = noSwaps(network.classes);
      let done = 0;
      for await (const reply of source.epoch(epoch, shares)) {
        const globalStep = (epoch - 1) * stepsPerEpoch + done;
        const rate = learningRate(
          recipe.schedule,
          recipe.learningRate,
          globalStep,
          stepsPerEpoch,
          epochs,
          Math.round(recipe.warmupEpochs * stepsPerEpoch),
        );
        const batch: StepBatch = {
          ...reply,
          ...batchLabels(training, epoch, shares[done]),
          epoch,
          step: globalStep + 1,
          learningRate: rate,
          rank,
        };
        if (beforeStep) await beforeStep({ device, batch, indices: batches[done], epoch, stepOfEpoch: done + 1 });
        const own = meanOfParts(tf, partsOf(batch, views.length, partSize(batch.labels.length, recipe.microBatch)), step.compute);
        const { losses, ...results } = members === 1 ? own : await meanOverReplicas(tf, member, own);
        step.update(results, batch);
        average?.add(batch.step);
        if (reply.teacherLogits) addSwaps(swaps, views, batch.labels, reply.teacherLogits, batch.shares);
        done++;
        yield { losses, rate };
      }
    },

    async finishEpoch() {
      const model = await device.download();
      const averaged = average && { average: await average.download() };
      const frozen = freeze(network, averaged?.average ?? model);
      const right: number[] = [];
      for (const set of measured) {
        const share = shareOf(set, rank, members);
        const { top1 } = accuracy(
          await frozenLogits(tf, frozen, share, (pixels) =>
            normalise(modelPixels(pixels, pixels.length / share.images.imageBytes, stored, preprocessing), preprocessing),
          ),
          share.labels,
          network.classes,
        );
        right.push(share.count === 0 ? 0 : Math.round(top1 * share.count));
      }
      const own = [...right, swaps.weak, swaps.strong, ...swaps.byClass];
      const all = members === 1 ? own : await totalOverReplicas(member, own);
      const [weak, strong, ...byClass] = all.slice(right.length);
      return { model, ...averaged, top1: measured.map(({ count }, i) => all[i] / count), swaps: { weak, strong, byClass } };
    },

    downloadOptimizer: () => downloadOptimizer(network, optimizer.state),

    async close() {
      await source.close();
      step.dispose();
      average?.dispose();
      device.dispose();
      optimizer.dispose();
    },
  };
}

function shareOf(set: ImageSet, rank: number, members: number): ImageSet {
  if (members === 1) return set;
  const [start, end] = [shareStart(set.count, rank, members), shareStart(set.count, rank + 1, members)];
  return imageRange(set, start, end);
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
