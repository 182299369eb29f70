/** Asks a teacher: one interface for networks of ours on a training engine and for ONNX models on ONNX Runtime. */
import type { Engine, EngineHandle } from '../engines/engine.ts';
import { createEngine } from '../engines/index.ts';
import { createRepetition } from '../engines/repetition.ts';
import { createFrozenRunner } from '../networks/run-frozen.ts';
import type { NetworkHandle, OnnxHandle, TeacherHandle } from './teacher-handle.ts';
import { openOnnx } from '../evaluation/onnx-session.ts';
import { modelInput } from '../evaluation/model-input.ts';

export interface TeacherRunner {
  /**
   * @param pixels uint8 `[count, height, width, channels]` of the teacher's own size (`modelPixels`)
   * @returns `[count, classes]` in the data's order of classes; logarithms where the teacher gives probabilities
   */
  logits(pixels: Uint8Array, count: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** Runner of the model itself, with outputs in its own order of classes. */
interface RawRunner {
  run(pixels: Uint8Array, count: number): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/**
 * @param engine where a network of ours computes, or how to start it in this thread; an ONNX model takes only its share of cores from it, and needs none
 * @throws Error in one line where the engine or the model can't be started here
 */
export async function openTeacherRunner(handle: TeacherHandle, engine?: Engine | EngineHandle): Promise<TeacherRunner> {
  const raw =
    handle.kind === 'network'
      ? await networkRunner(handle, engine)
      : await onnxRunner(handle, engine && ('handle' in engine ? engine.handle.coresPerOp : engine.coresPerOp));
  return {
    async logits(pixels, count) {
      const outputs = logitsOf(handle, await raw.run(pixels, count));
      return handle.classOrder ? reordered(outputs, handle.classOrder, handle.outputs ?? handle.classes) : outputs;
    },
    dispose: () => raw.dispose(),
  };
}

async function networkRunner({ network, preprocessing }: NetworkHandle, engine?: Engine | EngineHandle): Promise<RawRunner> {
  if (!engine) throw new Error('a network of ours needs a training engine to compute');
  const { tf, trace } = 'tf' in engine ? engine : await createEngine(engine);
  const runner = createFrozenRunner(tf, network);
  const repetition = createRepetition({ trace }, runner.constants);
  const { height, width, channels } = preprocessing;
  return {
    async run(pixels, count) {
      const input = modelInput(pixels, preprocessing);
      const [logits] = repetition.run(String(count), [input], () => [
        tf.tidy(() => runner.logits(tf.tensor4d(input, [count, height, width, channels]))),
      ]);
      const values = ((await logits.data()) as Float32Array).slice();
      logits.dispose();
      return values;
    },
    async dispose() {
      repetition.dispose();
      runner.dispose();
    },
  };
}

/** @param threads that one operation may use; absent: all cores */
async function onnxRunner(handle: OnnxHandle, threads?: number): Promise<RawRunner> {
  const { model, preprocessing } = handle;
  const outputs = handle.binary ? 1 : (handle.outputs ?? handle.classes);
  const session = await openOnnx(handle, threads);
  return {
    async run(pixels, count) {
      const values = await session.run(modelInput(pixels, preprocessing), count, preprocessing);
      if (values.length !== count * outputs)
        throw new Error(`${model} gives ${values.length} logits for ${count} images; expected ${count * outputs}`);
      return values;
    },
    dispose: () => session.dispose(),
  };
}

/** The smallest normal float32: a probability of zero has no logarithm. */
const SMALLEST = 2 ** -126;

/** Turns the model's outputs into logits of the classes. */
function logitsOf(handle: TeacherHandle, outputs: Float32Array): Float32Array {
  if (handle.kind === 'network' || (handle.kindOfOutput === 'logits' && !handle.binary)) return outputs;
  if (handle.binary) return ofTwoClasses(handle.kindOfOutput === 'logits' ? outputs : outputs.map(logOdds));
  if (handle.kindOfOutput === 'sigmoid') return outputs.map(logOdds);
  toLogits(outputs, handle.outputs ?? handle.classes);
  return outputs;
}

/** A logit of the second class against the first, of each image: softmax gives the sigmoid of it. */
function ofTwoClasses(logits: Float32Array): Float32Array {
  const both = new Float32Array(2 * logits.length);
  logits.forEach((value, i) => (both[2 * i + 1] = value));
  return both;
}

/** @throws Error in one line for what is no probability */
function logOdds(probability: number): number {
  if (!(probability >= -1e-6 && probability <= 1 + 1e-6))
    throw new Error(
      `the teacher's outputs are stated to be probabilities, but one of them is ${probability}; state "output": {"kind": "logits"}`,
    );
  return Math.log(Math.max(probability, SMALLEST)) - Math.log(Math.max(1 - probability, SMALLEST));
}

/** Converts probabilities to logits in place. @throws Error in one line if rows are no probabilities */
function toLogits(probabilities: Float32Array, classes: number): void {
  for (let start = 0; start < probabilities.length; start += classes) {
    const row = probabilities.subarray(start, start + classes);
    if (!isProbabilities(row))
      throw new Error(
        `the teacher's outputs are stated to be probabilities, but a row of them adds up to ${row.reduce((sum, value) => sum + value, 0)} and goes from ${Math.min(...row)} to ${Math.max(...row)}; state "output": {"kind": "logits"}`,
      );
    for (let c = 0; c < classes; c++) row[c] = Math.log(Math.max(row[c], SMALLEST));
  }
}

/** Returns true if the values are not negative and add up to one, but for rounding. */
export function isProbabilities(row: Float32Array): boolean {
  let sum = 0;
  for (const value of row) {
    if (!(value >= -1e-6)) return false;
    sum += value;
  }
  return Math.abs(sum - 1) < 1e-2;
}

/** @param width outputs of the model, of which the order may take some */
function reordered(outputs: Float32Array, order: number[], width: number): Float32Array {
  const count = outputs.length / width;
  const out = new Float32Array(count * order.length);
  for (let i = 0; i < count; i++) for (let c = 0; c < order.length; c++) out[i * order.length + c] = outputs[i * width + order[c]];
  return out;
}
