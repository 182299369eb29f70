/** A synthetic batch and weights that both sides start from. Nothing here is learned from: only time and agreement are read. */
import { createRandom, type Random } from '../../pipeline/data/augmentation/random.ts';
import { createSld } from '../../pipeline/distillers/sld.ts';
import { createCe } from '../../pipeline/distillers/ce.ts';
import type { Distiller } from '../../pipeline/distillers/index.ts';
import { buildNetwork, type Network } from '../../pipeline/networks/index.ts';
import { freeze } from '../../pipeline/networks/freeze.ts';
import { initialState, type NetworkState } from '../../pipeline/networks/state.ts';
import { unfreeze } from '../../pipeline/networks/unfreeze.ts';
import type { TrainingCase } from './cases.ts';

export interface Sample {
  network: Network;
  state: NetworkState;
  distiller: Distiller;
  teacher?: { network: Network; state: NetworkState };
  /** `[views · B, H, W, C]`, uniform in ±√3, which has mean 0 and variance 1 like normalised images. */
  images: Float32Array;
  labels: Int32Array;
}

export function makeSample({ student, teacher, folded, input, classes, batchSize }: TrainingCase): Sample {
  const random = createRandom(1);
  const options = { inputShape: input, classes };
  const built = buildNetwork(student, options);
  // From epoch 1 on with the student's swap, so that the step has all of its losses.
  const distiller = teacher ? createSld({ gammaEpoch: 0 }) : createCe();
  const images = new Float32Array(distiller.views.length * batchSize * input.height * input.width * input.channels);
  for (let i = 0; i < images.length; i++) images[i] = (2 * random.next() - 1) * Math.sqrt(3);
  const teacherNetwork = teacher ? buildNetwork(teacher, options) : undefined;
  const { network, state } = folded
    ? unfreeze(freeze(built, withStatistics(initialState(built, random), random)))
    : { network: built, state: initialState(built, random) };
  return {
    network,
    state,
    distiller,
    ...(teacherNetwork && { teacher: { network: teacherNetwork, state: withStatistics(initialState(teacherNetwork, random), random) } }),
    images,
    labels: Int32Array.from({ length: batchSize }, () => random.integer(classes)),
  };
}

/** Batch norms as a trained network has them: none is the identity, so that a fold or a statistic that is wrong shows. */
function withStatistics(state: NetworkState, random: Random): NetworkState {
  for (const [name, { data }] of state) {
    const [low, high] = name.endsWith('running_var') ? [1, 3] : name.endsWith('running_mean') ? [-0.5, 0.5] : [0, 0];
    if (high > low) for (let i = 0; i < data.length; i++) data[i] = low + (high - low) * random.next();
  }
  return state;
}
