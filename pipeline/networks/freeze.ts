/**
 * Freezing: a trained network in inference form. Batch norm is folded into the convolution before it
 * (w' = w·γ/√(σ²+ε), b' = β + (b - μ)·γ/√(σ²+ε)), and a ReLU is fused into the convolution or addition it follows.
 * The frozen form is what evaluation runs and what the package writers write.
 */
import { consumerCounts, type BatchNormNode, type ConvNode, type Network, type Shape } from './graph.ts';
import { oihwToHwio, transpose } from './layout.ts';
import type { NetworkState } from './state.ts';

export type Activation = 'none' | 'relu';

interface FrozenBase {
  /** Unique, fit for a graph file. */
  name: string;
  /** Names of the nodes read. */
  inputs: string[];
  shape: Shape;
}

export type FrozenNode =
  | (FrozenBase & { op: 'input' })
  | (FrozenBase & {
      op: 'conv2d';
      /** [kernel, kernel, in, out] */
      filter: Float32Array;
      filterShape: [number, number, number, number];
      bias: Float32Array;
      stride: number;
      /** Zeros on each side, as in PyTorch. */
      padding: number;
      activation: Activation;
    })
  | (FrozenBase & { op: 'batchNorm'; scale: Float32Array; offset: Float32Array })
  | (FrozenBase & { op: 'add'; activation: Activation })
  | (FrozenBase & { op: 'relu' })
  | (FrozenBase & { op: 'maxPool'; kernel: number; stride: number; padding: number })
  | (FrozenBase & { op: 'globalAveragePool' })
  | (FrozenBase & { op: 'linear'; weights: Float32Array; weightsShape: [number, number]; bias: Float32Array });

export interface FrozenNetwork {
  name: string;
  inputShape: Shape;
  classes: number;
  nodes: FrozenNode[];
  output: string;
}

/** Folds and fuses; `state` must fit the network (`assertStateFits`). */
export function freeze(network: Network, state: NetworkState): FrozenNetwork {
  const consumers = consumerCounts(network);
  const value = (name: string): Float32Array => state.get(name)!.data;
  const frozen: FrozenNode[] = [];
  /** For each graph node, the frozen node that carries its value. */
  const carrier = new Map<number, FrozenNode>();

  for (const node of network.nodes) {
    const source = node.inputs.map((id) => carrier.get(id)!);
    const inputs = source.map((from) => from.name);
    const onlyConsumer = node.inputs.length === 1 && consumers[node.inputs[0]] === 1;
    const before = source[0];
    const emit = (fresh: FrozenNode): void => {
      frozen.push(fresh);
      carrier.set(node.id, fresh);
    };
    switch (node.op) {
      case 'input':
        emit({ op: 'input', name: 'input', inputs, shape: node.shape });
        break;
      case 'conv2d':
        emit(frozenConv(node, inputs, value));
        break;
      case 'batchNorm': {
        const { scale, offset } = scaleAndOffset(node, value);
        if (before.op === 'conv2d' && before.activation === 'none' && onlyConsumer) {
          scaleOutputChannels(before.filter, before.bias, scale, offset);
          carrier.set(node.id, before);
        } else emit({ op: 'batchNorm', name: node.name, inputs, shape: node.shape, scale, offset });
        break;
      }
      case 'relu':
        if ((before.op === 'conv2d' || before.op === 'add') && before.activation === 'none' && onlyConsumer) {
          before.activation = 'relu';
          carrier.set(node.id, before);
        } else emit({ op: 'relu', name: `relu_${node.id}`, inputs, shape: node.shape });
        break;
      case 'add':
        emit({ op: 'add', name: `add_${node.id}`, inputs, shape: node.shape, activation: 'none' });
        break;
      case 'maxPool':
        emit({ op: 'maxPool', name: `max_pool_${node.id}`, inputs, shape: node.shape, kernel: node.kernel, stride: node.stride, padding: node.padding });
        break;
      case 'globalAveragePool':
        emit({ op: 'globalAveragePool', name: `global_average_pool_${node.id}`, inputs, shape: node.shape });
        break;
      case 'linear':
        emit({
          op: 'linear',
          name: node.name,
          inputs,
          shape: node.shape,
          weights: transpose(value(`${node.name}.weight`), [node.outFeatures, node.inFeatures]),
          weightsShape: [node.inFeatures, node.outFeatures],
          bias: value(`${node.name}.bias`).slice(),
        });
        break;
    }
  }
  const { name, inputShape, classes } = network;
  return { name, inputShape, classes, nodes: frozen, output: carrier.get(network.output)!.name };
}

function frozenConv(node: ConvNode, inputs: string[], value: (name: string) => Float32Array): FrozenNode & { op: 'conv2d' } {
  const { name, kernel, inChannels, outChannels, stride, padding, shape } = node;
  return {
    op: 'conv2d',
    name,
    inputs,
    shape,
    filter: oihwToHwio(value(`${name}.weight`), [outChannels, inChannels, kernel, kernel]),
    filterShape: [kernel, kernel, inChannels, outChannels],
    bias: node.bias ? value(`${name}.bias`).slice() : new Float32Array(outChannels),
    stride,
    padding,
    activation: 'none',
  };
}

function scaleAndOffset(node: BatchNormNode, value: (name: string) => Float32Array): { scale: Float32Array; offset: Float32Array } {
  const gamma = value(`${node.name}.weight`);
  const beta = value(`${node.name}.bias`);
  const mean = value(`${node.name}.running_mean`);
  const variance = value(`${node.name}.running_var`);
  const scale = gamma.map((g, c) => g / Math.sqrt(variance[c] + node.epsilon));
  const offset = beta.map((b, c) => b - mean[c] * scale[c]);
  return { scale, offset };
}

/** Output channels are the filter's innermost dimension, so they repeat with period `scale.length`. */
function scaleOutputChannels(filter: Float32Array, bias: Float32Array, scale: Float32Array, offset: Float32Array): void {
  for (let i = 0; i < filter.length; i++) filter[i] *= scale[i % scale.length];
  for (let c = 0; c < bias.length; c++) bias[c] = bias[c] * scale[c] + offset[c];
}
