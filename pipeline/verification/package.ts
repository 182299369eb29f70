/** Verifies a package as a consumer meets it: loaded from disk, every file by its digest, run on `wasm`, measured on the whole test set. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, createClassifier, loadManifest, loadPackage, packageFiles, readVerified, type Accuracy, type Manifest, type VariantName } from '@sld-edge/runtime';
import { contentVersion } from '../packaging/write-package.ts';
import type { TestData } from '../training/data.ts';
import { accuracy, agreement } from '../training/evaluate.ts';
import { wasmLogits } from './wasm-logits.ts';
import { createNodeWasmBackend } from './wasm-backend.ts';

export interface VariantVerification {
  variant: VariantName;
  /** Measured now, and what the manifest states. */
  measured: Accuracy;
  stated: Accuracy;
  agreementWithFloat32: number;
  /** Largest absolute difference from a golden logit. */
  goldenError: number;
  pass: boolean;
}

/**
 * @param folder the package's folder, with `manifest.json`
 * @throws AppError where a file is missing or corrupt, or the goldens are not reproduced
 */
export async function verifyPackage(folder: string, data: TestData): Promise<{ name: string; version: string; variants: VariantVerification[]; pass: boolean }> {
  const read = (path: string): Promise<Uint8Array> => readFile(join(folder, path));
  const manifest = await loadManifest(read);
  requireVersion(manifest);
  for (const file of packageFiles(manifest)) await readVerified(read, file);
  const classes = manifest.labels.length;
  if (String(manifest.labels) !== String(data.labels)) throw new Error(`${folder} has the labels ${manifest.labels.join(', ')}; ${data.name} has ${data.labels.join(', ')}`);
  const names = Object.keys(manifest.variants) as VariantName[];
  const packages = await Promise.all(names.map((variant) => loadPackage(read, { variant })));
  const logits = await Promise.all(
    packages.map(({ modelJson, weights }) => wasmLogits({ modelJson, weights, preprocessing: manifest.preprocessing, images: data.test.images.handle })),
  );
  const variants: VariantVerification[] = [];
  for (const [i, variant] of names.entries()) {
    const classifier = await createClassifier(packages[i], createNodeWasmBackend());
    const stated = manifest.variants[variant].accuracy;
    const measured = accuracy(logits[i], data.test.labels, classes);
    const agreementWithFloat32 = agreement(logits[i], logits[names.indexOf('float32')], classes);
    // The same binary on the same images: any difference means another package, other data or another computation.
    const pass = measured.count === stated.count && measured.top1 === stated.top1 && measured.top5 === stated.top5;
    variants.push({ variant, measured, stated, agreementWithFloat32, goldenError: classifier.goldenError, pass });
    classifier.dispose();
  }
  return { name: manifest.name, version: manifest.version, variants, pass: variants.every(({ pass }) => pass) };
}

/** The version is a hash of the content, so that a manifest which was changed since is found out without any other file. */
function requireVersion({ version, ...rest }: Manifest): void {
  const computed = contentVersion(packageFiles({ version, ...rest }), rest);
  if (computed !== version) throw new AppError('PACKAGE_FILE_CORRUPT', { file: 'manifest.json', expected: `content of version ${version}`, got: `content of version ${computed}` });
}
