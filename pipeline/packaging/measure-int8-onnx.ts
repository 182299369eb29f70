/** The integer variant's quantization as an ONNX model, written and measured: what a package says of the file for other runtimes. */
import type { Accuracy } from '@sld-edge/runtime';
import type { RunData } from '../data/run-data.ts';
import { accuracy, agreement } from '../evaluation/accuracy.ts';
import { largestDifference } from '../support/difference.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { imageRange } from '../data/sets/image-set.ts';
import type { MeasuredVariants } from './measured-variant.ts';
import { SPREAD_IMAGES } from './measure-goldens.ts';
import { writeInt8OnnxModel } from './onnx-int8-model.ts';

export interface MeasuredInt8Onnx {
  model: Uint8Array;
  /** Accuracy by ONNX Runtime on the test images. */
  accuracy: Accuracy;
  agreementWithFloat32: number;
  agreementWithIntegers: number;
  testLogits: Float32Array;
  /** Largest absolute difference of a logit from the integer variant's, on the images that the goldens' spread is measured on. */
  spread: number;
}

/** @returns undefined where there is no integer variant */
export async function measureInt8Onnx({ float32, integer }: MeasuredVariants, data: RunData): Promise<MeasuredInt8Onnx | undefined> {
  if (!integer) return undefined;
  const model = writeInt8OnnxModel(integer.program, data);
  const classes = data.labels.length;
  const logits = await logitsOf({ kind: 'onnx', model }, data.test.images, data.preprocessing);
  const some = imageRange(data.validation, 0, Math.min(data.validation.count, SPREAD_IMAGES));
  const validationLogits = await logitsOf({ kind: 'onnx', model }, some.images, data.preprocessing);
  return {
    model,
    testLogits: logits,
    accuracy: accuracy(logits, data.test.labels, classes),
    agreementWithFloat32: agreement(logits, float32.testLogits, classes),
    agreementWithIntegers: agreement(logits, integer.testLogits, classes),
    spread: largestDifference(validationLogits, integer.validationLogits.subarray(0, validationLogits.length)),
  };
}
