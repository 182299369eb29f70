import path from 'node:path';
import {
  AppError,
  loadIndexedManifest,
  loadModelIndex,
  packageFiles,
  readVerified,
  variantNames,
  variantOf,
  type ImageLimits,
  type Manifest,
  type ModelIndex,
  type VariantName,
} from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import type { InferenceSetup } from '../inference/protocol.ts';

export interface CataloguedPackage {
  manifest: Manifest;
  manifestSha256: string;
}

/** A file that may be served. */
export interface ServedFile {
  /** Relative to the folder of the packages. */
  path: string;
  bytes: number;
  sha256: string;
}

export interface ModelCatalogue {
  index: ModelIndex;
  packages: CataloguedPackage[];
  /** @throws AppError MODEL_UNKNOWN, VARIANT_UNKNOWN */
  resolve(model: string | undefined, variant: string | undefined): { manifest: Manifest; variant: VariantName };
  /** Finds a file by its path, `<name>/<version>/<file>`; undefined for whatever no manifest names. */
  file(path: string): ServedFile | undefined;
}

/**
 * Reads `index.json` and every package in it, and verifies every file that a manifest names: a server must not find
 * out at the first request that a copy was cut off.
 *
 * @throws AppError PACKAGE_FILE_MISSING, PACKAGE_FILE_CORRUPT, PACKAGE_FORMAT_UNSUPPORTED, PACKAGE_MANIFEST_INVALID
 */
export async function loadCatalogue(modelsDir: string): Promise<ModelCatalogue> {
  const index = await loadModelIndex(readFolder(modelsDir));
  const packages: CataloguedPackage[] = [];
  const files = new Map<string, ServedFile>();
  for (const entry of index.packages) {
    const folder = path.posix.dirname(entry.manifest.path);
    const readFile = readFolder(modelsDir, folder);
    const manifest = await loadIndexedManifest(readFile, entry);
    for (const file of packageFiles(manifest)) {
      await readVerified(readFile, file);
      files.set(`${folder}/${file.path}`, { ...file, path: `${folder}/${file.path}` });
    }
    files.set(entry.manifest.path, entry.manifest);
    packages.push({ manifest, manifestSha256: entry.manifest.sha256 });
  }
  return {
    index,
    packages,
    file: (requested) => files.get(requested),
    resolve: (model, variant) => resolve(index, packages, model, variant),
  };
}

/** Makes the setup of a worker for every variant of every package. */
export function setupOf({ packages }: ModelCatalogue, config: { modelsDir: string; limits: ImageLimits; inferenceThreads: number }): InferenceSetup {
  return {
    modelsDir: config.modelsDir,
    limits: config.limits,
    threads: config.inferenceThreads,
    packages: packages.map(({ manifest, manifestSha256 }) => ({
      name: manifest.name,
      version: manifest.version,
      manifestSha256,
      variants: variantNames(manifest),
      defaultVariant: manifest.defaultVariant,
    })),
  };
}

/** `name@version`, or `name` for its newest version, or nothing for the default. */
function resolve(
  index: ModelIndex,
  packages: CataloguedPackage[],
  model = index.default,
  variant: string | undefined,
): { manifest: Manifest; variant: VariantName } {
  const [name, version, ...rest] = model.split('@');
  const found = packages.findLast(
    ({ manifest }) => manifest.name === name && (version === undefined || manifest.version === version),
  );
  if (!found || rest.length > 0) {
    const allowed = packages.map(({ manifest }) => `${manifest.name}@${manifest.version}`).join(', ');
    throw new AppError('MODEL_UNKNOWN', { model, allowed });
  }
  const { manifest } = found;
  if (variant === undefined) return { manifest, variant: manifest.defaultVariant };
  variantOf(manifest, variant);
  return { manifest, variant: variant as VariantName };
}
