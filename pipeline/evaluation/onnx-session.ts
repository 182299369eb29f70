/** ONNX models on ONNX Runtime's processor backend, in this thread: the one place where they are run. */
import { float16Bits, float16Value } from '@sld-edge/runtime/format';
import type { InferenceSession } from 'onnxruntime-node';
import { concatenate } from '../support/concatenate.ts';
import { channelsFirst, type ImageSize } from './model-input.ts';

/** Types of a model's images: `uint8` are levels, which it normalises itself. */
export const INPUT_TYPES = ['float32', 'float16', 'uint8'] as const;
export type InputType = (typeof INPUT_TYPES)[number];

/** A classifier of images, as plain data. */
export interface OnnxClassifier {
  /** A file's path, or the model itself. */
  model: string | Uint8Array;
  /** Names of the input and the output; default `input` and `logits`, as our writers name them. */
  input?: string;
  output?: string;
  /** Layout of the model's images; default `nchw`. */
  layout?: 'nchw' | 'nhwc';
  /** Type of the model's images; default `float32`. */
  inputType?: InputType;
  /** Images that one run takes, where the model fixes them; default 0: any number. */
  batch?: number;
}

export interface OnnxSession {
  /**
   * @param input `[count, height, width, channels]`, normalised
   * @returns `[count, classes]`
   * @throws Error in one line where the model can't be run on it, or its output is no row of classes for each image
   */
  run(input: Float32Array, count: number, size: ImageSize): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Images that one run takes where the model takes any number. */
const BATCH = 64;

/** @param model a file's path, or the model itself. @throws Error in one line where it is no model that ONNX Runtime can run */
export async function createOnnxSession(model: string | Uint8Array, threads?: number): Promise<InferenceSession> {
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
    throw new Error(`${nameOf(model)} is not an ONNX model that ONNX Runtime can run: ${firstLine(error)}`, { cause: error });
  }
}

/**
 * @param threads that one operation may use; absent: all cores
 * @param opened a session of the model, where there is one already
 */
export async function openOnnx(
  { model, input = 'input', output = 'logits', layout = 'nchw', inputType = 'float32', batch = 0 }: OnnxClassifier,
  threads?: number,
  opened?: InferenceSession,
): Promise<OnnxSession> {
  const { Tensor } = await import('onnxruntime-node');
  const session = opened ?? (await createOnnxSession(model, threads));

  async function runBatch(values: Float32Array, count: number, { height, width, channels }: ImageSize): Promise<Float32Array> {
    const shape = layout === 'nchw' ? [count, channels, height, width] : [count, height, width, channels];
    const data = layout === 'nchw' ? channelsFirst(values, count, channels) : values;
    const results = await session
      .run({ [input]: new Tensor(inputType, typed(data, inputType) as never, shape) }, [output])
      .catch((error: unknown) => {
        throw new Error(`${nameOf(model)} can't be run on images [${shape.join(', ')}]: ${firstLine(error)}`, { cause: error });
      });
    const { type, dims, data: logits } = results[output];
    if (
      (type !== 'float32' && type !== 'float16') ||
      dims.length < 2 ||
      dims[0] !== count ||
      dims.slice(2).some((dimension) => dimension !== 1)
    ) {
      throw new Error(
        `the output "${output}" of ${nameOf(model)} is ${type} [${dims.join(', ')}] for ${count} image${count === 1 ? '' : 's'}; expected float32 [${count}, classes]`,
      );
    }
    const own = type === 'float16' ? floatsOf(logits as Uint16Array) : (logits as Float32Array).slice();
    for (const result of Object.values(results)) result.dispose();
    return own;
  }

  return {
    async run(values, count, size) {
      const imageSize = values.length / count;
      const parts: Float32Array[] = [];
      for (let start = 0; start < count; start += batch || BATCH) {
        const taken = Math.min(batch || BATCH, count - start);
        const part = values.subarray(start * imageSize, (start + taken) * imageSize);
        if (batch === 0 || taken === batch) parts.push(await runBatch(part, taken, size));
        else {
          // A model of a fixed batch gets the rest of it filled with zeros, whose answers are left.
          const padded = new Float32Array(batch * imageSize);
          padded.set(part);
          const answers = await runBatch(padded, batch, size);
          parts.push(answers.subarray(0, (taken * answers.length) / batch));
        }
      }
      return concatenate(parts);
    },
    dispose: () => session.release(),
  };
}

/** Values as the model takes them: halves as their bits, levels rounded and cut off. */
function typed(values: Float32Array, type: InputType): Float32Array | Uint16Array | Uint8Array {
  if (type === 'float16') return Uint16Array.from(values, float16Bits);
  return type === 'uint8' ? Uint8Array.from(values, (value) => Math.min(255, Math.max(0, Math.round(value)))) : values;
}

/** Halves as numbers; newer versions of Node give them as such. */
const floatsOf = (halves: ArrayLike<number>): Float32Array =>
  halves instanceof Uint16Array ? Float32Array.from(halves, float16Value) : Float32Array.from(halves);

const nameOf = (model: string | Uint8Array): string => (typeof model === 'string' ? model : 'the ONNX model');
const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0];
