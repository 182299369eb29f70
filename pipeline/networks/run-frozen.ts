/** A frozen network on a tfjs backend: teachers, and students under evaluation. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import { symmetricPadding } from '../engines/portable-ops.ts';
import type { Tfjs } from '../engines/engine.ts';
import type { FrozenNetwork } from './freeze.ts';
import { maxPool } from './train-forward.ts';

export interface FrozenRunner {
  /** `[B, H, W, C]` normalised images to logits `[B, classes]`; runs inside its own tidy. */
  logits(images: Tensor4D): Tensor2D;
  dispose(): void;
}

/** Uploads the constants once. */
export function createFrozenRunner(tf: Tfjs, network: FrozenNetwork): FrozenRunner {
  const constants = new Map<string, Tensor[]>();
  for (const node of network.nodes) {
    if (node.op === 'conv2d') constants.set(node.name, [tf.tensor4d(node.filter, node.filterShape), tf.tensor1d(node.bias)]);
    else if (node.op === 'linear') constants.set(node.name, [tf.tensor2d(node.weights, node.weightsShape), tf.tensor1d(node.bias)]);
    else if (node.op === 'batchNorm') constants.set(node.name, [tf.tensor1d(node.scale), tf.tensor1d(node.offset)]);
  }

  function run(images: Tensor4D): Tensor2D {
    const values = new Map<string, Tensor>();
    for (const node of network.nodes) {
      const [a, b] = node.inputs.map((name) => values.get(name)!);
      const [first, second] = constants.get(node.name) ?? [];
      switch (node.op) {
        case 'input':
          values.set(node.name, images);
          break;
        case 'conv2d': {
          const pad = node.stride === 1 && node.filterShape[0] === 2 * node.padding + 1 ? 'same' : symmetricPadding(node.padding);
          const activation = node.activation === 'relu' ? 'relu' : 'linear';
          values.set(node.name, tf.fused.conv2d({ x: a as Tensor4D, filter: first as Tensor4D, strides: node.stride, pad, bias: second as Tensor1D, activation }));
          break;
        }
        case 'batchNorm':
          values.set(node.name, tf.add(tf.mul(a, first), second));
          break;
        case 'add': {
          const sum = tf.add(a, b);
          values.set(node.name, node.activation === 'relu' ? tf.relu(sum) : sum);
          break;
        }
        case 'relu':
          values.set(node.name, tf.relu(a));
          break;
        case 'maxPool':
          values.set(node.name, maxPool({ tf }, a as Tensor4D, node));
          break;
        case 'globalAveragePool':
          values.set(node.name, tf.mean(a, [1, 2]));
          break;
        case 'linear':
          values.set(node.name, tf.add(tf.matMul(a as Tensor2D, first as Tensor2D), second));
          break;
      }
    }
    return values.get(network.output) as Tensor2D;
  }

  return {
    logits: (images) => tf.tidy(() => run(images)),
    dispose() {
      for (const tensors of constants.values()) for (const tensor of tensors) tensor.dispose();
    },
  };
}
