/** The integer variant (docs/integer-arithmetic.md) as one more point beside the mixes of weights. */
import { against } from '../../evaluation/accuracy.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import type { IntegerProgram } from '@sld-edge/runtime/integer';
import type { Tfjs } from '../../engines/engine.ts';
import type { NetworkHandle } from '../../teachers/handle.ts';
import type { RunData } from '../../data/run-data.ts';
import { calibrationOf } from '../integer/calibration-images.ts';
import { quantizeNetwork } from '../integer/quantize-network.ts';
import type { MeasuredMix } from './compare-mixes.ts';

/** Bytes of all arrays of numbers. */
export const integerWeightBytes = ({ nodes }: IntegerProgram): number => nodes.reduce((sum, node) => sum + Object.values(node).reduce((bytes: number, value: unknown) => bytes + (ArrayBuffer.isView(value) ? value.byteLength : 0), 0), 0);

/** By the defaults of `quantize:integer`. @throws Error in one line for a network that has no integer form */
export async function measureIntegers(tf: Tfjs, { network, preprocessing }: NetworkHandle, data: RunData, float32: Float32Array): Promise<MeasuredMix> {
  const program = await quantizeNetwork(tf, network, calibrationOf(data.train, data.inputShape, preprocessing));
  const logits = await logitsOf({ kind: 'program', program }, data.test.images, preprocessing, { size: data.inputShape, threads: 1 });
  return { variant: 'integers', kind: 'integer', opens: 'integer runtime', weightBytes: integerWeightBytes(program), ...against(float32, logits, data.test.labels, network.classes) };
}
