/**
 * Networks that differ in a few nodes, on the same images: what the first one computes is used by the others as far as they
 * are the same, so that one that differs in its last layer costs that layer.
 */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork, FrozenNode } from './freeze.ts';
import { createFrozenRunner, runNodes, uploadConstants } from './run-frozen.ts';

export interface VariantsRunner {
  /**
   * `[B, H, W, C]` normalised images to logits `[B, classes]` of each network; runs inside its own tidy.
   * @param onNetwork told after each its share of a whole pass: of its nodes those that were computed
   */
  logits(images: Tensor4D, onNetwork?: (share: number) => void): Tensor2D[];
  dispose(): void;
}

/** The nodes of `variant` whose values are not those of `first`: other objects, and what follows from them. `withTensors` keeps nodes that it does not change. */
export function ownNodes(first: FrozenNetwork, variant: FrozenNetwork): FrozenNode[] {
  const shared = new Set(first.nodes);
  const own = new Set<string>();
  return variant.nodes.filter((node) => {
    const differs = !shared.has(node) || node.inputs.some((name) => own.has(name));
    if (differs) own.add(node.name);
    return differs;
  });
}

/** Constants of the first network are uploaded once, those of the others for each pass, so that many fit. */
export function createVariantsRunner(tf: Tfjs, [first, ...others]: readonly FrozenNetwork[]): VariantsRunner {
  if (others.length === 0) {
    const { logits, dispose } = createFrozenRunner(tf, first);
    return {
      logits(images, onNetwork = () => {}) {
        const own = logits(images);
        onNetwork(1);
        return [own];
      },
      dispose,
    };
  }
  const kept = new Map(first.nodes.map((node) => [node, uploadConstants(tf, node)]));
  const own = others.map((variant) => ownNodes(first, variant));

  const compute = (nodes: readonly FrozenNode[], images: Tensor4D, before: ReadonlyMap<string, Tensor>): Map<string, Tensor> =>
    runNodes(tf, nodes, images, (node) => kept.get(node) ?? uploadConstants(tf, node), new Map(before));

  return {
    logits: (images, onNetwork = () => {}) =>
      tf.tidy(() => {
        const values = compute(first.nodes, images, new Map());
        onNetwork(1);
        const rest = own.map((nodes, i) => {
          const logits = tf.tidy(() => tf.clone(compute(nodes, images, values).get(others[i].output) as Tensor2D));
          onNetwork(nodes.length / first.nodes.length);
          return logits;
        });
        return [values.get(first.output) as Tensor2D, ...rest];
      }),
    dispose: () => tf.dispose([...kept.values()]),
  };
}
