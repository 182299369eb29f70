/** Verifies a package as a consumer meets it: loaded from disk, every file by its digest, run on the reference backend of its format, measured on the whole test set; its ONNX file on ONNX Runtime. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createClassifier, loadManifest, loadPackage, packageFiles, readVerified, variantNames, variantOf, type Accuracy, type BackendName, type VariantName } from '@sld-edge/runtime';
import { LOGIT_TOLERANCE } from '../onnx-model.ts';
import type { TestData } from '../../data/run-data.ts';
import { accuracy, agreement, relativeDifference } from '../../evaluation/accuracy.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import { verifyInt8Onnx, type Int8OnnxVerification } from './int8-onnx.ts';
import { requireVersion } from './integrity.ts';
import { createReferenceBackend } from '../../evaluation/reference-backend.ts';

export interface VariantVerification {
  variant: VariantName;
  backend: BackendName;
  /** Measured now, and what the manifest states. */
  measured: Accuracy;
  stated: Accuracy;
  agreementWithFloat32: number;
  /** Largest absolute difference from a golden logit. */
  goldenError: number;
  pass: boolean;
}

/** The package's ONNX file on ONNX Runtime, held against float32 on `tfjs-wasm` on every test image. */
export interface OnnxVerification {
  /** Largest difference of a logit, relative to the largest magnitude. */
  difference: number;
  allowed: number;
  pass: boolean;
}

export interface PackageVerification {
  name: string;
  version: string;
  variants: VariantVerification[];
  /** Absent where the package has no ONNX file. */
  onnx?: OnnxVerification;
  /** Absent where it has no int8 ONNX file. */
  int8Onnx?: Int8OnnxVerification;
  pass: boolean;
}

/**
 * @param folder the package's folder, with `manifest.json`
 * @throws AppError where a file is missing or corrupt, or the goldens are not reproduced
 */
export async function verifyPackage(folder: string, data: TestData): Promise<PackageVerification> {
  const read = (path: string): Promise<Uint8Array> => readFile(join(folder, path));
  const manifest = await loadManifest(read);
  requireVersion(manifest, await read('manifest.json'));
  for (const file of packageFiles(manifest)) await readVerified(read, file);
  const classes = manifest.labels.length;
  if (String(manifest.labels) !== String(data.labels)) throw new Error(`${folder} has the labels ${manifest.labels.join(', ')}; ${data.name} has ${data.labels.join(', ')}`);
  const names = variantNames(manifest);
  const packages = await Promise.all(names.map((variant) => loadPackage(read, { variant })));
  const logits = await Promise.all(packages.map(({ network }) => logitsOf(network, data.test.images, manifest.preprocessing)));
  const variants: VariantVerification[] = [];
  for (const [i, variant] of names.entries()) {
    const classifier = await createClassifier(packages[i], createReferenceBackend(packages[i].network));
    const stated = variantOf(manifest, variant).accuracy;
    const measured = accuracy(logits[i], data.test.labels, classes);
    const agreementWithFloat32 = agreement(logits[i], logits[names.indexOf('float32')], classes);
    // The same binary on the same images: any difference means another package, other data or another computation.
    const pass = measured.count === stated.count && measured.top1 === stated.top1 && measured.top5 === stated.top5;
    variants.push({ variant, backend: classifier.backend, measured, stated, agreementWithFloat32, goldenError: classifier.goldenError, pass });
    classifier.dispose();
  }
  let onnx: OnnxVerification | undefined;
  if (manifest.onnx) {
    const model = await readVerified(read, manifest.onnx.model);
    const difference = relativeDifference(await logitsOf({ kind: 'onnx', model }, data.test.images, manifest.preprocessing), logits[names.indexOf('float32')]);
    onnx = { difference, allowed: LOGIT_TOLERANCE, pass: difference <= LOGIT_TOLERANCE };
  }
  const int8 = manifest.onnx?.int8;
  const int8Onnx = int8 && (await verifyInt8Onnx(read, manifest, int8, data, logits[names.indexOf('float32')]));
  return { name: manifest.name, version: manifest.version, variants, ...(onnx && { onnx }), ...(int8Onnx && { int8Onnx }), pass: variants.every(({ pass }) => pass) && onnx?.pass !== false && int8Onnx?.pass !== false };
}
