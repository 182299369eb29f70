/**
 * A network's weights on levels of 8 or 4 bits, layer by layer from the input on: each layer's inputs are those of the layers before
 * it as they are rounded, and its outputs are to be those of the float network (`round-rows.ts`). Then its biases are corrected, so
 * that the means of its outputs are the float network's too (`correct-bias.ts`).
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from '../../networks/freeze.ts';
import { frozenFormOf } from '../../networks/operations/index.ts';
import { leastWeightScale, type ActivationScale } from '../../networks/operations/integer-def.ts';
import { freedAfter, uploadConstants } from '../../networks/run-frozen.ts';
import { elementCount } from '../../networks/state.ts';
import { correctedBiases, isCorrectable, weightsByOutput, withWeights } from '../correct-bias.ts';
import { imagesOfBatch, type CalibrationImages } from '../visit-layers.ts';
import { meanOf, realBatch, activationLevels, type Activations } from './activations.ts';
import { inputMoments, type LayerWindow } from './input-moments.ts';
import { roundRows } from './round-rows.ts';
import { GRID_OF_8_BITS, type WeightGrid } from './weight-grid.ts';

export interface RoundedNetwork {
  network: FrozenNetwork;
  /** Scale of each output's weights, by the layer's name. */
  weightScales: Map<string, Float64Array>;
}

/** Activations of an integer program. */
export interface ActivationLevels {
  /** Scale of a node's activations, by its name. */
  scaleOf(name: string): ActivationScale;
  largest: number;
}

export interface RoundingOptions {
  /** Absent: activations stay real numbers. */
  levels?: ActivationLevels;
  /** Levels of a layer's weights, or the layer as it is stored otherwise; undefined: it stays as it is. Default: levels of 8 bits. */
  roundingOf?(node: FrozenNode): WeightGrid | FrozenNode | undefined;
  /** Each layer by itself, its inputs those of the float network. */
  isApart?: boolean;
}

/** True of layers whose weights can be rounded by their inputs: convolutions, and linear layers of one vector. */
export const isRoundable = (node: FrozenNode): boolean =>
  isCorrectable(node) && (node.op === 'linear' ? node.shape.length === 1 : 'kernel' in node && 'stride' in node);

/** Rounds the weights of all layers, and corrects their biases. */
export async function roundNetwork(
  tf: Tfjs,
  network: FrozenNetwork,
  images: CalibrationImages,
  { levels, roundingOf = () => GRID_OF_8_BITS, isApart = false }: RoundingOptions = {},
  onProgress: (fraction: number, layer: string) => void = () => {},
): Promise<RoundedNetwork> {
  const { nodes, output } = network;
  const freed = freedAfter(network);
  const real = new Map<string, Activations>();
  const rounded = new Map<string, Activations>();
  const weightScales = new Map<string, Float64Array>();
  const made: FrozenNode[] = [];
  for (const [i, node] of nodes.entries()) {
    onProgress(i / nodes.length, node.name);
    const own = levels && { ...levels.scaleOf(node.name), largest: levels.largest };
    if (node.op === 'input') {
      const inputs: Activations = { shape: node.shape, batches: inputBatches(network, images) };
      real.set(node.name, inputs);
      rounded.set(node.name, inLevels(inputs, own));
      made.push(node);
      continue;
    }
    const [x, y] = [real, rounded].map((values) => node.inputs.map((name) => values.get(name)!));
    let changed: FrozenNode = node;
    const rounding = roundingOf(node);
    if (rounding && 'op' in rounding) changed = rounding;
    else if (rounding && isRoundable(node)) {
      const { layer, scales } = await roundLayer(tf, node, rounding, x[0], y[0], node.name === output ? 0 : (own?.scale ?? 0));
      weightScales.set(node.name, scales);
      changed = layer;
    }
    if (changed !== node && isCorrectable(node)) changed = await correctedBiases(tf, node, changed, meanOf(x[0]), meanOf(y[0]));
    made.push(changed);
    if (node.name !== output) {
      real.set(node.name, await computed(tf, node, x));
      rounded.set(node.name, isApart ? real.get(node.name)! : await computed(tf, changed, y, own));
    }
    for (const name of freed[i]) for (const values of [real, rounded]) values.delete(name);
  }
  return { network: { ...network, nodes: made }, weightScales };
}

type Levels = ActivationScale & { largest: number };

const inLevels = ({ shape, batches }: Activations, levels: Levels | undefined): Activations => ({
  shape,
  batches: levels ? batches.map((batch) => activationLevels(batch as Float32Array, levels)) : batches,
  ...(levels && { levels }),
});

function inputBatches(network: FrozenNetwork, { count, inputs }: CalibrationImages): Float32Array[] {
  const batch = imagesOfBatch(network);
  return Array.from({ length: Math.ceil(count / batch) }, (_, i) => inputs(i * batch, Math.min(count, (i + 1) * batch)));
}

/** Runs a node on all images. @param levels that its values are rounded to */
async function computed(tf: Tfjs, node: FrozenNode, inputs: Activations[], levels?: Levels): Promise<Activations> {
  const constants = uploadConstants(tf, node);
  const batches: (Float32Array | Uint8Array)[] = [];
  for (let batch = 0; batch < inputs[0].batches.length; batch++) {
    const value = tf.tidy(() => {
      const tensors = inputs.map((input): Tensor => {
        const values = realBatch(input, batch);
        return tf.tensor(values, [values.length / elementCount(input.shape), ...input.shape]);
      });
      return frozenFormOf(node).run(node, tensors, constants, tf);
    });
    const values = (await value.data()) as Float32Array;
    batches.push(levels ? activationLevels(values, levels) : values);
    value.dispose();
  }
  tf.dispose(Object.values(constants));
  return { shape: node.shape, batches, ...(levels && { levels }) };
}

function windowOf(node: FrozenNode): LayerWindow {
  const { shape } = node;
  if (node.op === 'linear') return { kernel: 1, stride: 1, padding: 0, groups: 1, shape };
  const { kernel, stride, padding } = node as Extract<FrozenNode, { op: 'conv2d' }>;
  const groups = node.op === 'depthwiseConv2d' ? shape[2] : node.op === 'groupedConv2d' ? node.groups : 1;
  return { kernel, stride, padding, groups, shape };
}

/** @param outputScale of the layer's activations; 0: they have none */
async function roundLayer(
  tf: Tfjs,
  node: FrozenNode,
  grid: WeightGrid,
  x: Activations,
  y: Activations,
  outputScale: number,
): Promise<{ layer: FrozenNode; scales: Float64Array }> {
  const window = windowOf(node);
  const { rows, biases } = weightsByOutput(node);
  const least = biases.map((bias) => (y.levels ? leastWeightScale(bias, y.levels, outputScale) : 0));
  const own = biases.length / window.groups;
  const size = rows.length / biases.length;
  const groups = Math.ceil(size / (grid.groupSize ?? size));
  const scales = new Float64Array(biases.length * groups);
  (await inputMoments(tf, window, x, y)).forEach((moments, group) => {
    const [from, to] = [group * own, (group + 1) * own];
    const made = roundRows(rows.subarray(from * size, to * size), moments, least.subarray(from, to), grid);
    rows.set(made.weights, from * size);
    scales.set(made.scales, from * groups);
  });
  return { layer: withWeights(node, rows), scales };
}
