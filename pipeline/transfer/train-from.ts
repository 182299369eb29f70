/** A classifier from pretrained weights: its head on cached features, then, where that is wanted, the whole network by small steps. */
import type { Preprocessing } from '@sld-edge/runtime';
import { augmentationOf } from '../data/augmentation/from-settings.ts';
import { ofUnitValues, PLAIN_SCALE, type ImageSize, type ModelPreprocessing } from '../evaluation/model-input.ts';
import type { RunConfiguration } from '../packaging/settings.ts';
import type { Pretrained } from '../teachers/pretrained/index.ts';
import { runTraining, type RunOptions, type TrainingRun } from '../training/run.ts';
import { inputSizeFor } from './input-size.ts';
import { transfer } from './start.ts';

export interface TransferRun extends RunOptions<RunConfiguration> {
  backbone: Pretrained;
  /** Preprocessing of the network's images; default: the data's. */
  preprocessing?: ModelPreprocessing;
  /** The whole network is trained after its head, by the configuration's method and recipe. */
  trainsAll: boolean;
}

export interface TransferredRun extends TrainingRun<RunConfiguration> {
  preprocessing: Preprocessing;
}

/** @throws Error in one line where the weights do not fit, or the network can't be trained so */
export async function trainFrom({ backbone, preprocessing: own, trainsAll, ...options }: TransferRun): Promise<TransferredRun> {
  const { configuration, engine, data, folder, say } = options;
  const { student, classWeights, seed } = configuration;
  const augmentation = augmentationOf(configuration);
  const from = { tf: engine.tf, backbone, student, data, ...(own && { preprocessing: own }), augmentation, classWeights, seed, say };
  const { network, state, start, validationTop1, finish } = await transfer(from);
  const preprocessing = own ? ofUnitValues(own) : data.preprocessing;
  if (!trainsAll)
    return { network, state, history: [], kept: { epoch: 0, validationTop1 }, folder, configuration, methodOptions: {}, preprocessing };
  const trained = await runTraining({ ...options, start });
  return { ...trained, network, state: finish(trained.state), preprocessing };
}

/**
 * Preprocessing of stored images for a teacher.
 * @param isSized they were brought to a size (`--image-size`) and are taken as they are; others are taken at a size that suits them
 * @param inputSize side in pixels, where it was stated
 * @returns undefined where it sees them as the data are preprocessed
 */
export function teachersView(
  { preprocessing }: Pretrained,
  stored: ImageSize,
  isSized: boolean,
  inputSize?: number,
): ModelPreprocessing | undefined {
  const shorterSide = Math.min(stored.height, stored.width);
  const size = inputSize ?? (isSized ? shorterSide : inputSizeFor(shorterSide, preprocessing.height));
  const { channels, mean, std, fit, filter } = ofUnitValues(preprocessing);
  if (size === stored.height && size === stored.width && stored.channels === channels) return undefined;
  // What part of a picture is seen was decided when it was stored.
  return { height: size, width: size, channels, fit, filter, mean, std, scale: PLAIN_SCALE, channelOrder: 'rgb' };
}
