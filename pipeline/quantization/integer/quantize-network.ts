/** All steps from a frozen network and calibration images to its integer program. */
import { checkProgram, type IntegerProgram } from '@sld-edge/runtime/integer/index.ts';
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import type { ActivationScale, IntegerScope } from '../../networks/operations/integer-def.ts';
import { activationsBeforeConcat } from './activations-before-concat.ts';
import { chooseRange, scaleOf, type Calibration } from './choose-range.ts';
import { correctBiases } from './correct-bias.ts';
import { equalise } from './equalise.ts';
import { extremesOf } from './histogram.ts';
import { assertIntegerForm, lowerToIntegers } from './lower.ts';
import { observeActivations, type CalibrationImages } from './observe-activations.ts';

export interface IntegerOptions extends Calibration {
  /** Cross-layer equalisation before anything else. */
  equalise: boolean;
  /** Bias correction after everything else. */
  correctBias: boolean;
  /** Of activations, as quantization-aware training had them (`aware/statement.ts`): nothing is calibrated or corrected then, its weights are made for them. */
  scales?: Map<string, ActivationScale>;
}

/** By measurement (docs/measurements.md): bias correction helps depthwise networks most, equalisation hurts where weights have a scale per channel. */
export const integerDefaults: IntegerOptions = { range: 'mse', percentile: 99.99, equalise: false, correctBias: true };

/** Images to calibrate on, of the training set: as pixels and as the network sees them. */
export interface IntegerCalibration {
  /** uint8 NHWC. */
  pixels: Uint8Array;
  /** How a pixel becomes the network's input, per channel: factor · level + offset. */
  scale: IntegerScope['pixels'];
}

/** @throws Error in one line for a network that has no integer form */
export function quantizeNetwork(tf: Tfjs, frozen: FrozenNetwork, { pixels, scale }: IntegerCalibration, options: IntegerOptions): IntegerProgram {
  assertIntegerForm(frozen);
  let network = activationsBeforeConcat(frozen);
  if (options.scales) return lowerToIntegers(network, options.scales, scale);
  if (options.equalise) network = equalise(network);
  const images = networkInputs(pixels, network, scale);
  const program = lowerToIntegers(network, activationScales(tf, network, images, scale, options), scale);
  if (!options.correctBias) return program;
  const corrected = correctBiases(tf, network, program, pixels, images);
  checkProgram(corrected);
  return corrected;
}

/** The scale of each group of nodes that share one, by its first node (`scaleGroups`). */
export function activationScales(tf: Tfjs, network: FrozenNetwork, images: CalibrationImages, { factor, offset }: IntegerScope['pixels'], calibration: Calibration): Map<string, ActivationScale> {
  const scales = new Map([...observeActivations(tf, network, images)].map(([group, histogram]) => [group, scaleOf(chooseRange(histogram, calibration))]));
  // The input's extremes are known: those of levels 0 and 255.
  scales.set(network.nodes[0].name, scaleOf(extremesOf(Float32Array.from(factor.flatMap((factor, c) => [offset[c], 255 * factor + offset[c]])))));
  return scales;
}

/** What the network sees of pixels. */
export function networkInputs(pixels: Uint8Array, { inputShape: { height, width, channels } }: Pick<FrozenNetwork, 'inputShape'>, { factor, offset }: IntegerScope['pixels']): CalibrationImages {
  const inputs = new Float32Array(pixels.length);
  for (let i = 0; i < pixels.length; i++) inputs[i] = factor[i % channels] * pixels[i] + offset[i % channels];
  return { count: pixels.length / (height * width * channels), inputs };
}
