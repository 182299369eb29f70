/**
 * Verifies a package as a consumer meets it: loaded from disk, every file by its digest, goldens reproduced, its accuracy on the
 * test images as stated. What was measured a moment ago, in memory, is not measured again: then the files must give the same logits,
 * to the bit, on the first images of the test set.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createClassifier,
  loadManifest,
  loadPackage,
  packageFiles,
  readVerified,
  variantNames,
  variantOf,
  type Accuracy,
  type BackendName,
  type VariantName,
} from '@sld-edge/runtime';
import { LOGIT_TOLERANCE } from '../onnx-model.ts';
import { imageRange } from '../../data/sets/image-set.ts';
import type { BuiltPackage } from '../build-package.ts';
import type { TestData } from '../../data/run-data.ts';
import { accuracy, agreement } from '../../evaluation/accuracy.ts';
import { relativeDifference } from '../../support/difference.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import { verifyInt8Onnx, type Int8OnnxVerification } from './int8-onnx.ts';
import { requireVersion } from './integrity.ts';
import { createReferenceBackend } from '../../evaluation/reference-backend.ts';

export interface VariantVerification {
  variant: VariantName;
  backend: BackendName;
  /** Accuracy as measured, and as the manifest states it; without labels agreement. */
  measured: Accuracy;
  stated: Accuracy;
  /** Images that the files on disk were run on. */
  images: number;
  agreementWithFloat32: number;
  /** Largest absolute difference from a golden logit. */
  goldenError: number;
  pass: boolean;
}

/** The package's ONNX file on ONNX Runtime beside float32 on `tfjs-wasm`. */
export interface OnnxVerification {
  images: number;
  /** Largest difference of a logit, relative to the largest magnitude. */
  difference: number;
  allowed: number;
  pass: boolean;
}

export interface PackageVerification {
  name: string;
  version: string;
  variants: VariantVerification[];
  /** Check of the ONNX file; absent if the package has none, or no float32 to compare it with: then its goldens do. */
  onnx?: OnnxVerification;
  /** Check of the int8 ONNX file; absent if the package has none. */
  int8Onnx?: Int8OnnxVerification;
  pass: boolean;
}

/** Test images that a package is run on from disk where it was measured before: whole batches, so that equal files give equal bits. */
const RECHECKED_IMAGES = 500;

/**
 * @param folder the package's folder, with `manifest.json`
 * @param data labelled, or float32's answers in the place of labels where the package was made without
 * @param known what was measured of the package while it was made; absent: everything is measured now
 * @param others float32's logits on the test images, of a package that has it neither as a variant nor as an ONNX file
 * @throws AppError where a file is missing or corrupt, or the goldens are not reproduced
 */
export async function verifyPackage(
  folder: string,
  data: TestData,
  known?: BuiltPackage['measured'],
  others?: Float32Array,
): Promise<PackageVerification> {
  const read = (path: string): Promise<Uint8Array> => readFile(join(folder, path));
  const manifest = await loadManifest(read);
  requireVersion(manifest, await read('manifest.json'));
  for (const file of packageFiles(manifest)) await readVerified(read, file);
  const classes = manifest.labels.length;
  if (String(manifest.labels) !== String(data.labels))
    throw new Error(`${folder} has the labels ${manifest.labels.join(', ')}; ${data.name} has ${data.labels.join(', ')}`);
  const names = variantNames(manifest);
  const packages = await Promise.all(names.map((variant) => loadPackage(read, { variant })));
  const some = known ? imageRange(data.test, 0, Math.min(RECHECKED_IMAGES, data.test.count)) : data.test;
  const logits = await Promise.all(packages.map(({ network }) => logitsOf(network, some.images, manifest.preprocessing)));
  const onnxLogits =
    manifest.onnx &&
    (await logitsOf({ kind: 'onnx', model: await readVerified(read, manifest.onnx.model) }, some.images, manifest.preprocessing));
  const float32 = logits[names.indexOf('float32')] as Float32Array | undefined;
  /** Float32's logits; if the package lacks the variant, its ONNX file stands for it, which the goldens hold to the same network. */
  const reference = known?.variants.float32.testLogits ?? float32 ?? onnxLogits ?? others;
  if (!reference) throw new Error(`${folder} has float32 neither as a variant nor as an ONNX file: nothing to measure the others by`);
  const variants: VariantVerification[] = [];
  for (const [i, variant] of names.entries()) {
    const classifier = await createClassifier(packages[i], createReferenceBackend(packages[i].network));
    const { accuracy: ofLabels, agreement: ofAnswers } = variantOf(manifest, variant);
    const stated = (ofLabels ?? ofAnswers)!;
    const all = known ? known.variants[variant]!.testLogits : logits[i];
    const measured = accuracy(all, data.test.labels, classes);
    const agreementWithFloat32 = agreement(all, reference, classes);
    const isSame = Buffer.from(logits[i].buffer).equals(Buffer.from(all.buffer, all.byteOffset, logits[i].byteLength));
    // The same binary on the same images: any difference means another package, other data or another computation.
    const pass = isSame && measured.count === stated.count && measured.top1 === stated.top1 && measured.top5 === stated.top5;
    variants.push({
      variant,
      backend: classifier.backend,
      measured,
      stated,
      images: some.count,
      agreementWithFloat32,
      goldenError: classifier.goldenError,
      pass,
    });
    classifier.dispose();
  }
  let onnx: OnnxVerification | undefined;
  const beside = float32 ?? known?.variants.float32.testLogits.subarray(0, onnxLogits?.length);
  if (onnxLogits && beside) {
    const difference = relativeDifference(onnxLogits, beside);
    onnx = { images: some.count, difference, allowed: LOGIT_TOLERANCE, pass: difference <= LOGIT_TOLERANCE };
  }
  const int8 = manifest.onnx?.int8;
  const int8Onnx =
    int8 &&
    (await verifyInt8Onnx(
      read,
      manifest,
      int8,
      some,
      reference.subarray(0, some.count * classes),
      known?.int8Onnx && { accuracy: known.int8Onnx.accuracy, logits: known.int8Onnx.testLogits },
    ));
  return {
    name: manifest.name,
    version: manifest.version,
    variants,
    ...(onnx && { onnx }),
    ...(int8Onnx && { int8Onnx }),
    pass: variants.every(({ pass }) => pass) && onnx?.pass !== false && int8Onnx?.pass !== false,
  };
}
