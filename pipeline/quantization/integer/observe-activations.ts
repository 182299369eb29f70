/** Observes the activations of a frozen network on calibration images: a histogram for each group of nodes that share a scale. */
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { visitLayers, type CalibrationImages } from '../visit-layers.ts';
import { countValues, emptyHistogram, extremesOf, type Extremes, type Histogram } from './histogram.ts';
import { scaleGroups } from './scale-groups.ts';

/**
 * Histograms by the name of each group's first node (`scaleGroups`). The images are computed twice: for the extremes, then for what lies
 * between.
 */
export async function observeActivations(tf: Tfjs, network: FrozenNetwork, images: CalibrationImages): Promise<Map<string, Histogram>> {
  const groups = scaleGroups(network);
  const visit = (read: (group: string, values: Float32Array) => void): Promise<void> =>
    visitLayers(tf, network, images, { pick: (_node, value) => value, read: ({ name }, values) => read(groups.get(name)!, values) });
  const extremes = new Map<string, Extremes>();
  await visit((group, values) => extremes.set(group, extremesOf(values, extremes.get(group))));
  const histograms = new Map([...extremes].map(([group, range]) => [group, emptyHistogram(range)]));
  await visit((group, values) => countValues(histograms.get(group)!, values));
  return histograms;
}
