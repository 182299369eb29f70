/** Start of a training: pretrained weights that fit, and a head for the data's classes. */
import type { RunData } from '../data/run-data.ts';
import type { Augmentation } from '../data/augmentation/index.ts';
import type { Tfjs } from '../engines/engine.ts';
import { ofUnitValues, PLAIN_SCALE, type ModelPreprocessing } from '../evaluation/model-input.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork, type Network } from '../networks/index.ts';
import { stateFromUnfrozen, unfreeze } from '../networks/unfreeze.ts';
import type { NetworkState } from '../networks/state.ts';
import type { Pretrained } from '../teachers/pretrained/index.ts';
import { balancedClassWeights } from '../data/sets/class-counts.ts';
import type { TrainingStart } from '../training/run.ts';
import { describeFitting, fittingWeights } from './fitting-weights.ts';
import { trainHead } from './train-head.ts';

export interface TransferOptions {
  tf: Tfjs;
  backbone: Pretrained;
  /** A registered network's name: the backbone's, or one of its family. */
  student: string;
  data: RunData;
  /** Preprocessing of the network's images; default: the data's. */
  preprocessing?: ModelPreprocessing;
  augmentation: Pick<Augmentation, 'flip' | 'resizedCrop'>;
  classWeights: 'none' | 'balanced';
  seed: number;
  say(line: string): void;
}

export interface Transferred {
  network: Network;
  /** With the head trained on cached features. */
  state: NetworkState;
  validationTop1: number;
  /** For training on: batch norms are folded, so that their statistics stay. */
  start: TrainingStart;
  /** The state of `network` for a state of `start`'s. */
  finish(trained: NetworkState): NetworkState;
}

/** Stream of the random numbers of weights that start afresh. */
const FRESH_WEIGHTS = 0x7a45;

/** @throws Error in one line where nothing fits, or the network has no head or can't be trained folded */
export async function transfer(options: TransferOptions): Promise<Transferred> {
  const { tf, backbone, student, data, augmentation, seed, say } = options;
  const preprocessing = options.preprocessing ?? { ...data.preprocessing, scale: PLAIN_SCALE, channelOrder: 'rgb' as const };
  const { height, width, channels } = preprocessing;
  const network = buildNetwork(student, { inputShape: { height, width, channels }, classes: data.labels.length });
  // Inputs are divided by deviations: by one of grey images, by three of the network's own.
  const colourFactors = ofUnitValues(backbone.preprocessing).std.map((own) => ofUnitValues(preprocessing).std[0] / own);
  const fitting = fittingWeights(network, backbone.state, backbone.name, [seed, FRESH_WEIGHTS], colourFactors);
  for (const line of describeFitting(network, backbone.name, fitting)) say(line);
  if (data.inputShape.channels < channels) say(`grey images: ${network.name} sees each level in all three colour channels`);
  const head = await trainHead({
    tf,
    network,
    state: fitting.state,
    data,
    preprocessing,
    augmentation,
    seed,
    ...(options.classWeights === 'balanced' && { classWeights: balancedClassWeights(data.train.labels, data.labels.length) }),
    say,
  });
  const folded = unfreeze(freeze(network, head.state));
  return {
    network,
    state: head.state,
    validationTop1: head.validationTop1,
    start: {
      network: folded.network,
      state: folded.state,
      identity: `${backbone.sha256} ${head.strength}`,
      ...(options.preprocessing && { preprocessing: options.preprocessing }),
      validationTop1: head.validationTop1,
    },
    finish: (trained) => stateFromUnfrozen(network, trained),
  };
}
