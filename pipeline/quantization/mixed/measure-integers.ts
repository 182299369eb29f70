/** The integer variant (docs/integer-arithmetic.md) as one more point beside the mixes of weights. */
import type { IntegerProgram } from '@sld-edge/runtime/integer/index.ts';
import type { Tfjs } from '../../engines/engine.ts';
import { spreadOver } from '../../datasets/image-set.ts';
import type { NetworkHandle } from '../../teachers/handle.ts';
import { toTeacherPixels } from '../../teachers/preprocessing.ts';
import type { RunData } from '../../training/data.ts';
import { CALIBRATION_IMAGES, pixelScale } from '../integer/calibration-images.ts';
import { integerLogits } from '../integer/integer-logits.ts';
import { integerDefaults, quantizeNetwork } from '../integer/quantize-network.ts';
import { against } from './against.ts';
import type { MeasuredMix } from './compare-mixes.ts';

/** Bytes of all arrays of numbers. */
export const integerWeightBytes = ({ nodes }: IntegerProgram): number => nodes.reduce((sum, node) => sum + Object.values(node).reduce((bytes: number, value: unknown) => bytes + (ArrayBuffer.isView(value) ? value.byteLength : 0), 0), 0);

/** By the defaults of `quantize:integer`. @throws Error in one line for a network that has no integer form */
export async function measureIntegers(tf: Tfjs, { network, preprocessing }: NetworkHandle, data: RunData, float32: Float32Array): Promise<MeasuredMix> {
  const { images, count } = spreadOver(data.train, CALIBRATION_IMAGES);
  const pixels = toTeacherPixels(images.range(0, count), count, data.inputShape, preprocessing);
  const program = quantizeNetwork(tf, network, { pixels, scale: pixelScale(preprocessing) }, integerDefaults);
  const logits = await integerLogits(program, data.test.images, data.inputShape, preprocessing, 1);
  return { variant: 'integers', kind: 'integer', opens: 'integer runtime', weightBytes: integerWeightBytes(program), ...against(float32, logits, data.test.labels, network.classes) };
}
