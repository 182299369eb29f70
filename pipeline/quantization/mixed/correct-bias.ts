/**
 * Bias correction (Nagel et al. 2019, arXiv 1906.04721, section 4.2): rounding a layer's weights shifts the means of its outputs,
 * on average over images and places by E[(ŵ - w)x]; the bias takes that back. Each layer is corrected for its own weights, its
 * inputs being float32's, so that a correction belongs to a layer and its encoding, whatever the others are stored as.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { ImageSet } from '../../data/sets/index.ts';
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import { frozenFormOf } from '../../networks/operations/index.ts';
import { runNodes, uploadConstants } from '../../networks/run-frozen.ts';

/** @returns `changed`, a node with other weights, with biases that give its outputs the means that those of `node` have */
export type BiasCorrector = (node: FrozenNode, changed: FrozenNode) => Promise<FrozenNode>;

/** Images that are computed at once. */
const BATCH = 32;

interface MeanInput {
  shape: readonly number[];
  data: Float32Array;
}

type Constants = Record<string, { shape: number[]; data: Float32Array; isWeight?: true }>;

const constantsOf = (node: FrozenNode): Constants => node.constants as Constants;
const biasKeys = (node: FrozenNode): string[] => Object.keys(constantsOf(node)).filter((key) => /^bias\d*$/.test(key));

/** Layers whose outputs are linear in their weights but for an activation, with a bias for each output channel. */
const isCorrectable = (node: FrozenNode): boolean =>
  node.inputs.length === 1 && Object.values(constantsOf(node)).some(({ isWeight }) => isWeight) && biasKeys(node).reduce((sum, key) => sum + constantsOf(node)[key].data.length, 0) === node.shape.at(-1);

/**
 * What a layer is corrected for is linear in its input, so that the mean input of all images is all that is kept.
 * @param images of the training set
 */
export async function createBiasCorrector(tf: Tfjs, network: FrozenNetwork, images: ImageSet, normalise: (pixels: Uint8Array) => Float32Array): Promise<BiasCorrector> {
  const inputs = await meanInputs(tf, network, images, normalise);
  /** Before its activation, the mean of each output channel. */
  const meansOf = async (node: FrozenNode, input: MeanInput): Promise<Float64Array> => {
    const output = tf.tidy(() => run(tf, 'activation' in node ? ({ ...node, activation: 'none' } as FrozenNode) : node, [tf.tensor(input.data, [1, ...input.shape])]));
    const outputs = await output.data();
    output.dispose();
    const channels = node.shape.at(-1)!;
    const means = new Float64Array(channels);
    outputs.forEach((value, i) => (means[i % channels] += (value * channels) / outputs.length));
    return means;
  };
  return async (node, changed) => {
    const input = inputs.get(node.name);
    if (!input) return changed;
    const [expected, came] = [await meansOf(node, input), await meansOf(changed, input)];
    let channel = 0;
    const biases = biasKeys(changed).map((key) => [key, { ...constantsOf(changed)[key], data: constantsOf(changed)[key].data.map((value) => value + expected[channel] - came[channel++]) }]);
    return { ...changed, constants: { ...changed.constants, ...Object.fromEntries(biases) } } as FrozenNode;
  };
}

const run = (tf: Tfjs, node: FrozenNode, inputs: Tensor[]): Tensor => frozenFormOf(node).run(node, inputs, uploadConstants(tf, node), tf);

/** The mean over images of the input of each layer that can be corrected, by the layer's name. */
async function meanInputs(tf: Tfjs, network: FrozenNetwork, { count, images }: ImageSet, normalise: (pixels: Uint8Array) => Float32Array): Promise<Map<string, MeanInput>> {
  const { height, width, channels } = network.inputShape;
  const layers = network.nodes.filter(isCorrectable);
  const shapes = new Map(network.nodes.map(({ name, shape }) => [name, shape]));
  const sums = layers.map((node) => new Float64Array(shapes.get(node.inputs[0])!.reduce((product, size) => product * size, 1)));
  for (let start = 0; start < count; start += BATCH) {
    const end = Math.min(count, start + BATCH);
    const batch = tf.tensor4d(normalise(images.range(start, end)), [end - start, height, width, channels]);
    const parts = tf.tidy(() => {
      const values = runNodes(tf, network.nodes, batch);
      return layers.map((node) => tf.sum(values.get(node.inputs[0])!, 0));
    });
    for (const [i, part] of parts.entries()) (await part.data()).forEach((value, j) => (sums[i][j] += value / count));
    tf.dispose([batch, ...parts]);
  }
  return new Map(layers.map((node, i) => [node.name, { shape: shapes.get(node.inputs[0])!, data: Float32Array.from(sums[i]) }]));
}
