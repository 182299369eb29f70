/** What the activations of a frozen network are on calibration images: a histogram for each group of nodes that share a scale. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import { runNodes } from '../../networks/run-frozen.ts';
import { countValues, emptyHistogram, extremesOf, type Extremes, type Histogram } from './histogram.ts';
import { scaleGroups } from './scale-groups.ts';

/** Images that are computed at once. */
const BATCH = 32;

/** The network's inputs, normalised, NHWC, one image after the other. */
export interface CalibrationImages {
  count: number;
  inputs: Float32Array;
}

/** Runs every node of the network on all images; `visit` gets each node's values, a batch at a time. */
export function visitActivations(tf: Tfjs, network: FrozenNetwork, { count, inputs }: CalibrationImages, visit: (node: FrozenNode, values: Float32Array, inputs: Tensor[], constants: Record<string, Tensor>) => void): void {
  const { height, width, channels } = network.inputShape;
  const size = height * width * channels;
  for (let start = 0; start < count; start += BATCH) {
    const images = Math.min(BATCH, count - start);
    tf.tidy(() => {
      const batch = tf.tensor4d(inputs.subarray(start * size, (start + images) * size), [images, height, width, channels]);
      runNodes(tf, network.nodes, batch, { observe: (node, value, from, constants) => visit(node, value.dataSync() as Float32Array, from, constants) });
    });
  }
}

/** By the name of each group's first node (`scaleGroups`). The images are computed twice: for the extremes, then for what lies between. */
export function observeActivations(tf: Tfjs, network: FrozenNetwork, images: CalibrationImages): Map<string, Histogram> {
  const groups = scaleGroups(network);
  const extremes = new Map<string, Extremes>();
  visitActivations(tf, network, images, ({ name }, values) => {
    const group = groups.get(name)!;
    extremes.set(group, extremesOf(values, extremes.get(group)));
  });
  const histograms = new Map([...extremes].map(([group, range]) => [group, emptyHistogram(range)]));
  visitActivations(tf, network, images, ({ name }, values) => countValues(histograms.get(groups.get(name)!)!, values));
  return histograms;
}
