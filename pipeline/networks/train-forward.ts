/** A network interpreted in training mode on an engine: batch statistics, gradients by tfjs's tape. */
import type { Tensor, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { Engine } from '../engines/engine.ts';
import type { Network } from './graph.ts';
import { operationOf } from './operations/index.ts';
import type { BatchStatistics, TrainingContext } from './operations/operation.ts';
import { roundOnEngine, weightAxes } from './rounding-in-training.ts';
import { stepName } from './state.ts';

export type { BatchStatistics };

/** Tensors of the trainable parameters, in device layout, by PyTorch's name. */
export type DeviceParameters = Map<string, Variable>;

/**
 * @param images `[B, H, W, C]`, normalised.
 * @param onStatistics receives each batch norm's statistics; their owner disposes them.
 * @param seed of what this step draws (dropout); another one each step. Networks that draw nothing need none.
 * @throws Error if a network draws and there is no seed.
 * @returns the value of every node, by its id.
 */
export function layerOutputs(
  engine: Engine,
  network: Network,
  parameters: DeviceParameters,
  images: Tensor4D,
  onStatistics: (statistics: BatchStatistics) => void,
  seed?: string,
): Tensor[] {
  const values: Tensor[] = [];
  /** True if a node's value depends on anything trainable. */
  const trained: boolean[] = [];
  const { weightRounding } = network;
  const axes = weightRounding && weightAxes(network);
  const parameter = <T extends Tensor>(name: string): T => {
    const value: Tensor = parameters.get(name)!;
    const axis = axes?.get(name);
    return (
      axis === undefined
        ? value
        : roundOnEngine(engine.tf, value, axis, weightRounding!, network.learnsSteps && parameters.get(stepName(name)))
    ) as T;
  };
  for (const node of network.nodes) {
    const operation = operationOf(node);
    const context: TrainingContext = {
      engine,
      parameter,
      onStatistics,
      needsGradient: (index) => trained[node.inputs[index]],
      uniform(shape) {
        if (seed === undefined) throw new Error(`${network.name} draws random numbers in training (${node.op}): it needs a seed`);
        return engine.tf.randomUniform(shape, 0, 1, 'float32', `${seed}/${node.id}`);
      },
    };
    values.push(operation.forward(node, node.op === 'input' ? [images] : node.inputs.map((id) => values[id]), context));
    trained.push(operation.parameters !== undefined || node.inputs.some((id) => trained[id]));
  }
  return values;
}

/** The logits `[B, classes]`; parameters and errors as of `layerOutputs`. */
export function trainForward(...pass: Parameters<typeof layerOutputs>): Tensor2D {
  const [, network] = pass;
  return layerOutputs(...pass)[network.output] as Tensor2D;
}
