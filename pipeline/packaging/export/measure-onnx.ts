/** Exported ONNX files on ONNX Runtime, on test images that are prepared as their consumers prepare them. */
import type { Preprocessing } from '@sld-edge/runtime';
import type { TestData } from '../../data/run-data.ts';
import { accuracy, agreement } from '../../evaluation/accuracy.ts';
import { logitsOf, type Model } from '../../evaluation/logits.ts';
import { modelPixels } from '../../evaluation/model-input.ts';
import { openOnnx, type OnnxClassifier } from '../../evaluation/onnx-session.ts';
import { concatenate } from '../../support/concatenate.ts';
import type { ExportedPackage } from './exported-package.ts';
import type { MeasuredExport } from './export-target.ts';

/** Images that are prepared at once. */
const CHUNK = 256;

/** Preparation of a consumer, and the network that the package itself answers with. */
export interface OnnxConsumer {
  path: string;
  classifier: OnnxClassifier;
  /** Network behind it in the package, by which agreement is measured. */
  ours: Model;
  /** Size and channels of its pixels. */
  preprocessing: Preprocessing;
  /** Values of pixels as the model takes them. */
  valuesOf(pixels: Uint8Array): Float32Array;
}

export async function measureOnnxExport(
  { path, classifier, ours, preprocessing, valuesOf }: OnnxConsumer,
  { manifest }: Pick<ExportedPackage, 'manifest'>,
  { test, inputShape }: TestData,
): Promise<MeasuredExport> {
  const session = await openOnnx(classifier);
  const parts: Float32Array[] = [];
  try {
    for (let start = 0; start < test.count; start += CHUNK) {
      const count = Math.min(CHUNK, test.count - start);
      const pixels = modelPixels(test.images.range(start, start + count), count, inputShape, preprocessing);
      parts.push(await session.run(valuesOf(pixels), count, preprocessing));
    }
  } finally {
    await session.dispose();
  }
  const logits = concatenate(parts);
  const classes = manifest.labels.length;
  const own = await logitsOf(ours, test.images, manifest.preprocessing, { size: inputShape });
  return { path, accuracy: accuracy(logits, test.labels, classes), agreement: agreement(logits, own, classes) };
}
