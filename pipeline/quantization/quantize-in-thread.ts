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
import { createProgress, type Progress } from '../support/progress.ts';
import { resultOfThread } from '../support/thread.ts';
import type { RunData } from '../data/run-data.ts';
import { calibrationCount } from './integer/calibration-images.ts';
import type { ActivationChoice } from './integer/choose-bits.ts';
import type { IntegerCalibration, IntegerOptions, QuantizerEvents } from './integer/quantize-network.ts';
import type { RoundedNetwork } from './integer/round-network.ts';
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

/** Note of the thread on its way. */
export type QuantizerNote = { choice: ActivationChoice } | { fraction: number; what: string };

/** Weights rounded to 8 bits with a scale for each output, for float32 arithmetic. */
export interface RoundingJob {
  to: 'uint8';
  network: FrozenNetwork;
  calibration: SetHandle;
  preprocessing: Preprocessing;
}

export interface MixJob {
  to: 'mixed';
  network: FrozenNetwork;
  /** By which each layer's damage is measured. */
  calibration: SetHandle;
  /** By which levels are learned. */
  rounding: SetHandle;
  validation: SetHandle;
  preprocessing: Preprocessing;
  maxDrop: number;
}

const WORKER = new URL('./quantize-worker.ts', import.meta.url);

/** Shows its progress. @throws Error in one line for a network that has no integer form */
export function quantizeInThread(
  network: FrozenNetwork,
  calibration: IntegerCalibration,
  options: IntegerOptions = {},
  { onChoice }: Pick<QuantizerEvents, 'onChoice'> = {},
): Promise<IntegerProgram> {
  const job: IntegerJob = { to: 'integer', network, calibration, options };
  return withProgress((progress) =>
    resultOfThread<IntegerProgram, QuantizerNote>(WORKER, job, 'quantizes', (note) =>
      'choice' in note ? onChoice?.(note.choice) : progress.update(note.fraction, note.what),
    ),
  );
}

async function withProgress<Result>(compute: (progress: Progress) => Promise<Result>): Promise<Result> {
  const progress = createProgress('quantize');
  try {
    return await compute(progress);
  } finally {
    progress.done();
  }
}

/** The network with weights of 8 bits, a scale for each output channel, for float32 arithmetic. Shows its progress. */
export function roundInThread(
  network: FrozenNetwork,
  { train, preprocessing }: Pick<RunData, 'train' | 'preprocessing'>,
): Promise<RoundedNetwork> {
  const job: RoundingJob = { to: 'uint8', network, calibration: handleOf(spreadOver(train, calibrationCount(network))), preprocessing };
  return withProgress((progress) =>
    resultOfThread<RoundedNetwork, QuantizerNote>(
      WORKER,
      job,
      'rounds',
      (note) => 'fraction' in note && progress.update(note.fraction, note.what),
    ),
  );
}

const handleOf = ({ images, labels }: ImageSet): SetHandle => ({ images: images.handle, labels });

/** Shows its progress. @param maxDrop points of top-1 on the validation images */
export function mixInThread(
  network: FrozenNetwork,
  { train, validation, preprocessing }: Pick<RunData, 'train' | 'validation' | 'preprocessing'>,
  maxDrop: number,
): Promise<Pick<ChosenMix, 'mix' | 'stored'>> {
  const job: MixJob = {
    to: 'mixed',
    network,
    calibration: handleOf(spreadOver(train, DAMAGE_IMAGES)),
    rounding: handleOf(spreadOver(train, calibrationCount(network))),
    validation: handleOf(validation),
    preprocessing,
    maxDrop,
  };
  return withProgress((progress) =>
    resultOfThread<Pick<ChosenMix, 'mix' | 'stored'>, QuantizerNote>(
      WORKER,
      job,
      'chooses the mix',
      (note) => 'fraction' in note && progress.update(note.fraction, note.what),
    ),
  );
}
