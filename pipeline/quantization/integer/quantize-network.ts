/** All steps from a frozen network and calibration images to its integer program. */
import { largestActivation, type ActivationBits, type IntegerProgram } from '@sld-edge/runtime/integer';
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import type { ActivationScale, IntegerScope } from '../../networks/operations/integer-def.ts';
import { createFrozenRunner } from '../../networks/run-frozen.ts';
import { activationsBeforeConcat } from './activations-before-concat.ts';
import { leastErrorRange, scaleOf } from './choose-range.ts';
import { chooseBits, type ActivationChoice } from './choose-bits.ts';
import { countValues, emptyHistogram, extremesOf, type Histogram } from './histogram.ts';
import { assertIntegerForm, lowerToIntegers } from './lower.ts';
import { roundNetwork } from './round-network.ts';
import { scaleGroups } from './scale-groups.ts';
import { imagesOfBatch, visitLayers, type CalibrationImages } from '../visit-layers.ts';

export interface IntegerOptions {
  /**
   * Scales of activations from quantization-aware training (`aware/statement.ts`): nothing is then calibrated or corrected, for the weights
   * are made for them.
   */
  scales?: Map<string, ActivationScale>;
  /** Bits of an activation; default: 7 where they answer as the float network does, else 8 (`choose-bits.ts`). */
  activationBits?: ActivationBits;
  /** Images by which the bits are chosen; default: those of the calibration. */
  judging?: JudgingImages;
}

export interface JudgingImages {
  /** uint8 NHWC. */
  pixels: Uint8Array;
  /** Set that they are of, for people: `validation`. */
  name: string;
}

/** Listeners of the quantizer on its way. */
export interface QuantizerEvents {
  onProgress?(fraction: number, what: string): void;
  onChoice?(choice: ActivationChoice): void;
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
  { onProgress = () => {}, onChoice = () => {} }: QuantizerEvents = {},
): Promise<IntegerProgram> {
  assertIntegerForm(frozen);
  const network = activationsBeforeConcat(frozen);
  if (options.scales) return lowerToIntegers(network, options.scales, scale);
  const images = networkInputs(pixels, network, scale);
  const histograms = await observeActivations(tf, network, images, (share) => onProgress(OBSERVED * share, 'ranges of activations'));
  const groups = scaleGroups(network);
  const make = async (activationBits: ActivationBits): Promise<IntegerProgram> => {
    const scales = scalesOf(histograms, network, scale, activationBits);
    const rounded = await roundNetwork(
      tf,
      network,
      images,
      { levels: { scaleOf: (name) => scales.get(groups.get(name)!)!, largest: largestActivation(activationBits) } },
      (share, layer) => {
        const [from, to] = activationBits === options.activationBits ? [OBSERVED, 1] : PARTS[activationBits];
        onProgress(from + share * (to - from), `${layer}, activations of ${activationBits} bits`);
      },
    );
    return lowerToIntegers(rounded.network, scales, scale, { activationBits, weightScales: rounded.weightScales });
  };
  if (options.activationBits) return make(options.activationBits);
  const judging = options.judging ?? { pixels, name: 'calibration' };
  const float = await floatLogits(tf, network, networkInputs(judging.pixels, network, scale));
  const { program, choice } = await chooseBits(make, { pixels: judging.pixels, images: judging.name, float });
  onChoice(choice);
  return program;
}

/** Parts of the whole work: ranges of activations, then a program of 7 bits, then perhaps one of 8. */
const OBSERVED = 0.15;
const PARTS: Record<ActivationBits, [number, number]> = { 7: [OBSERVED, 0.6], 8: [0.6, 1] };

async function floatLogits(tf: Tfjs, network: FrozenNetwork, { count, inputs }: CalibrationImages): Promise<Float32Array> {
  const { height, width, channels } = network.inputShape;
  const runner = createFrozenRunner(tf, network);
  const batch = imagesOfBatch(network);
  const logits = new Float32Array(count * network.classes);
  for (let start = 0; start < count; start += batch) {
    const end = Math.min(count, start + batch);
    const value = tf.tidy(() => runner.logits(tf.tensor4d(inputs(start, end), [end - start, height, width, channels])));
    logits.set((await value.data()) as Float32Array, start * network.classes);
    value.dispose();
  }
  runner.dispose();
  return logits;
}

/** The scale of each group of nodes that share one, by its first node (`scaleGroups`). */
export async function activationScales(
  tf: Tfjs,
  network: FrozenNetwork,
  images: CalibrationImages,
  pixels: IntegerScope['pixels'],
  activationBits: ActivationBits = 7,
): Promise<Map<string, ActivationScale>> {
  return scalesOf(await observeActivations(tf, network, images), network, pixels, activationBits);
}

function scalesOf(
  histograms: Map<string, Histogram>,
  network: FrozenNetwork,
  { factor, offset }: IntegerScope['pixels'],
  activationBits: ActivationBits,
): Map<string, ActivationScale> {
  const largest = largestActivation(activationBits);
  const scales = new Map([...histograms].map(([group, histogram]) => [group, scaleOf(leastErrorRange(histogram, largest), largest)]));
  // The input's extremes are known: those of levels 0 and 255.
  scales.set(
    network.nodes[0].name,
    scaleOf(extremesOf(Float32Array.from(factor.flatMap((factor, c) => [offset[c], 255 * factor + offset[c]]))), largest),
  );
  return scales;
}

/** Histograms by the name of each group's first node (`scaleGroups`). */
async function observeActivations(
  tf: Tfjs,
  network: FrozenNetwork,
  images: CalibrationImages,
  onProgress: (fraction: number) => void = () => {},
): Promise<Map<string, Histogram>> {
  const groups = scaleGroups(network);
  const histograms = new Map([...groups.values()].map((group) => [group, emptyHistogram()]));
  let done = 0;
  await visitLayers(tf, network, images, {
    pick: (_node, value) => value,
    read: ({ name }, values) => countValues(histograms.get(groups.get(name)!)!, values),
    onImages: (count) => onProgress((done += count) / images.count),
  });
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
