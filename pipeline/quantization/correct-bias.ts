/**
 * Bias correction (Nagel et al. 2019, arXiv 1906.04721, section 4.2): rounding a layer's weights shifts the means of its outputs,
 * and the bias takes that back. A layer is linear in its input, so that the mean input of all images is all that must be known
 * of what came before it. In a mix each layer is corrected by itself, its inputs being float32's; in an integer program layers
 * are corrected from the first to the last, their inputs being those of the corrected layers before them (appendix D).
 */
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from '../networks/freeze.ts';
import { frozenFormOf } from '../networks/operations/index.ts';
import type { Constant } from '../networks/operations/operation.ts';
import { uploadConstants } from '../networks/run-frozen.ts';
import { elementCount } from '../networks/state.ts';
import { visitLayers, type CalibrationImages } from './visit-layers.ts';

/** A layer's input, as the mean over images of each of its values. */
export interface MeanInput {
  shape: readonly number[];
  data: Float32Array;
}

const constantsOf = (node: FrozenNode): Record<string, Constant> => node.constants as Record<string, Constant>;
const hasWeights = (node: FrozenNode): boolean => Object.values(constantsOf(node)).some(({ isWeight }) => isWeight);
const weightKeys = (node: FrozenNode): string[] => Object.keys(constantsOf(node)).filter((key) => constantsOf(node)[key].isWeight);
const biasKeys = (node: FrozenNode): string[] => Object.keys(constantsOf(node)).filter((key) => /^bias\d*$/.test(key));

/** Layers whose outputs are linear in their weights but for an activation, with a bias for each output channel. */
export const isCorrectable = (node: FrozenNode): boolean =>
  node.inputs.length === 1 &&
  hasWeights(node) &&
  biasKeys(node).reduce((sum, key) => sum + constantsOf(node)[key].data.length, 0) === node.shape.at(-1);

/** The mean over images of the input of each layer that can be corrected, by the layer's name. */
export async function meanInputs(tf: Tfjs, network: FrozenNetwork, images: CalibrationImages): Promise<Map<string, MeanInput>> {
  const shapes = new Map(network.nodes.map(({ name, shape }) => [name, shape]));
  const shapeOf = (node: FrozenNode): readonly number[] => shapes.get(node.inputs[0])!;
  const layers = network.nodes.filter(isCorrectable);
  const means = new Map(layers.map((node) => [node.name, new Float64Array(elementCount(shapeOf(node)))]));
  await visitLayers(tf, network, images, {
    pick: (node, _value, [input]) => (means.has(node.name) ? tf.sum(input, 0) : undefined),
    read: ({ name }, values) => values.forEach((value, i) => (means.get(name)![i] += value / images.count)),
  });
  return new Map(layers.map((node) => [node.name, { shape: shapeOf(node), data: Float32Array.from(means.get(node.name)!) }]));
}

/** The mean of each output channel of a layer before its activation, over images and places. */
async function meanOutputs(tf: Tfjs, node: FrozenNode, { data, shape }: MeanInput): Promise<Float64Array> {
  const linear = 'activation' in node ? ({ ...node, activation: 'none' } as FrozenNode) : node;
  const output = tf.tidy(() => frozenFormOf(linear).run(linear, [tf.tensor(data, [1, ...shape])], uploadConstants(tf, linear), tf));
  const channels = node.shape.at(-1)!;
  const means = new Float64Array(channels);
  ((await output.data()) as Float32Array).forEach((value, i) => (means[i % channels] += (value * channels) / elementCount(node.shape)));
  output.dispose();
  return means;
}

/** A layer's weights, `[outputs, …]` in the order in which an integer program has them, and its biases. */
export function weightsByOutput(node: FrozenNode): { rows: Float64Array; biases: Float64Array } {
  const parts = biasKeys(node).map((key) => constantsOf(node)[key].data);
  const rows = weightKeys(node).flatMap((key, part) => {
    const { data } = constantsOf(node)[key];
    const outputs = parts[part].length;
    const size = data.length / outputs;
    return Array.from({ length: outputs }, (_, o) => Float64Array.from({ length: size }, (_, i) => data[i * outputs + o]));
  });
  const joined = new Float64Array(rows.reduce((sum, { length }) => sum + length, 0));
  rows.forEach((row, o) => joined.set(row, o * row.length));
  return { rows: joined, biases: Float64Array.from(parts.flatMap((part) => [...part])) };
}

/** The layer with other weights. @param rows as of `weightsByOutput` */
export function withWeights(node: FrozenNode, rows: Float64Array): FrozenNode {
  let from = 0;
  const changed = weightKeys(node).map((key, part) => {
    const weights = constantsOf(node)[key];
    const outputs = constantsOf(node)[biasKeys(node)[part]].data.length;
    const [first, size] = [from, weights.data.length / outputs];
    from += weights.data.length;
    return [key, { ...weights, data: weights.data.map((_, i) => rows[first + (i % outputs) * size + Math.floor(i / outputs)]) }];
  });
  return { ...node, constants: { ...node.constants, ...Object.fromEntries(changed) } } as FrozenNode;
}

/** @returns `changed` with biases that give its outputs, of inputs of the mean `came`, the means that those of `node` have of `expected` */
export async function correctedBiases(
  tf: Tfjs,
  node: FrozenNode,
  changed: FrozenNode,
  expected: MeanInput,
  came: MeanInput,
): Promise<FrozenNode> {
  const [wanted, found] = [await meanOutputs(tf, node, expected), await meanOutputs(tf, changed, came)];
  let channel = 0;
  const corrected = biasKeys(changed).map((key) => {
    const bias = constantsOf(changed)[key];
    return [key, { ...bias, data: bias.data.map((value) => value + wanted[channel] - found[channel++]) }];
  });
  return { ...changed, constants: { ...changed.constants, ...Object.fromEntries(corrected) } } as FrozenNode;
}

/** @returns `changed`, a node with other weights, with biases that give its outputs the means that those of `node` have */
export type BiasCorrector = (node: FrozenNode, changed: FrozenNode) => Promise<FrozenNode>;

/** Corrects a layer of a mix, whatever the others are stored as. @param images of the training set */
export async function createBiasCorrector(tf: Tfjs, network: FrozenNetwork, images: CalibrationImages): Promise<BiasCorrector> {
  const inputs = await meanInputs(tf, network, images);
  return async (node, changed) => {
    const input = inputs.get(node.name);
    return input ? correctedBiases(tf, node, changed, input, input) : changed;
  };
}
