/** ONNX models on ONNX Runtime's processor backend, in this thread: the one place where they are run. */
import { GRAPH_FORMATS, type GraphBackend } from '@sld-edge/runtime';
import type { InferenceSession } from 'onnxruntime-node';
import { concatenate } from '../support/concatenate.ts';
import { channelsFirst, type ImageSize } from './model-input.ts';

/** A classifier of images, as plain data. */
export interface OnnxClassifier {
  /** A file's path, or the model itself. */
  model: string | Uint8Array;
  /** Names of the input and the output; default `input` and `logits`, as our writers name them. */
  input?: string;
  output?: string;
  /** Layout of the model's images; default `nchw`. */
  layout?: 'nchw' | 'nhwc';
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
  { model, input = 'input', output = 'logits', layout = 'nchw', batch = 0 }: OnnxClassifier,
  threads?: number,
  opened?: InferenceSession,
): Promise<OnnxSession> {
  const { Tensor } = await import('onnxruntime-node');
  const session = opened ?? (await createOnnxSession(model, threads));

  async function runBatch(values: Float32Array, count: number, { height, width, channels }: ImageSize): Promise<Float32Array> {
    const shape = layout === 'nchw' ? [count, channels, height, width] : [count, height, width, channels];
    const data = layout === 'nchw' ? channelsFirst(values, count, channels) : values;
    const results = await session.run({ [input]: new Tensor('float32', data, shape) }, [output]).catch((error: unknown) => {
      throw new Error(`${nameOf(model)} can't be run on images [${shape.join(', ')}]: ${firstLine(error)}`, { cause: error });
    });
    const { type, dims, data: logits } = results[output];
    if (type !== 'float32' || dims.length < 2 || dims[0] !== count || dims.slice(2).some((dimension) => dimension !== 1)) {
      throw new Error(
        `the output "${output}" of ${nameOf(model)} is ${type} [${dims.join(', ')}] for ${count} image${count === 1 ? '' : 's'}; expected float32 [${count}, classes]`,
      );
    }
    const own = (logits as Float32Array).slice();
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

/** A package's ONNX file as a backend of graph models. @param model the file's bytes: what `loadGraph` is given belongs to the graph model and is left */
export function createOnnxBackend(model: Uint8Array): GraphBackend {
  return {
    name: 'onnx',
    formats: GRAPH_FORMATS,
    reference: false,
    init: async () => undefined,
    description: () => 'ONNX Runtime (onnxruntime-node) on the processor',
    async loadGraph() {
      const session = await openOnnx({ model });
      return {
        execute: (input, [images, height, width, channels]) => session.run(input, images, { height, width, channels }),
        dispose: () => void session.dispose(),
      };
    },
  };
}

const nameOf = (model: string | Uint8Array): string => (typeof model === 'string' ? model : 'the ONNX model');
const firstLine = (error: unknown): string => (error as Error).message.split('\n')[0];
