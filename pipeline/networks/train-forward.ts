/** A network interpreted in training mode on an engine: batch statistics, gradients by tfjs's tape. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Engine } from '../engines/engine.ts';
import type { Network } from './graph.ts';

export interface BatchStatistics {
  /** The batch norm's name. */
  name: string;
  mean: Tensor1D;
  /** With Bessel's correction. */
  variance: Tensor1D;
}

/** Tensors of the trainable parameters, in device layout (HWIO, [in, out]), by PyTorch's name. */
export type DeviceParameters = Map<string, Variable>;

/**
 * @param images `[B, H, W, C]`, normalised.
 * @param onStatistics receives each batch norm's statistics; their owner disposes them.
 * @returns logits `[B, classes]`.
 */
export function trainForward(
  engine: Engine,
  network: Network,
  parameters: DeviceParameters,
  images: Tensor4D,
  onStatistics: (statistics: BatchStatistics) => void,
): Tensor2D {
  const { tf, ops } = engine;
  const values: Tensor[] = [];
  const parameter = <T extends Tensor>(name: string): T => parameters.get(name) as unknown as T;
  for (const node of network.nodes) {
    const [a, b] = node.inputs.map((id) => values[id]);
    switch (node.op) {
      case 'input':
        values.push(images);
        break;
      case 'conv2d': {
        const needsInputGradient = network.nodes[node.inputs[0]].op !== 'input';
        const y = ops.conv2d(a as Tensor4D, parameter(`${node.name}.weight`), node.stride, node.padding, needsInputGradient);
        values.push(node.bias ? tf.add(y, parameter(`${node.name}.bias`)) : y);
        break;
      }
      case 'batchNorm': {
        const { y, mean, variance } = ops.batchNorm(a as Tensor4D, parameter(`${node.name}.weight`), parameter(`${node.name}.bias`), node.epsilon);
        onStatistics({ name: node.name, mean, variance });
        values.push(y);
        break;
      }
      case 'relu':
        values.push(ops.relu(a));
        break;
      case 'add':
        values.push(tf.add(a, b));
        break;
      case 'maxPool':
        values.push(maxPool(engine, a as Tensor4D, node));
        break;
      case 'globalAveragePool':
        values.push(tf.mean(a, [1, 2]));
        break;
      case 'linear':
        values.push(tf.add(tf.matMul(a as Tensor2D, parameter<Tensor2D>(`${node.name}.weight`)), parameter(`${node.name}.bias`)));
        break;
    }
  }
  return values[network.output] as Tensor2D;
}

/** Zero padding stands in for PyTorch's -∞: equal after a ReLU, where no value is negative. */
export function maxPool({ tf }: Pick<Engine, 'tf'>, x: Tensor4D, { kernel, stride, padding }: { kernel: number; stride: number; padding: number }): Tensor4D {
  const padded = padding === 0 ? x : tf.pad(x, [[0, 0], [padding, padding], [padding, padding], [0, 0]]);
  return tf.maxPool(padded as Tensor4D, kernel, stride, 'valid');
}
