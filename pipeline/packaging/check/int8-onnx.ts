/** A package's int8 ONNX file on ONNX Runtime, measured on test images. */
import { readVerified, type Accuracy, type Int8OnnxModel, type Manifest, type ReadFile } from '@sld-edge/runtime';
import type { ImageSet } from '../../data/sets/index.ts';
import { accuracy, agreement } from '../../evaluation/accuracy.ts';
import { logitsOf } from '../../evaluation/logits.ts';

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
