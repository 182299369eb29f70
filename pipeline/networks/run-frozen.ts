/** A frozen network on a tfjs backend: teachers, and students under evaluation. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from './freeze.ts';
import { frozenFormOf } from './operations/index.ts';

export interface FrozenRunner {
  /** `[B, H, W, C]` normalised images to logits `[B, classes]`; runs inside its own tidy. */
  logits(images: Tensor4D): Tensor2D;
  /** Uploaded constants, all that a pass reads beside its images. */
  constants: Tensor[];
  dispose(): void;
}

export const uploadConstants = (tf: Tfjs, { constants }: FrozenNode): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(constants).map(([key, { data, shape }]) => [key, tf.tensor(data, shape, 'float32')]));

/**
 * Runs nodes in their order.
 * @param constantsOf a node's, uploaded
 * @param values of nodes that were run before, by name; those of these nodes are added
 */
export function runNodes(
  tf: Tfjs,
  nodes: readonly FrozenNode[],
  images: Tensor4D,
  constantsOf: (node: FrozenNode) => Record<string, Tensor>,
  values = new Map<string, Tensor>(),
): Map<string, Tensor> {
  for (const node of nodes) {
    const inputs = node.op === 'input' ? [images] : node.inputs.map((name) => values.get(name)!);
    values.set(node.name, frozenFormOf(node).run(node, inputs, constantsOf(node), tf));
  }
  return values;
}

/** Uploads the constants once. */
export function createFrozenRunner(tf: Tfjs, network: FrozenNetwork): FrozenRunner {
  const uploaded = new Map(network.nodes.map((node) => [node, uploadConstants(tf, node)]));
  const constants = [...uploaded.values()].flatMap((own) => Object.values(own));
  return {
    logits: (images) => tf.tidy(() => runNodes(tf, network.nodes, images, (node) => uploaded.get(node)!).get(network.output) as Tensor2D),
    constants,
    dispose: () => tf.dispose(constants),
  };
}
