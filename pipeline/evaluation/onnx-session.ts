/** An ONNX model on ONNX Runtime's processor backend, in this thread. */
import type { InferenceSession } from 'onnxruntime-node';
import type { OnnxHandle } from '../teachers/handle.ts';
import { teacherInput } from './model-input.ts';
import type { RawRunner } from '../teachers/runner.ts';

/** Images that one run takes where the model takes any number. */
const BATCH = 64;

/** @param model a file's path, or the model itself. @throws Error in one line where it is no model that ONNX Runtime can run */
export async function createSession(model: string | Uint8Array, threads?: number): Promise<InferenceSession> {
  const ort = await import('onnxruntime-node');
  try {
    const options = {
      executionProviders: ['cpu'],
      // Errors alone: what it warns of are hints on speed, many lines of them.
      logSeverityLevel: 3 as const,
      ...(threads && { intraOpNumThreads: threads }),
    };
    return await (typeof model === 'string' ? ort.InferenceSession.create(model, options) : ort.InferenceSession.create(model, options));
  } catch (error) {
    throw new Error(`${typeof model === 'string' ? model : 'this'} is not an ONNX model that ONNX Runtime can run: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}

/** @param threads that one operation may use; absent: all cores */
export async function openOnnxSession(handle: OnnxHandle, threads?: number): Promise<RawRunner> {
  const { Tensor } = await import('onnxruntime-node');
  const session = await createSession(handle.path, threads);
  const { preprocessing, layout, classes } = handle;
  const { height, width, channels } = preprocessing;
  const imageSize = height * width * channels;
  const batch = handle.batch || BATCH;

  async function runBatch(input: Float32Array, count: number): Promise<Float32Array> {
    const shape = layout === 'nchw' ? [count, channels, height, width] : [count, height, width, channels];
    const results = await session.run({ [handle.input]: new Tensor('float32', input, shape) }, [handle.output]);
    const output = results[handle.output];
    if (output.type !== 'float32' || output.size !== count * classes) throw new Error(`${handle.path} gives ${output.type} [${output.dims}] for ${count} images; expected float32 [${count},${classes}]`);
    const values = (output.data as Float32Array).slice();
    for (const result of Object.values(results)) result.dispose();
    return values;
  }

  return {
    async run(pixels, count) {
      const out = new Float32Array(count * classes);
      for (let start = 0; start < count; start += batch) {
        const taken = Math.min(batch, count - start);
        const input = teacherInput(pixels.subarray(start * imageSize, (start + taken) * imageSize), preprocessing, layout);
        if (handle.batch === 0 || taken === batch) out.set(await runBatch(input, taken), start * classes);
        else {
          // A model of a fixed batch gets the rest of it filled with zeros, whose answers are left.
          const padded = new Float32Array(batch * imageSize);
          padded.set(input);
          out.set((await runBatch(padded, batch)).subarray(0, taken * classes), start * classes);
        }
      }
      return out;
    },
    dispose: () => session.release(),
  };
}
