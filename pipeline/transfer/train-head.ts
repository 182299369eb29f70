/** The head of a network trained on cached features: the backbone is frozen, batch norm's statistics with it. */
import type { RunData } from '../data/run-data.ts';
import type { Augmentation } from '../data/augmentation/index.ts';
import type { Tfjs } from '../engines/engine.ts';
import { PLAIN_SCALE, type ModelPreprocessing } from '../evaluation/model-input.ts';
import type { Network } from '../networks/index.ts';
import type { NetworkState } from '../networks/state.ts';
import { createProgress, duration, percent, type Progress } from '../support/progress.ts';
import { featureNetwork, headOf } from './backbone.ts';
import { featuresOf, fixedViews, PLAIN } from './features.ts';
import { softmaxRegression } from './softmax-regression.ts';

export interface HeadTraining {
  tf: Tfjs;
  network: Network;
  /** Its head is replaced; the rest stays. */
  state: NetworkState;
  data: Pick<RunData, 'train' | 'validation' | 'inputShape' | 'preprocessing'>;
  /** Preprocessing of the network's images; default: the data's. */
  preprocessing?: ModelPreprocessing;
  /** Mirror images and crops that are trained on too. */
  augmentation: Pick<Augmentation, 'flip' | 'resizedCrop'>;
  seed: number;
  classWeights?: Float32Array;
  say(line: string): void;
  progress?: Progress;
}

export interface TrainedHead {
  state: NetworkState;
  validationTop1: number;
  /** L2 strength of the head's weights, of standardised features. */
  strength: number;
  seconds: number;
}

/** @throws Error in one line for a network without a head, or features that are not finite */
export async function trainHead(training: HeadTraining): Promise<TrainedHead> {
  const { tf, network, data, augmentation, seed, classWeights, say } = training;
  const head = headOf(network);
  const progress = training.progress ?? createProgress('features');
  const began = performance.now();
  const views = fixedViews(augmentation, seed);
  const source = {
    tf,
    backbone: featureNetwork(network, training.state),
    stored: data.inputShape,
    preprocessing: training.preprocessing ?? { ...data.preprocessing, scale: PLAIN_SCALE, channelOrder: 'rgb' as const },
  };
  const passes = views.length * data.train.count + data.validation.count;
  let done = 0;
  const onImages = (count: number): void => {
    done += count;
    progress.update(done / passes, `${network.name} on ${Math.round(done)} of ${passes} views`);
  };
  const features = new Float32Array(views.length * data.train.count * head.features);
  for (const [i, view] of views.entries())
    features.set(await featuresOf(source, data.train, view, onImages), i * data.train.count * head.features);
  const held = await featuresOf(source, data.validation, PLAIN, onImages);
  const seconds = (performance.now() - began) / 1000;
  progress.done(
    `features of ${network.name}: ${passes} views in ${duration(1000 * seconds)} (${Math.round(passes / seconds)} images/s), ${head.features} numbers each`,
  );
  const labels = Uint16Array.from(views.flatMap(() => [...data.train.labels]));
  const found = await softmaxRegression(
    tf,
    { features, labels },
    { features: held, labels: data.validation.labels },
    network.classes,
    classWeights,
    (fraction) => progress.update(fraction, 'strengths of the head'),
  );
  const state: NetworkState = new Map(training.state);
  state.set(head.weight, { shape: [network.classes, head.features], data: found.weight });
  state.set(head.bias, { shape: [network.classes], data: found.bias });
  say(
    `head of ${network.name} on cached features: top-1 validation ${percent(found.validationTop1)} of ${data.validation.count}, L2 strength ${found.strength} chosen there`,
  );
  return { state, validationTop1: found.validationTop1, strength: found.strength, seconds: (performance.now() - began) / 1000 };
}
