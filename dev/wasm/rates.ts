/** Floating-point operations a second of processor time: of XNNPACK's convolutions forward, and of whole training steps. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { createRandom } from '../../pipeline/data/augmentation/random.ts';
import { createDistiller } from '../../pipeline/distillers/index.ts';
import { windowPadding } from '../../pipeline/engines/padding.ts';
import type { Engine } from '../../pipeline/engines/index.ts';
import type { Network } from '../../pipeline/networks/index.ts';
import { conv2d } from '../../pipeline/networks/operations/conv2d.ts';
import { initialState, multiplyAdds } from '../../pipeline/networks/state.ts';
import { uploadState } from '../../pipeline/training/device-state.ts';
import { createOptimizer } from '../../pipeline/training/optimizers/index.ts';
import { createStep, readLosses } from '../../pipeline/training/step.ts';

/** Seconds of this process on all cores, user and system. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** A step: forward, and backward twice as much. */
export const stepOperations = (network: Network, batchSize: number): number => 3 * 2 * multiplyAdds(network) * batchSize;

/**
 * The machine's convolution speed: every convolution of a network forward, by XNNPACK.
 * @returns GFLOP/s over all of them, each as often as the network has it
 */
export function convolutionRate({ tf }: Engine, network: Network, batchSize: number, repeats: number): number {
  const layers = network.nodes.flatMap((node) => (node.op === 'conv2d' ? [node] : []));
  const runs = layers.map((layer) => {
    const {
      inputShapes: [[height, width, channels]],
      kernel,
      outChannels,
      stride,
      padding,
    } = layer;
    const x = tf.randomUniform([batchSize, height!, width!, channels!]) as Tensor4D;
    const filter = tf.randomUniform([kernel, kernel, channels!, outChannels]) as Tensor4D;
    return {
      operations: 2 * batchSize * conv2d.multiplyAdds!(layer),
      run: () => tf.conv2d(x, filter, stride, windowPadding(padding)).dispose(),
      dispose: () => tf.dispose([x, filter]),
    };
  });
  for (const { run } of runs) run();
  const began = processorSeconds();
  for (let i = 0; i < repeats; i++) for (const { run } of runs) run();
  const seconds = processorSeconds() - began;
  for (const { dispose } of runs) dispose();
  return (repeats * runs.reduce((sum, { operations }) => sum + operations, 0)) / seconds / 1e9;
}

export interface StepRunner {
  /** @returns processor seconds a step, mean */
  run(steps: number): Promise<number>;
  dispose(): void;
}

/** The step that training runs, with cross-entropy, on random images; its optimizer is SGD. */
export function stepRunner(engine: Engine, network: Network, batchSize: number): StepRunner {
  const { tf } = engine;
  const { height, width, channels } = network.inputShape;
  const random = createRandom(1);
  const device = uploadState(tf, network, initialState(network, random), engine.updates);
  const optimizer = createOptimizer(engine, 'sgd', device.parameters, { momentum: 0.9, weightDecay: 5e-4, nesterov: false });
  const step = createStep(engine, { network, seed: 1 }, createDistiller('ce', { epochs: 1 }), device, optimizer);
  const images = Float32Array.from({ length: batchSize * height * width * channels }, () => (2 * random.next() - 1) * Math.sqrt(3));
  const labels = Int32Array.from({ length: batchSize }, (_, i) => i % network.classes);
  let done = 0;
  return {
    async run(steps) {
      const began = processorSeconds();
      for (let i = 0; i < steps; i++) await readLosses(tf, [step.run({ images, labels, epoch: 1, step: ++done, learningRate: 1e-3 })]);
      return (processorSeconds() - began) / steps;
    },
    dispose() {
      step.dispose();
      optimizer.dispose();
      device.dispose();
    },
  };
}
