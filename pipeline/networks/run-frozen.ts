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

/** The names of the values that can go after each node: no later node reads them. The output stays. */
export function freedAfter({ nodes, output }: Pick<FrozenNetwork, 'nodes' | 'output'>): string[][] {
  const last = new Map<string, number>();
  nodes.forEach(({ name, inputs }, i) => {
    for (const read of [name, ...inputs]) last.set(read, i);
  });
  last.delete(output);
  const freed: string[][] = nodes.map(() => []);
  for (const [name, i] of last) freed[i].push(name);
  return freed;
}

/** Uploads the constants once. A pass frees each node's value after its last reader. */
export function createFrozenRunner(tf: Tfjs, network: FrozenNetwork): FrozenRunner {
  const { nodes, output } = network;
  const uploaded = new Map(nodes.map((node) => [node, uploadConstants(tf, node)]));
  const constants = [...uploaded.values()].flatMap((own) => Object.values(own));
  const freed = freedAfter(network);

  function pass(images: Tensor4D): Tensor2D {
    const values = new Map<string, Tensor>();
    for (const [i, node] of nodes.entries()) {
      tf.tidy(() => runNodes(tf, [node], images, (own) => uploaded.get(own)!, values).get(node.name)!);
      const going = freed[i].map((name) => values.get(name)!);
      for (const name of freed[i]) values.delete(name);
      // A node may hand on its input's very tensor.
      const staying = new Set([images as Tensor, ...values.values()]);
      for (const tensor of going) if (!staying.has(tensor)) tensor.dispose();
    }
    return values.get(output) as Tensor2D;
  }

  return { logits: (images) => tf.tidy(() => pass(images)), constants, dispose: () => tf.dispose(constants) };
}
