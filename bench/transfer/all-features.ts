/** Features of every image of a data set, of training, validation and test alike. */
import { augmentationOf } from '../../pipeline/data/augmentation/from-settings.ts';
import { openRunData } from '../../pipeline/data/run-data.ts';
import { featuresOf, fixedViews } from '../../pipeline/transfer/features.ts';
import { PLAIN_SCALE } from '../../pipeline/evaluation/model-input.ts';
import { joinedSets } from '../../pipeline/data/sets/image-set.ts';
import type { DataSettings } from '../../pipeline/data/settings.ts';
import type { Tfjs } from '../../pipeline/engines/engine.ts';
import { buildNetwork } from '../../pipeline/networks/index.ts';
import { openPretrained } from '../../pipeline/teachers/pretrained/index.ts';
import { featureNetwork } from '../../pipeline/transfer/backbone.ts';

/** `[rows, width]` */
export interface Features {
  width: number;
  values: Float32Array;
}

export interface AllFeatures {
  /** Features of the images as they are, first, and of the other views that a planned run trains its head on. */
  views: Features[];
  /** Class of each row. */
  rowLabels: Uint16Array;
  classes: number;
}

export async function allFeatures(
  tf: Tfjs,
  from: string,
  data: DataSettings & { seed: number },
  say: (line: string) => void,
): Promise<AllFeatures> {
  const { network, state, preprocessing } = await openPretrained(from);
  const { mean, std } = preprocessing;
  const { labels, inputShape, preprocessing: seen, ...sets } = await openRunData({ ...data, inputMean: mean, inputStd: std }, say);
  const set = joinedSets(joinedSets(sets.train, sets.validation), sets.test);
  const backbone = featureNetwork(buildNetwork(network.name, { inputShape, classes: network.classes }), state);
  const source = { tf, backbone, stored: inputShape, preprocessing: { ...seen, scale: PLAIN_SCALE, channelOrder: 'rgb' as const } };
  const views: Features[] = [];
  for (const view of fixedViews(augmentationOf(data), data.seed)) {
    const values = await featuresOf(source, set, view);
    views.push({ values, width: values.length / set.count });
  }
  return { views, rowLabels: set.labels, classes: labels.length };
}

/** Rows at these places, of each of the features. */
export function rowsOf(features: Features[], places: number[]): Float32Array<ArrayBuffer> {
  const [{ width }] = features;
  const out = new Float32Array(features.length * places.length * width);
  features.forEach(({ values }, view) =>
    places.forEach((place, row) => out.set(values.subarray(place * width, (place + 1) * width), (view * places.length + row) * width)),
  );
  return out;
}
