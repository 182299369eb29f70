/** Jobs that the quantizing thread is sent. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { ImageSourceHandle } from '../data/sets/image-source.ts';
import type { FrozenNetwork } from '../networks/freeze.ts';
import type { IntegerCalibration, IntegerOptions } from './integer/quantize-network.ts';

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
