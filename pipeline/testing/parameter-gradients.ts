/** The gradients of a whole network on an engine, to be held against another engine's. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { createRandom } from '../data/augmentation/index.ts';
import { createDistiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import type { Network } from '../networks/graph.ts';
import { initialState } from '../networks/state.ts';
import { trainForward } from '../networks/train-forward.ts';
import { uploadState } from '../training/device-state.ts';
import { uniform } from './numbers.ts';
import { relativeDifference } from '../support/difference.ts';

/** Gradients by the parameter's name, in the engine's layout. */
export type Gradients = Map<string, Float32Array>;

/** Value that batch norms' offsets are raised to: nearly everything lies far from 0 and 6, where ReLU and ReLU6 turn over. */
const RAISED = 3;

/**
 * Gradients of a cross-entropy with respect to every parameter, with the network's initial weights and made images of this seed.
 * @param raised batch norms' offsets are 3 and not 0
 */
export async function parameterGradients(engine: Engine, network: Network, batch: number, seed = 7, raised = false): Promise<Gradients> {
  const { tf } = engine;
  const state = initialState(network, createRandom(1));
  if (raised)
    for (const [name, { data }] of state) if (name.endsWith('.bias') && state.has(name.replace(/bias$/, 'running_mean'))) data.fill(RAISED);
  const device = uploadState(tf, network, state, engine.updates);
  const { height, width, channels } = network.inputShape;
  const images = tf.tensor4d(uniform(batch * height * width * channels, seed, -2, 2), [batch, height, width, channels]);
  const labels = tf.tensor1d(
    Int32Array.from({ length: batch }, (_, i) => (i * i) % network.classes),
    'int32',
  );
  const { value, grads } = tf.variableGrads(() => {
    const logits = trainForward(engine, network, device.parameters, images, ({ mean, variance }) => tf.dispose([mean, variance]), 'seed');
    return createDistiller('ce', { epochs: 1 })
      .losses(tf, { labels, student: { weak: logits, strong: logits }, teacher: {} as never, epoch: 1 })
      .ce.asScalar();
  }, [...device.parameters.values()]);
  const out: Gradients = new Map();
  for (const [name, variable] of device.parameters)
    out.set(name, ((await (grads[variable.name] as Tensor).data()) as Float32Array).slice());
  tf.dispose([images, labels, value, ...Object.values(grads)]);
  device.dispose();
  return out;
}

/**
 * The parameter whose gradient differs most, relative to its own largest entry. What is zero but for rounding (a shift before a
 * batch norm) has no relative error: it counts against a hundredth of the largest gradient of all.
 */
export function worstGradient(actual: Gradients, expected: Gradients): { name: string; error: number } {
  let largest = 0;
  for (const values of expected.values()) for (const value of values) largest = Math.max(largest, Math.abs(value));
  let worst = { name: '', error: -1 };
  for (const [name, values] of expected) {
    const error = relativeDifference([...actual.get(name)!, largest / 100], [...values, largest / 100]);
    if (!(error <= worst.error)) worst = { name, error };
    if (Number.isNaN(error)) break;
  }
  return worst;
}
