/** All steps from a frozen network and calibration images to its integer program. */
import { checkProgram, type IntegerProgram } from '@sld-edge/runtime/integer';
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import type { ActivationScale, IntegerScope } from '../../networks/operations/integer-def.ts';
import { activationsBeforeConcat } from './activations-before-concat.ts';
import { leastErrorRange, scaleOf } from './choose-range.ts';
import { correctProgram } from './correct-program.ts';
import { equalise } from './equalise.ts';
import { countValues, emptyHistogram, extremesOf, type Extremes, type Histogram } from './histogram.ts';
import { assertIntegerForm, lowerToIntegers } from './lower.ts';
import { scaleGroups } from './scale-groups.ts';
import { visitLayers, type CalibrationImages } from '../visit-layers.ts';

export interface IntegerOptions {
  /**
   * Scales of activations from quantization-aware training (`aware/statement.ts`): nothing is then calibrated or corrected, for the weights
   * are made for them.
   */
  scales?: Map<string, ActivationScale>;
  /** Cross-layer equalisation before anything else; it has cost accuracy on every network that was trained here. */
  equalise?: boolean;
}

/** Images to calibrate on, of the training set: as pixels and as the network sees them. */
export interface IntegerCalibration {
  /** uint8 NHWC. */
  pixels: Uint8Array;
  /** Scale from a pixel to the network's input, per channel: factor · level + offset. */
  scale: IntegerScope['pixels'];
}

/** @throws Error in one line for a network that has no integer form */
export async function quantizeNetwork(
  tf: Tfjs,
  frozen: FrozenNetwork,
  { pixels, scale }: IntegerCalibration,
  options: IntegerOptions = {},
): Promise<IntegerProgram> {
  assertIntegerForm(frozen);
  let network = activationsBeforeConcat(frozen);
  if (options.scales) return lowerToIntegers(network, options.scales, scale);
  if (options.equalise) network = equalise(network);
  const images = networkInputs(pixels, network, scale);
  const program = lowerToIntegers(network, await activationScales(tf, network, images, scale), scale);
  const corrected = await correctProgram(tf, network, program, pixels, images);
  checkProgram(corrected);
  return corrected;
}

/** The scale of each group of nodes that share one, by its first node (`scaleGroups`). */
export async function activationScales(
  tf: Tfjs,
  network: FrozenNetwork,
  images: CalibrationImages,
  { factor, offset }: IntegerScope['pixels'],
): Promise<Map<string, ActivationScale>> {
  const histograms = await observeActivations(tf, network, images);
  const scales = new Map([...histograms].map(([group, histogram]) => [group, scaleOf(leastErrorRange(histogram))]));
  // The input's extremes are known: those of levels 0 and 255.
  scales.set(
    network.nodes[0].name,
    scaleOf(extremesOf(Float32Array.from(factor.flatMap((factor, c) => [offset[c], 255 * factor + offset[c]])))),
  );
  return scales;
}

/**
 * Histograms by the name of each group's first node (`scaleGroups`). The images are computed twice: for the extremes, then for what lies
 * between.
 */
async function observeActivations(tf: Tfjs, network: FrozenNetwork, images: CalibrationImages): Promise<Map<string, Histogram>> {
  const groups = scaleGroups(network);
  const visit = (read: (group: string, values: Float32Array) => void): Promise<void> =>
    visitLayers(tf, network, images, { pick: (_node, value) => value, read: ({ name }, values) => read(groups.get(name)!, values) });
  const extremes = new Map<string, Extremes>();
  await visit((group, values) => extremes.set(group, extremesOf(values, extremes.get(group))));
  const histograms = new Map([...extremes].map(([group, range]) => [group, emptyHistogram(range)]));
  await visit((group, values) => countValues(histograms.get(group)!, values));
  return histograms;
}

/** Converts pixels to the network's input. */
export function networkInputs(
  pixels: Uint8Array,
  { inputShape: { height, width, channels } }: Pick<FrozenNetwork, 'inputShape'>,
  { factor, offset }: IntegerScope['pixels'],
): CalibrationImages {
  const size = height * width * channels;
  return {
    count: pixels.length / size,
    inputs: (start, end) =>
      Float32Array.from(pixels.subarray(start * size, end * size), (level, i) => factor[i % channels] * level + offset[i % channels]),
  };
}

/** Bytes of all arrays of numbers. */
export const programWeightBytes = ({ nodes }: IntegerProgram): number =>
  nodes
    .flatMap((node) => Object.values(node) as unknown[])
    .reduce((bytes: number, value) => bytes + (ArrayBuffer.isView(value) ? value.byteLength : 0), 0);
