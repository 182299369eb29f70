/** The mix of encodings for a package, chosen on the WebAssembly engine in a thread of its own, whatever engine trained the network. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { ImageSourceHandle } from '../../data/sets/image-source.ts';
import { spreadOver } from '../../data/sets/image-set.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { answerOfThread } from '../../support/answer.ts';
import type { RunData } from '../../data/run-data.ts';
import type { ChosenMix } from './choose-mix.ts';
import { DAMAGE_IMAGES } from './defaults.ts';

/** A set as threads hand it on. */
export interface SetHandle {
  images: ImageSourceHandle;
  labels: Uint16Array;
}

export interface MixJob {
  network: FrozenNetwork;
  calibration: SetHandle;
  validation: SetHandle;
  preprocessing: Preprocessing;
  maxDrop: number;
}

/** @param maxDrop points of top-1 on the validation images */
export function mixInThread(network: FrozenNetwork, { train, validation, preprocessing }: Pick<RunData, 'train' | 'validation' | 'preprocessing'>, maxDrop: number): Promise<Pick<ChosenMix, 'mix' | 'stored'>> {
  const handleOf = ({ images, labels }: ImageSet): SetHandle => ({ images: images.handle, labels });
  const job: MixJob = { network, calibration: handleOf(spreadOver(train, DAMAGE_IMAGES)), validation: handleOf(validation), preprocessing, maxDrop };
  return answerOfThread(new URL('./mix-worker.ts', import.meta.url), job, 'chooses the mix');
}
