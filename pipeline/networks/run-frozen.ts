/** A frozen network on a tfjs backend: teachers, and students under evaluation. */
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork } from './freeze.ts';
import { frozenFormOf } from './operations/index.ts';

export interface FrozenRunner {
  /** `[B, H, W, C]` normalised images to logits `[B, classes]`; runs inside its own tidy. */
  logits(images: Tensor4D): Tensor2D;
  /** What it uploaded, all that a pass reads beside its images. */
  constants: Tensor[];
  dispose(): void;
}

/** Uploads the constants once. */
export function createFrozenRunner(tf: Tfjs, network: FrozenNetwork): FrozenRunner {
  const steps = network.nodes.map((node) => ({
    node,
    form: frozenFormOf(node),
    constants: Object.fromEntries(Object.entries(node.constants).map(([key, { data, shape }]) => [key, tf.tensor(data, shape, 'float32')])),
  }));

  function run(images: Tensor4D): Tensor2D {
    const values = new Map<string, Tensor>();
    for (const { node, form, constants } of steps) {
      values.set(node.name, form.run(node, node.op === 'input' ? [images] : node.inputs.map((name) => values.get(name)!), constants, tf));
    }
    return values.get(network.output) as Tensor2D;
  }

  const constants = steps.flatMap((step) => Object.values(step.constants));
  return { logits: (images) => tf.tidy(() => run(images)), constants, dispose: () => tf.dispose(constants) };
}
