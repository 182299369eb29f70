/** Finds where a training broke: runs the failing batch once more, with a look at every weight, output and gradient on the way. */
import type { NamedTensorMap, Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import type { GraphNode } from '../networks/operations/index.ts';
import { stateSpec } from '../networks/state.ts';
import { layerOutputs } from '../networks/train-forward.ts';
import { methodNamed } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import type { DeviceState } from './device-state.ts';
import { createStep, drawKey, type StepBatch } from './step.ts';
import type { Training } from './training.ts';

/** Beginning of a finding that found nothing. */
export const ALL_FINITE = "every layer's output is finite";

/** The part of a training that a step's computation depends on. */
export type DiagnosedTraining = Pick<Training, 'network' | 'method' | 'classWeights' | 'labelSmoothing' | 'seed'>;

/**
 * Names the first place where a step's computation stops being finite: its images, what the teacher says of them, a weight
 * (in the network's order), a layer's output (in the network's order), a gradient (from the loss backwards), in this order.
 * Changes nothing on the device.
 * @param device the state before the step
 * @returns half a sentence: `the output of layer1.0.conv1 (conv2d) is not finite`
 */
export async function diagnoseStep(training: DiagnosedTraining, engine: Engine, device: DeviceState, batch: StepBatch): Promise<string> {
  const { tf } = engine;
  const { network } = training;
  if (!batch.images.every(Number.isFinite)) return "the batch's images are not finite";
  if (batch.teacherLogits && !batch.teacherLogits.every(Number.isFinite)) return "the teacher's logits are not finite";

  const broken: string[] = [];
  for (const [name, parameter] of device.parameters) if (!(await isFinite(parameter))) broken.push(name);
  if (broken.length > 0)
    return `${broken[0]} is not finite before the step (with ${broken.length - 1} of the other ${device.parameters.size - 1} weights)`;

  const outputs = forward(training, engine, device, batch);
  let output: string | undefined;
  for (const [id, value] of outputs.entries()) if (output === undefined && !(await isFinite(value))) output = layerName(network.nodes, id);
  const logits = output === undefined ? ((await outputs[network.output].data()) as Float32Array) : new Float32Array(0);
  const largest = logits.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  tf.dispose(outputs);
  if (output !== undefined) return `the output of ${output} is not finite`;

  const gradients = gradientsOf(training, engine, device, batch);
  let gradient: string | undefined;
  for (const { name } of stateSpec(network)
    .filter(({ trainable }) => trainable)
    .reverse()) {
    if (gradient === undefined && !(await isFinite(gradients[name]))) gradient = name;
  }
  tf.dispose(gradients);
  const range = `${ALL_FINITE}, the logits within ±${largest.toPrecision(3)}`;
  return gradient === undefined ? range : `the gradient of ${gradient} is not finite (${range})`;
}

const isFinite = async (tensor: Tensor): Promise<boolean> => ((await tensor.data()) as Float32Array).every(Number.isFinite);

/** Every node's output in training mode. */
function forward({ network, seed }: DiagnosedTraining, engine: Engine, device: DeviceState, batch: StepBatch): Tensor[] {
  const { images } = batch;
  const { tf } = engine;
  const { height, width, channels } = network.inputShape;
  return tf.tidy(() => {
    const input: Tensor4D = tf.tensor4d(images, [images.length / (height * width * channels), height, width, channels]);
    return layerOutputs(
      engine,
      network,
      device.parameters,
      input,
      ({ mean, variance }) => tf.dispose([mean, variance]),
      drawKey(seed, batch),
    );
  });
}

/** The step's own, without its update. */
function gradientsOf(training: DiagnosedTraining, engine: Engine, device: DeviceState, batch: StepBatch): NamedTensorMap {
  // Nothing is updated: there is no need of an optimizer.
  const optimizer = { state: new Map(), apply: () => undefined, dispose: () => undefined };
  const { losses, gradients, statistics } = createStep(
    engine,
    training,
    methodNamed(training.method.name).create(training.method.options),
    device,
    optimizer,
  ).compute(batch);
  for (const { mean, variance } of statistics) engine.tf.dispose([mean, variance]);
  for (const loss of Object.values(losses)) loss.dispose();
  return gradients;
}

/** Names a layer by its module's path if it has one, else by the layer before it. */
function layerName(nodes: readonly GraphNode[], id: number): string {
  const node = nodes[id];
  if ('name' in node) return `${node.name} (${node.op})`;
  const before = nodes.slice(0, id).findLast((candidate) => 'name' in candidate);
  return before && 'name' in before ? `the ${node.op} after ${before.name}` : `the ${node.op}`;
}
