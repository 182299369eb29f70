/** A frozen network on a tfjs backend: teachers, students under evaluation, and what quantization observes of them. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from './freeze.ts';
import { frozenFormOf } from './operations/index.ts';

/** A node's constants on the backend, by their keys. */
export type NodeConstants = Record<string, Tensor>;

export interface NodeRunOptions {
  /** Values of earlier nodes that were computed before, by name. */
  known?: ReadonlyMap<string, Tensor>;
  /** Constants that are on the backend already; those of other nodes are uploaded for this pass alone. */
  uploaded?: ReadonlyMap<FrozenNode, NodeConstants>;
  /** Told of each node once it was computed. Its tensors live as long as the caller's tidy. */
  observe?(node: FrozenNode, value: Tensor, inputs: Tensor[], constants: NodeConstants): void;
}

export function uploadConstants(tf: Tfjs, { constants }: FrozenNode): NodeConstants {
  return Object.fromEntries(Object.entries(constants).map(([key, { data, shape }]) => [key, tf.tensor(data, shape, 'float32')]));
}

/**
 * Computes nodes in their order. This is the one place where frozen nodes are run; call it inside a tidy.
 *
 * @param images `[B, H, W, C]`, normalised
 * @returns the value of every node, with those of `known`, by name
 */
export function runNodes(tf: Tfjs, nodes: readonly FrozenNode[], images: Tensor4D, { known, uploaded, observe }: NodeRunOptions = {}): Map<string, Tensor> {
  const values = new Map(known);
  for (const node of nodes) {
    const inputs = node.op === 'input' ? [images] : node.inputs.map((name) => values.get(name)!);
    const constants = uploaded?.get(node) ?? uploadConstants(tf, node);
    const value = frozenFormOf(node).run(node, inputs, constants, tf);
    values.set(node.name, value);
    observe?.(node, value, inputs, constants);
  }
  return values;
}

export interface FrozenRunner {
  /** `[B, H, W, C]` normalised images to logits `[B, classes]`; runs inside its own tidy. */
  logits(images: Tensor4D): Tensor2D;
  /** What it uploaded, all that a pass reads beside its images. */
  constants: Tensor[];
  dispose(): void;
}

/** Uploads the constants once. */
export function createFrozenRunner(tf: Tfjs, { nodes, output }: FrozenNetwork): FrozenRunner {
  const uploaded = new Map(nodes.map((node) => [node, uploadConstants(tf, node)]));
  const constants = [...uploaded.values()].flatMap((own) => Object.values(own));
  return { logits: (images) => tf.tidy(() => runNodes(tf, nodes, images, { uploaded }).get(output) as Tensor2D), constants, dispose: () => tf.dispose(constants) };
}
