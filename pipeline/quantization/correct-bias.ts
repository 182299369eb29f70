/**
 * Bias correction (Nagel et al. 2019, arXiv 1906.04721, section 4.2): rounding a layer's weights shifts the means of its outputs,
 * and the bias takes that back. A layer is linear in its input, so that the mean input of all images is all that must be known
 * of what came before it. In a mix each layer is corrected by itself, its inputs being float32's; in an integer program layers
 * are corrected from the first to the last, their inputs being those of the corrected layers before them (appendix D).
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from '../networks/freeze.ts';
import { frozenFormOf } from '../networks/operations/index.ts';
import type { Constant } from '../networks/operations/operation.ts';
import { uploadConstants } from '../networks/run-frozen.ts';
import { visitLayers, type CalibrationImages } from './visit-layers.ts';

/** Adds a share of a layer's outputs to the means of its channels; they end in their channels. @param total values that there are in all */
function addToMeans(means: Float64Array, values: Float32Array, total: number): void {
  const channels = means.length;
  values.forEach((value, i) => (means[i % channels] += (value * channels) / total));
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
const constantsOf = (node: FrozenNode): Record<string, Constant> => node.constants as Record<string, Constant>;
const hasWeights = (node: FrozenNode): boolean => Object.values(constantsOf(node)).some(({ isWeight }) => isWeight);

/** A layer's outputs before its activation. */
function linearOutputs(tf: Tfjs, node: FrozenNode, inputs: Tensor[], constants: Record<string, Tensor>): Tensor {
  return frozenFormOf(node).run('activation' in node ? ({ ...node, activation: 'none' } as FrozenNode) : node, inputs, constants, tf);
}

/** The mean of each output channel of every layer with weights, before its activation, by the layer's name. */
export async function meanOutputs(tf: Tfjs, network: FrozenNetwork, images: CalibrationImages): Promise<Map<string, Float64Array>> {
  const means = new Map(network.nodes.filter(hasWeights).map((node) => [node.name, new Float64Array(node.shape.at(-1)!)]));
  await visitLayers(tf, network, images, {
    pick(node, value, inputs, constants) {
      if (!means.has(node.name)) return undefined;
      return 'activation' in node && node.activation !== 'none' ? linearOutputs(tf, node, inputs, constants) : value;
    },
    read: ({ name, shape }, values) => addToMeans(means.get(name)!, values, images.count * sizeOf(shape)),
  });
  return means;
}

/** @returns `changed`, a node with other weights, with biases that give its outputs the means that those of `node` have */
export type BiasCorrector = (node: FrozenNode, changed: FrozenNode) => Promise<FrozenNode>;

const biasKeys = (node: FrozenNode): string[] => Object.keys(constantsOf(node)).filter((key) => /^bias\d*$/.test(key));

/** Layers whose outputs are linear in their weights but for an activation, with a bias for each output channel. */
const isCorrectable = (node: FrozenNode): boolean =>
  node.inputs.length === 1 &&
  hasWeights(node) &&
  biasKeys(node).reduce((sum, key) => sum + constantsOf(node)[key].data.length, 0) === node.shape.at(-1);

/** Corrects a layer of a mix, whatever the others are stored as. @param images of the training set */
export async function createBiasCorrector(tf: Tfjs, network: FrozenNetwork, images: CalibrationImages): Promise<BiasCorrector> {
  const inputs = await meanInputs(tf, network, images);
  const meansOf = async (node: FrozenNode, input: MeanInput): Promise<Float64Array> => {
    const output = tf.tidy(() => linearOutputs(tf, node, [tf.tensor(input.data, [1, ...input.shape])], uploadConstants(tf, node)));
    const means = new Float64Array(node.shape.at(-1)!);
    addToMeans(means, (await output.data()) as Float32Array, sizeOf(node.shape));
    output.dispose();
    return means;
  };
  return async (node, changed) => {
    const input = inputs.get(node.name);
    if (!input) return changed;
    const [expected, came] = [await meansOf(node, input), await meansOf(changed, input)];
    let channel = 0;
    const corrected = biasKeys(changed).map((key) => {
      const bias = constantsOf(changed)[key];
      return [key, { ...bias, data: bias.data.map((value) => value + expected[channel] - came[channel++]) }];
    });
    return { ...changed, constants: { ...changed.constants, ...Object.fromEntries(corrected) } } as FrozenNode;
  };
}

interface MeanInput {
  shape: readonly number[];
  data: Float32Array;
}

/** The mean over images of the input of each layer that can be corrected, by the layer's name. */
async function meanInputs(tf: Tfjs, network: FrozenNetwork, images: CalibrationImages): Promise<Map<string, MeanInput>> {
  const shapes = new Map(network.nodes.map(({ name, shape }) => [name, shape]));
  const shapeOf = (node: FrozenNode): readonly number[] => shapes.get(node.inputs[0])!;
  const layers = network.nodes.filter(isCorrectable);
  const means = new Map(layers.map((node) => [node.name, new Float64Array(sizeOf(shapeOf(node)))]));
  await visitLayers(tf, network, images, {
    pick: (node, _value, [input]) => (means.has(node.name) ? tf.sum(input, 0) : undefined),
    read: ({ name }, values) => values.forEach((value, i) => (means.get(name)![i] += value / images.count)),
  });
  return new Map(layers.map((node) => [node.name, { shape: shapeOf(node), data: Float32Array.from(means.get(node.name)!) }]));
}
