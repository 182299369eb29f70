/**
 * A replica: one copy of the network in training with all that trains it. Alone it takes whole batches; as one of several
 * it takes its share of every batch and exchanges what it computed, so that all copies stay the same. What it does is a
 * function of the seed, the epoch and the step, so replicas need nothing of each other but these sums.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { shuffle } from '../data/augmentation/index.ts';
import type { ImageSet } from '../data/sets/index.ts';
import { imageRange } from '../data/sets/image-set.ts';
import type { Distiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import type { Network } from '../networks/graph.ts';
import { stateSpec, type NetworkState } from '../networks/state.ts';
import type { BatchSource } from './batches.ts';
import { uploadState, type DeviceState } from './device-state.ts';
import { accuracy } from '../evaluation/accuracy.ts';
import { frozenLogits } from '../evaluation/network-logits.ts';
import { createOptimizer, parameterOf } from './optimizers/index.ts';
import type { Member } from './parallel/all-reduce.ts';
import { meanOverReplicas, totalOverReplicas } from './parallel/exchange.ts';
import { learningRate } from './schedule.ts';
import { createStepPhases, type StepBatch, type StepLosses } from './step.ts';
import { addSwaps, noSwaps, type TeacherSwaps } from './teacher-swaps.ts';
import type { Recipe } from './train.ts';

export interface ReplicaParts {
  engine: Engine;
  network: Network;
  distiller: Distiller;
  classWeights?: Float32Array;
  /** What it starts from. */
  model: NetworkState;
  /** Absent: that of a fresh optimizer. */
  optimizer?: NetworkState;
  /** Of the whole training set. */
  labels: Uint16Array;
  /** Measured after each epoch. */
  measured: readonly ImageSet[];
  normalise(pixels: Uint8Array): Float32Array;
  recipe: Recipe;
  seed: number;
  /** Where its batches come from; it closes it. */
  source: BatchSource;
  /** Its place among others; absent: it is alone. */
  member?: Member;
}

export interface BeforeStep {
  device: DeviceState;
  /** This replica's share. */
  batch: StepBatch;
  /** The whole batch, as indices into the training set. */
  indices: Uint32Array;
  epoch: number;
  /** From 1. */
  stepOfEpoch: number;
}

export interface EpochEnd {
  model: NetworkState;
  /** Fractions, in eval mode, of each measured set. */
  top1: number[];
  /** Of the epoch, over all replicas. */
  swaps: TeacherSwaps;
}

export interface Replica {
  stepsPerEpoch: number;
  /** One epoch, step by step. The losses are those of the whole batch; whoever gets them disposes them. */
  epoch(epoch: number, beforeStep?: (state: BeforeStep) => Promise<void>): AsyncGenerator<{ losses: StepLosses; rate: number }>;
  /** After the last step of an epoch, by all replicas: each measures its share of the images. */
  finishEpoch(): Promise<EpochEnd>;
  downloadOptimizer(): Promise<NetworkState>;
  close(): Promise<void>;
}

/** Where the share of a rank begins among `count`. */
export const shareStart = (count: number, rank: number, members: number): number => Math.floor((count * rank) / members);

export function createReplica({ engine, network, distiller, recipe, seed, labels, source, member, ...parts }: ReplicaParts): Replica {
  const { tf } = engine;
  const { rank, members } = member ?? { rank: 0, members: 1 };
  const { batchSize, epochs } = recipe;
  const device = uploadState(tf, network, parts.model, engine.updates);
  const optimizer = createOptimizer(engine, recipe.optimizer.name, device.parameters, recipe.optimizer, parts.optimizer && uploadOptimizer(engine, network, parts.optimizer));
  const step = createStepPhases({ engine, network, distiller, device, optimizer, seed, ...(parts.classWeights && { classWeights: parts.classWeights }) });
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
        const rate = learningRate(recipe.schedule, recipe.learningRate, globalStep, stepsPerEpoch, epochs, Math.round(recipe.warmupEpochs * stepsPerEpoch));
        const batch: StepBatch = { ...reply, labels: Int32Array.from(shares[done], (index) => labels[index]), epoch, step: globalStep + 1, learningRate: rate, rank };
        if (beforeStep) await beforeStep({ device, batch, indices: batches[done], epoch, stepOfEpoch: done + 1 });
        const own = step.compute(batch);
        const { losses, ...results } = member ? await meanOverReplicas(tf, member, own) : own;
        step.update(results, batch);
        if (reply.teacherLogits) addSwaps(swaps, distiller.views, batch.labels, reply.teacherLogits);
        done++;
        yield { losses, rate };
      }
    },

    async finishEpoch() {
      const model = await device.download();
      const frozen = freeze(network, model);
      const right: number[] = [];
      for (const set of parts.measured) {
        const share = shareOf(set, rank, members);
        const { top1 } = accuracy(await frozenLogits(tf, frozen, share, parts.normalise), share.labels, network.classes);
        right.push(share.count === 0 ? 0 : Math.round(top1 * share.count));
      }
      const own = [...right, swaps.weak, swaps.strong, ...swaps.byClass];
      const all = member ? await totalOverReplicas(member, own) : own;
      const [weak, strong, ...byClass] = all.slice(right.length);
      return { model, top1: parts.measured.map(({ count }, i) => all[i] / count), swaps: { weak, strong, byClass } };
    },

    downloadOptimizer: () => downloadOptimizer(network, optimizer.state),

    async close() {
      await source.close();
      step.dispose();
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
