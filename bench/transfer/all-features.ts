/** Features of every image of a data set, of training, validation and test alike. */
import { openRunData } from '../../pipeline/data/run-data.ts';
import { featuresOf, fixedViews, type FixedView } from '../../pipeline/transfer/features.ts';
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
  plain: Features;
  mirrored: Features;
  /** Class of each row. */
  rowLabels: Uint16Array;
  classes: number;
}

export async function allFeatures(tf: Tfjs, from: string, data: DataSettings, say: (line: string) => void): Promise<AllFeatures> {
  const { network, state, preprocessing } = await openPretrained(from);
  const { mean, std } = preprocessing;
  const { labels, inputShape, preprocessing: seen, ...sets } = await openRunData({ ...data, inputMean: mean, inputStd: std }, say);
  const set = joinedSets(joinedSets(sets.train, sets.validation), sets.test);
  const backbone = featureNetwork(buildNetwork(network.name, { inputShape, classes: network.classes }), state);
  const source = { tf, backbone, stored: inputShape, preprocessing: { ...seen, scale: PLAIN_SCALE, channelOrder: 'rgb' as const } };
  const of = async (view: FixedView): Promise<Features> => {
    const values = await featuresOf(source, set, view);
    return { values, width: values.length / set.count };
  };
  const [plain, mirrored] = fixedViews({ flip: 'horizontal' }, 0);
  return { plain: await of(plain), mirrored: await of(mirrored), rowLabels: set.labels, classes: labels.length };
}

/** Rows at these places, and `more` behind them. */
export function rowsOf({ width, values }: Features, places: number[], more = new Float32Array(0)): Float32Array<ArrayBuffer> {
  const out = new Float32Array(places.length * width + more.length);
  places.forEach((place, row) => out.set(values.subarray(place * width, (place + 1) * width), row * width));
  out.set(more, places.length * width);
  return out;
}
