import type { Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Engine } from '../engines/engine.ts';
import type { Network } from '../networks/graph.ts';
import { stateSpec, type NetworkState } from '../networks/state.ts';
import { trainForward } from '../networks/train-forward.ts';

/**
 * A network in eval mode, node by node as it is trained, with nothing folded or fused, but every batch norm by its running
 * statistics, as PyTorch's `module.eval()` computes. What a frozen network must equal. For use inside a tidy.
 */
export function evalForward(engine: Engine, network: Network, state: NetworkState, images: Tensor4D): Tensor2D {
  const { tf } = engine;
  const parameters = new Map<string, Tensor>();
  /** Batch norms by their scale: an engine is not told their names. */
  const norms = new Map<Tensor, { mean: Tensor1D; variance: Tensor1D }>();
  for (const { name, layout, shape: hostShape } of stateSpec(network)) {
    const { data, shape } = layout.toDevice(state.get(name)!.data, hostShape);
    parameters.set(name, tf.tensor(data, shape, 'float32'));
  }
  for (const node of network.nodes) {
    if (node.op !== 'batchNorm') continue;
    const [scale, mean, variance] = ['weight', 'running_mean', 'running_var'].map(
      (entry) => parameters.get(`${node.name}.${entry}`) as Tensor1D,
    );
    norms.set(scale, { mean, variance });
  }
  const batchNorm: Engine['ops']['batchNorm'] = (x, scale, offset, epsilon) => {
    const { mean, variance } = norms.get(scale)!;
    const normalised = tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, epsilon)));
    return { y: tf.add(tf.mul(normalised, scale), offset), mean, variance };
  };
  // What is dropped at random in training is never dropped here.
  const certain = { ...network, nodes: network.nodes.map((node) => ('rate' in node ? { ...node, rate: 0 } : node)) };
  return trainForward(
    { ...engine, ops: { ...engine.ops, batchNorm } },
    certain,
    parameters as Map<string, Variable>,
    images,
    () => {},
    'eval',
  );
}
