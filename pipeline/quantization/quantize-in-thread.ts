/**
 * Quantized forms of a network for a package, made on the WebAssembly engine in a thread of its own: tfjs has one current backend
 * a thread, and the same binary gives the same result whatever engine trained the network.
 */
import type { Preprocessing } from '@sld-edge/runtime';
import type { IntegerProgram } from '@sld-edge/runtime/integer';
import type { ImageSourceHandle } from '../data/sets/image-source.ts';
import { spreadOver } from '../data/sets/image-set.ts';
import type { ImageSet } from '../data/sets/index.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import { resultOfThread } from '../support/thread.ts';
import type { RunData } from '../data/run-data.ts';
import { calibrationCount } from './integer/calibration-images.ts';
import type { IntegerCalibration, IntegerOptions } from './integer/quantize-network.ts';
import { DAMAGE_IMAGES, type ChosenMix } from './mixed/choose-mix.ts';

/** A set as threads hand it on. */
export interface SetHandle {
  images: ImageSourceHandle;
  labels: Uint16Array;
}

export interface IntegerJob {
  to: 'integer';
  network: FrozenNetwork;
  calibration: IntegerCalibration;
  options: IntegerOptions;
}

/** Biases corrected for weights that are all rounded to 8 bits, a scale a tensor. */
export interface CorrectionJob {
  to: 'uint8';
  network: FrozenNetwork;
  calibration: SetHandle;
  preprocessing: Preprocessing;
}

export interface MixJob {
  to: 'mixed';
  network: FrozenNetwork;
  calibration: SetHandle;
  validation: SetHandle;
  preprocessing: Preprocessing;
  maxDrop: number;
}

const WORKER = new URL('./quantize-worker.ts', import.meta.url);

/** @throws Error in one line for a network that has no integer form */
export function quantizeInThread(
  network: FrozenNetwork,
  calibration: IntegerCalibration,
  options: IntegerOptions = {},
): Promise<IntegerProgram> {
  return resultOfThread<IntegerProgram>(WORKER, { to: 'integer', network, calibration, options } satisfies IntegerJob, 'quantizes');
}

/** @returns the network with biases that take back what rounding all weights to 8 bits, a scale a tensor, does to the means of its layers */
export function correctInThread(
  network: FrozenNetwork,
  { train, preprocessing }: Pick<RunData, 'train' | 'preprocessing'>,
): Promise<FrozenNetwork> {
  const job: CorrectionJob = { to: 'uint8', network, calibration: handleOf(spreadOver(train, calibrationCount(network))), preprocessing };
  return resultOfThread(WORKER, job, 'corrects the biases');
}

const handleOf = ({ images, labels }: ImageSet): SetHandle => ({ images: images.handle, labels });

/** @param maxDrop points of top-1 on the validation images */
export function mixInThread(
  network: FrozenNetwork,
  { train, validation, preprocessing }: Pick<RunData, 'train' | 'validation' | 'preprocessing'>,
  maxDrop: number,
): Promise<Pick<ChosenMix, 'mix' | 'stored'>> {
  const job: MixJob = {
    to: 'mixed',
    network,
    calibration: handleOf(spreadOver(train, DAMAGE_IMAGES)),
    validation: handleOf(validation),
    preprocessing,
    maxDrop,
  };
  return resultOfThread(WORKER, job, 'chooses the mix');
}
