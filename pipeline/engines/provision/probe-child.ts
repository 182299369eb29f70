import { loadTensorflow } from './load.ts';
import type { ProbeResult } from './probe.ts';

/** Run by {@link probeEngine}: argument 1 is the binding; one line of JSON comes back. */
const tf = loadTensorflow({ bindingPath: process.argv[2] });
const binding = (tf.backend() as unknown as { binding: { TF_Version: string; isUsingGpuDevice(): boolean } }).binding;

// [[1,2],[3,4]] · [[5,6],[7,8]] = [[19,22],[43,50]]
const product = tf
  .matMul(
    tf.tensor2d([
      [1, 2],
      [3, 4],
    ]),
    tf.tensor2d([
      [5, 6],
      [7, 8],
    ]),
  )
  .dataSync();
// A 3×3 box filter on a 3×3 image of 1…9, zero padding: the sum of each pixel's neighbourhood.
const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
const sums = tf.conv2d(image, tf.ones([3, 3, 1, 1]) as ReturnType<typeof tf.tensor4d>, 1, 'same').dataSync();

const checks: [string, ArrayLike<number>, number[]][] = [
  ['matMul', product, [19, 22, 43, 50]],
  ['conv2d', sums, [12, 21, 16, 27, 45, 33, 24, 39, 28]],
];
const wrong = checks.find(([, got, expected]) => expected.length !== got.length || expected.some((value, i) => got[i] !== value));
const result: ProbeResult = {
  ok: wrong === undefined && tf.getBackend() === 'tensorflow',
  message: wrong
    ? `${wrong[0]} gave ${Array.from(wrong[1]).join(' ')}, expected ${wrong[2].join(' ')}`
    : `matMul and conv2d are right on ${tf.getBackend()}`,
  usesGpu: binding.isUsingGpuDevice(),
  tensorflowVersion: binding.TF_Version,
};
console.log(JSON.stringify(result));
