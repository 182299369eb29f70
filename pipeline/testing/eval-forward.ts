import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engines/engine.ts';
import type { Network } from '../networks/graph.ts';
import { oihwToHwio } from '../networks/layout.ts';
import type { NetworkState } from '../networks/state.ts';

/**
 * A network in eval mode, node by node and with nothing folded or fused: batch norm by its running statistics, as
 * PyTorch's `module.eval()` computes. What a frozen network must equal. For use inside a tidy.
 */
export function evalForward(tf: Tfjs, network: Network, state: NetworkState, images: Tensor4D): Tensor2D {
  const vector = (name: string): Tensor1D => tf.tensor1d(state.get(name)!.data);
  const padded = (x: Tensor, padding: number, value: number): Tensor4D => tf.pad(x as Tensor4D, [[0, 0], [padding, padding], [padding, padding], [0, 0]], value);
  const values: Tensor[] = [];
  for (const node of network.nodes) {
    const [a, b] = node.inputs.map((id) => values[id]);
    const compute = (): Tensor => {
      switch (node.op) {
        case 'input':
          return images;
        case 'conv2d': {
          const { name, kernel, inChannels, outChannels } = node;
          const filter = tf.tensor4d(oihwToHwio(state.get(`${name}.weight`)!.data, [outChannels, inChannels, kernel, kernel]), [kernel, kernel, inChannels, outChannels]);
          const y = tf.conv2d(padded(a, node.padding, 0), filter, node.stride, 'valid');
          return node.bias ? tf.add(y, vector(`${name}.bias`)) : y;
        }
        case 'batchNorm': {
          const deviation = tf.sqrt(tf.add(vector(`${node.name}.running_var`), node.epsilon));
          const normalised = tf.div(tf.sub(a, vector(`${node.name}.running_mean`)), deviation);
          return tf.add(tf.mul(normalised, vector(`${node.name}.weight`)), vector(`${node.name}.bias`));
        }
        case 'relu':
          return tf.relu(a);
        case 'add':
          return tf.add(a, b);
        case 'maxPool':
          // PyTorch pads a max pool with what no maximum can be.
          return tf.maxPool(padded(a, node.padding, -1e30), node.kernel, node.stride, 'valid');
        case 'globalAveragePool':
          return tf.mean(a, [1, 2]);
        case 'linear': {
          const weights = tf.tensor2d(state.get(`${node.name}.weight`)!.data, [node.outFeatures, node.inFeatures]);
          return tf.add(tf.matMul(a as Tensor2D, weights, false, true), vector(`${node.name}.bias`));
        }
      }
    };
    values.push(compute());
  }
  return values[network.output] as Tensor2D;
}
