/** Settings of a run that follow from the weights that it starts from. */
import { openDataset } from '../data/sets/index.ts';
import { dataSettings, nameOfSet } from '../data/settings.ts';
import { ofUnitValues } from '../evaluation/model-input.ts';
import type { RunConfiguration } from '../packaging/settings.ts';
import type { Pretrained } from '../teachers/pretrained/index.ts';
import { inputSizeFor } from './input-size.ts';
import { surveyFolder } from './survey.ts';

/** Fine-tuning: small steps, smaller ones for what lies deeper, and the best epoch counts. */
export const FINE_TUNING = {
  optimizer: 'adamw',
  learningRate: 3e-4,
  depthRate: 0.1,
  batchSize: 32,
  keep: 'best',
} as const satisfies Partial<RunConfiguration>;

/**
 * A layer of settings under those that are stated: the network, how it sees images, and a recipe of small steps. Images of a folder are brought to
 * the network's own size, or to less where they are small; other data keep theirs.
 * @param stated the data, and the size of its images where somebody set it
 * @throws Error in one line for weights that see images in a way that training here does not have
 */
export async function settingsFrom(
  backbone: Pretrained,
  spec: string,
  { data = dataSettings.data.default, imageSize }: Partial<Pick<RunConfiguration, 'data' | 'imageSize'>>,
): Promise<Partial<RunConfiguration>> {
  const { network, preprocessing } = backbone;
  if (preprocessing.channelOrder !== 'rgb') throw new Error(`${spec} sees images as BGR: a training can't start from it`);
  const { mean, std, cropRatio = 1 } = ofUnitValues(preprocessing);
  const layer = { ...FINE_TUNING, from: spec, student: network.name };
  if (nameOfSet(data) !== 'folder') {
    const { channels } = await openDataset(data);
    // Grey images are normalised as the three channels are on average.
    const as = (values: number[]): number[] => (channels === 1 ? [average(values)] : values);
    return channels <= preprocessing.channels ? { ...layer, inputMean: as(mean), inputStd: as(std) } : layer;
  }
  const { shorterSide } = await surveyFolder(data.slice('folder:'.length));
  const size = imageSize ?? inputSizeFor(shorterSide, preprocessing.height);
  // What is enlarged already is not cropped.
  return { ...layer, inputMean: mean, inputStd: std, imageSize: size, cropRatio: size <= shorterSide ? cropRatio : 1 };
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
