/** Features of every image of a data set, of training, validation and test alike. */
import { openRunData } from '../../pipeline/data/run-data.ts';
import { featuresOf, fixedViews, type FixedView } from '../../pipeline/transfer/features.ts';
import { PLAIN_SCALE } from '../../pipeline/evaluation/model-input.ts';
import { imagesInMemory } from '../../pipeline/data/sets/image-source.ts';
import type { ImageSet } from '../../pipeline/data/sets/index.ts';
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
  plain: Features;
  mirrored: Features;
  /** All images, in the order of the rows. */
  set: ImageSet;
  labels: string[];
}

export async function allFeatures(tf: Tfjs, from: string, data: DataSettings, say: (line: string) => void): Promise<AllFeatures> {
  const { network, state, preprocessing } = await openPretrained(from);
  const { mean, std } = preprocessing;
  const { labels, inputShape, preprocessing: seen, ...sets } = await openRunData({ ...data, inputMean: mean, inputStd: std }, say);
  const set = joined([sets.train, sets.validation, sets.test]);
  const backbone = featureNetwork(buildNetwork(network.name, { inputShape, classes: network.classes }), state);
  const source = { tf, backbone, stored: inputShape, preprocessing: { ...seen, scale: PLAIN_SCALE, channelOrder: 'rgb' as const } };
  const of = async (view: FixedView): Promise<Features> => {
    const values = await featuresOf(source, set, view);
    return { values, width: values.length / set.count };
  };
  const [plain, mirrored] = fixedViews({ flip: 'horizontal' }, 0);
  return { plain: await of(plain), mirrored: await of(mirrored), set, labels };
}

function joined(sets: ImageSet[]): ImageSet {
  const { imageBytes } = sets[0].images;
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  const pixels = new Uint8Array(new SharedArrayBuffer(count * imageBytes));
  const labels = new Uint16Array(count);
  let at = 0;
  for (const set of sets)
    for (let i = 0; i < set.count; i++, at++) {
      pixels.set(set.images.image(i), at * imageBytes);
      labels[at] = set.labels[i];
    }
  return { count, images: imagesInMemory(pixels, imageBytes), labels };
}

/** Rows at these places, and `more` behind them. */
export function rowsOf({ width, values }: Features, places: number[], more = new Float32Array(0)): Float32Array<ArrayBuffer> {
  const out = new Float32Array(places.length * width + more.length);
  places.forEach((place, row) => out.set(values.subarray(place * width, (place + 1) * width), row * width));
  out.set(more, places.length * width);
  return out;
}
