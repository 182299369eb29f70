/** A teacher's logits and accuracy on stored images, before anything is learnt from it. */
import { statSync } from 'node:fs';
import type { ImageSet } from '../data/sets/index.ts';
import type { Engine } from '../engines/engine.ts';
import { modelPixels, type ImageSize } from '../evaluation/model-input.ts';
import { frozenTensors } from '../networks/frozen-tensors.ts';
import { externalWeightFiles } from './external-weights.ts';
import { isProbabilities, openTeacherRunner } from './runner.ts';
import type { TeacherHandle } from './teacher-handle.ts';
import type { Teacher } from './teacher.ts';

/** Name, checkpoint and accuracy of a teacher, as they are kept with every student. */
export interface TeacherRecord {
  name: string;
  network: string;
  sha256: string;
  validationTop1: number;
  testTop1: number;
  /** Size of its weights, of an ONNX model with all that is in its file; absent of students made before it was measured. */
  weightBytes?: number;
}

const BATCH = 250;

/**
 * @param engine not needed by ONNX models
 * @param size of the stored images
 * @param onProgress told the fraction that is done
 * @returns `[set.count, classes]`, in the data's order of classes
 * @throws Error in one line if an output is no finite number, or what is taken for logits are probabilities
 */
export async function teacherLogits(
  teacher: Teacher,
  engine: Engine | undefined,
  set: ImageSet,
  size: ImageSize,
  onProgress: (fraction: number) => void = () => {},
): Promise<Float32Array> {
  const { handle, classes, preprocessing, name } = teacher;
  const runner = await openTeacherRunner(handle, engine);
  const out = new Float32Array(set.count * classes);
  try {
    for (let start = 0; start < set.count; start += BATCH) {
      const count = Math.min(BATCH, set.count - start);
      const pixels = modelPixels(set.images.range(start, start + count), count, size, preprocessing);
      out.set(await runner.logits(pixels, count), start * classes);
      onProgress((start + count) / set.count);
    }
  } finally {
    await runner.dispose();
  }
  requireFinite(name, out, classes);
  if (handle.kind === 'onnx' && handle.binary && handle.kindOfOutput === 'logits' && out.every((value) => value >= 0 && value <= 1))
    throw new Error(
      `every output of teacher ${name} lies between 0 and 1: it is a probability. State "output": {"kind": "sigmoid"} in the JSON file beside it`,
    );
  if (handle.kind === 'onnx' && handle.kindOfOutput === 'logits' && classes > 1 && allProbabilities(out, classes)) {
    throw new Error(
      `every output of teacher ${name} adds up to 1: these are probabilities. State "output": {"kind": "probabilities"} in the JSON file beside it`,
    );
  }
  return out;
}

/** @throws Error in one line if an output is no finite number */
export function requireFinite(name: string, logits: Float32Array, classes: number): void {
  const broken = logits.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0)
    throw new Error(
      `teacher ${name} gives ${logits[broken]} for image ${Math.floor(broken / classes)}, class ${broken % classes}: its weights or its normalisation are not what it was trained with`,
    );
}

function allProbabilities(logits: Float32Array, classes: number): boolean {
  for (let start = 0; start < logits.length; start += classes) if (!isProbabilities(logits.subarray(start, start + classes))) return false;
  return logits.length > 0;
}

/** Bytes of a teacher's weights in float32; of an ONNX model those of its file and of the files beside it that hold its weights. */
export function teacherWeightBytes(handle: TeacherHandle): number {
  if (handle.kind === 'network') return frozenTensors(handle.network).reduce((sum, { data }) => sum + 4 * data.length, 0);
  return [handle.model, ...externalWeightFiles(handle.model)].reduce((sum, path) => sum + statSync(path).size, 0);
}

/** The warning that a teacher's accuracy asks for, or undefined. */
export function chanceWarning(top1: number, classes: number): string | undefined {
  // Twice chance; of few classes, a quarter of the way from chance to all right.
  const chance = 1 / classes;
  const limit = Math.min(2 * chance, chance + (1 - chance) / 4);
  if (top1 >= limit) return undefined;
  return `warning: the teacher's top-1 of ${(100 * top1).toFixed(2)} % is hardly better than chance (${(100 * chance).toFixed(2)} %): another normalisation or another order of classes than it was trained with is the usual cause`;
}
