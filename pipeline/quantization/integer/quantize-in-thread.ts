/**
 * The integer program of a frozen network, made on the WebAssembly engine in a thread of its own: tfjs has one current backend a
 * thread, and the same binary gives the same program whatever engine trained the network.
 */
import type { IntegerProgram } from '@sld-edge/runtime/integer/index.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { answerOfThread } from '../../support/answer.ts';
import type { IntegerCalibration, IntegerOptions } from './quantize-network.ts';

export interface QuantizeJob {
  frozen: FrozenNetwork;
  calibration: IntegerCalibration;
  options: IntegerOptions;
}

/** @throws Error in one line for a network that has no integer form */
export function quantizeInThread(frozen: FrozenNetwork, calibration: IntegerCalibration, options: IntegerOptions): Promise<IntegerProgram> {
  const job: QuantizeJob = { frozen, calibration, options };
  return answerOfThread<IntegerProgram>(new URL('./quantize-worker.ts', import.meta.url), job, 'quantizes');
}
