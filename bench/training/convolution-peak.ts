/**
 * Compares a step with what the machine's convolutions could do: the fastest forward convolution of the case's own layers, on the same
 * engine and cores, and the time that a step would take if all its multiplications ran at that rate.
 */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Engine } from '../../pipeline/engines/index.ts';
import type { Network } from '../../pipeline/networks/index.ts';
import { conv2d } from '../../pipeline/networks/operations/conv2d.ts';
import { multiplyAdds } from '../../pipeline/networks/state.ts';
import type { Sample } from './sample.ts';
import { quartiles } from './statistics.ts';

export interface ConvolutionPeak {
  /** Rate of the fastest layer; a multiplication and an addition are two operations. */
  gigaflopsPerSecond: number;
  /** `3x3, 64 to 64 channels, 8x8` */
  layer: string;
  /** Operations of a step: forward, both gradients (of the first convolution only the filter's), the teacher's forward. */
  gigaflopsPerStep: number;
  /** Time of a step whose operations all ran at the peak. */
  boundMs: number;
}

const TURNS = 15;

/** Times each distinct convolution of the case's networks on the whole batch of views; the engine must compute when it is called, as TensorFlow on CPUs and WASM do. */
export function measureConvolutionPeak(engine: Engine, sample: Sample): ConvolutionPeak {
  const batch = sample.distiller.views.length * sample.labels.length;
  let best = { gigaflopsPerSecond: 0, layer: '' };
  for (const layer of distinctConvolutions(sample)) {
    const rate = convolutionRate(engine, layer, batch);
    if (rate > best.gigaflopsPerSecond) best = { gigaflopsPerSecond: rate, layer: describe(layer) };
  }
  const gigaflopsPerStep =
    (2 * batch * (trainingMultiplyAdds(sample.network) + (sample.teacher ? multiplyAdds(sample.teacher.network) : 0))) / 1e9;
  return { ...best, gigaflopsPerStep, boundMs: (1000 * gigaflopsPerStep) / best.gigaflopsPerSecond };
}

/** Number of multiply-adds per image: forward, and as many for each gradient, except for the gradient of the images, which nobody needs. */
export function trainingMultiplyAdds(network: Network): number {
  const [stem] = convolutionsOf(network);
  return 3 * multiplyAdds(network) - (stem ? conv2d.multiplyAdds!(stem) : 0);
}

type Convolution = Extract<Network['nodes'][number], { op: 'conv2d' }>;

const convolutionsOf = (network: Network): Convolution[] => network.nodes.filter((node): node is Convolution => node.op === 'conv2d');

const describe = ({ kernel, stride, inputShapes: [[height, width, channels]], shape }: Convolution): string =>
  `${kernel}x${kernel}${stride > 1 ? `, stride ${stride}` : ''}, ${channels} to ${shape[2]} channels, ${height}x${width}`;

function distinctConvolutions({ network, teacher }: Sample): Convolution[] {
  const layers = [network, ...(teacher ? [teacher.network] : [])].flatMap(convolutionsOf);
  return [...new Map(layers.map((layer) => [describe(layer), layer])).values()];
}

/** Billions of operations a second, median of some turns. */
function convolutionRate({ tf, ops }: Engine, layer: Convolution, batch: number): number {
  const {
    kernel,
    stride,
    padding,
    inputShapes: [[height, width, channels]],
    shape,
  } = layer;
  const x = tf.randomUniform([batch, height, width, channels], -1, 1) as Tensor4D;
  const filter = tf.randomUniform([kernel, kernel, channels, shape[2]], -1, 1) as Tensor4D;
  const seconds: number[] = [];
  try {
    for (let turn = 0; turn < TURNS + 3; turn++) {
      const began = performance.now();
      const y = ops.conv2d(x, filter, stride, padding);
      if (turn >= 3) seconds.push((performance.now() - began) / 1000);
      y.dispose();
    }
  } finally {
    tf.dispose([x, filter]);
  }
  return (2 * batch * conv2d.multiplyAdds!(layer)) / quartiles(seconds).median / 1e9;
}
