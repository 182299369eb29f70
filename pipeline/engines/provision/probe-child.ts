import type { Tfjs } from '../engine.ts';
import { wrongAnswer } from '../known-answers.ts';
import { loadTensorflow } from './load.ts';
import type { ProbeResult } from './probe.ts';

/** Run by {@link probeEngine}: argument 1 is the binding; one line of JSON comes back. */
const tf = loadTensorflow({ bindingPath: process.argv[2] });
const binding = (tf.backend() as unknown as { binding: { TF_Version: string; isUsingGpuDevice(): boolean } }).binding;

const wrong = await wrongAnswer(tf as unknown as Tfjs);
const result: ProbeResult = {
  ok: wrong === undefined && tf.getBackend() === 'tensorflow',
  message: wrong ?? `matMul and conv2d are right on ${tf.getBackend()}`,
  usesGpu: binding.isUsingGpuDevice(),
  tensorflowVersion: binding.TF_Version,
};
console.log(JSON.stringify(result));
