/** A package's int8 ONNX file on ONNX Runtime: held against the goldens of the integer variant, and measured on test images. */
import { loadPackage, readVerified, type Accuracy, type Int8OnnxModel, type Manifest, type ReadFile } from '@sld-edge/runtime';
import type { ImageSet } from '../../data/sets/index.ts';
import { accuracy, agreement, predictions } from '../../evaluation/accuracy.ts';
import { largestDifference } from '../../support/difference.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import { imagesInMemory } from '../../data/sets/image-source.ts';
import type { Check } from './integrity.ts';

/** Logits within the tolerance that the package states; how many answers are the integer variant's is told beside it. */
export async function checkInt8Goldens(read: ReadFile, manifest: Manifest, { model }: Int8OnnxModel): Promise<Check> {
  const what = 'goldens on onnx, int8';
  const failed = (detail: string): Check => ({ what, file: model.path, status: 'fail', detail });
  if (!manifest.variants.integer) return failed('the package has no integer variant to compare it with');
  const { goldens, goldenPixels, network } = await loadPackage(read, { variant: 'integer' });
  const allowed = goldens.tolerance.onnxInt8;
  if (allowed === undefined || network.kind !== 'program' || !goldens.integer) return failed('the goldens state no tolerance onnxInt8');
  const scale = Math.fround(network.program.nodes.at(-1)!.scale);
  const expected = Float32Array.from(goldens.integer.logits.flat(), (value) => value * scale);
  const size = goldenPixels.length / goldens.count;
  try {
    const logits = await logitsOf(
      { kind: 'onnx', model: await readVerified(read, model) },
      imagesInMemory(goldenPixels, size),
      manifest.preprocessing,
    );
    const error = logits.length === expected.length ? largestDifference(logits, expected) : NaN;
    const classes = manifest.labels.length;
    const [answers, wanted] = [predictions(logits, classes), predictions(expected, classes)];
    const same = answers.filter((answer, i) => answer === wanted[i]).length;
    const detail = `${goldens.count} images, logits within ${error.toExponential(1)} of the integer variant's (allowed ${allowed}), ${same} answers the same; ONNX Runtime (onnxruntime-node) on the processor`;
    return error <= allowed ? { what, file: model.path, status: 'pass', detail } : failed(detail);
  } catch (error) {
    return failed((error as Error).message.split('\n')[0]);
  }
}

/** Points of top-1: another processor may round single activations otherwise. */
const ALLOWED_POINTS = 0.5;

export interface Int8OnnxVerification {
  /** Measured now, and what was measured before of the same images, or what the manifest states of all. */
  measured: Accuracy;
  stated: Accuracy;
  agreementWithFloat32: number;
  allowedPoints: number;
  pass: boolean;
}

/**
 * @param some test images, with float32's logits on them
 * @param known what was measured of the file on all test images, which begin with these; absent: `some` are all, and the stated accuracy must come out
 */
export async function verifyInt8Onnx(
  read: ReadFile,
  { preprocessing, labels }: Manifest,
  int8: Int8OnnxModel,
  some: ImageSet,
  float32: Float32Array,
  known?: { accuracy: Accuracy; logits: Float32Array },
): Promise<Int8OnnxVerification> {
  const logits = await logitsOf({ kind: 'onnx', model: await readVerified(read, int8.model) }, some.images, preprocessing);
  const measured = accuracy(logits, some.labels, labels.length);
  const stated = known ? accuracy(known.logits.subarray(0, logits.length), some.labels, labels.length) : int8.accuracy;
  const off = 100 * Math.abs(measured.top1 - stated.top1);
  const isStated = !known || JSON.stringify(known.accuracy) === JSON.stringify(int8.accuracy);
  return {
    measured,
    stated,
    agreementWithFloat32: agreement(logits, float32, labels.length),
    allowedPoints: ALLOWED_POINTS,
    pass: isStated && measured.count === stated.count && off <= ALLOWED_POINTS,
  };
}
