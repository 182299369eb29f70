import path from 'node:path';
import {
  AppError,
  loadIndexedManifest,
  loadModelIndex,
  packageFiles,
  readVerified,
  toAppError,
  variantNames,
  variantOf,
  type IndexEntry,
  type Manifest,
  type ModelIndex,
  type VariantName,
} from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import type { InferenceSetup } from '../inference/protocol.ts';

export interface CataloguedPackage {
  manifest: Manifest;
  manifestSha256: string;
  /** Everything of it that may be served, the manifest too. */
  files: ServedFile[];
}

/** A file that may be served. */
export interface ServedFile {
  /** Relative to the folder of the packages. */
  path: string;
  bytes: number;
  sha256: string;
}

/** A package of the index that is not offered, and why. */
export interface RefusedPackage {
  name: string;
  version: string;
  error: AppError;
}

export interface ModelCatalogue {
  /** Index of the packages that are offered. */
  index: ModelIndex;
  packages: CataloguedPackage[];
  refused: RefusedPackage[];
  /** @throws AppError MODEL_UNKNOWN, MODEL_REFUSED, VARIANT_UNKNOWN */
  resolve(model: string | undefined, variant: string | undefined): { manifest: Manifest; variant: VariantName };
  /** Finds a file by its path, `<name>/<version>/<file>`; undefined for whatever no manifest names. */
  file(path: string): ServedFile | undefined;
}

/** Packages that were verified, file by file. */
export interface VerifiedPackages {
  packages: CataloguedPackage[];
  refused: RefusedPackage[];
}

/**
 * Reads `index.json` and every package in it, and verifies every file that a manifest names: a server must not find
 * out at the first request that a copy was cut off. A package that is not whole is refused, and the others are offered.
 *
 * @throws AppError of the index, or of the first package if none is whole: PACKAGE_FILE_MISSING, PACKAGE_FILE_CORRUPT,
 * PACKAGE_FORMAT_UNSUPPORTED, PACKAGE_MANIFEST_INVALID
 */
export async function loadCatalogue(modelsDir: string): Promise<ModelCatalogue> {
  const index = await loadModelIndex(readFolder(modelsDir));
  const { packages, refused } = await verifyPackages(modelsDir, index.packages);
  return createCatalogue(index, packages, refused);
}

/** Reads the packages of an index's entries, and verifies each. */
export async function verifyPackages(modelsDir: string, entries: readonly IndexEntry[]): Promise<VerifiedPackages> {
  const packages: CataloguedPackage[] = [];
  const refused: RefusedPackage[] = [];
  for (const entry of entries) {
    try {
      packages.push(await verifyPackage(modelsDir, entry));
    } catch (error) {
      refused.push({ name: entry.name, version: entry.version, error: toAppError(error) });
    }
  }
  return { packages, refused };
}

async function verifyPackage(modelsDir: string, entry: IndexEntry): Promise<CataloguedPackage> {
  const folder = path.posix.dirname(entry.manifest.path);
  const readFile = readFolder(modelsDir, folder);
  const manifest = await loadIndexedManifest(readFile, entry);
  const files = packageFiles(manifest);
  for (const file of files) await readVerified(readFile, file);
  const served = files.map((file) => ({ ...file, path: `${folder}/${file.path}` }));
  return { manifest, manifestSha256: entry.manifest.sha256, files: [...served, entry.manifest] };
}

/** @throws AppError of the first package if none is good */
export function createCatalogue(index: ModelIndex, packages: CataloguedPackage[], refused: RefusedPackage[]): ModelCatalogue {
  if (packages.length === 0) throw refused[0].error;
  const files = new Map(packages.flatMap((entry) => entry.files.map((file) => [file.path, file])));
  const isOffered = ({ name, version }: IndexEntry): boolean =>
    packages.some(({ manifest }) => manifest.name === name && manifest.version === version);
  const { aliases = {}, ...rest } = index;
  const entries = index.packages.filter(isOffered);
  const isGood = (target: string): boolean => entries.some(({ name, version }) => target === name || target === `${name}@${version}`);
  const goodAliases = Object.fromEntries(Object.entries(aliases).filter(([, target]) => isGood(target)));
  const offered: ModelIndex = { ...rest, packages: entries, ...(Object.keys(goodAliases).length > 0 && { aliases: goodAliases }) };
  return {
    index: offered,
    packages,
    refused,
    file: (requested) => files.get(requested),
    resolve: (model, variant) => resolve(index, packages, refused, model, variant),
  };
}

/** Makes the setup of a worker for every variant of packages. */
export function setupOf(packages: readonly CataloguedPackage[], rest: Omit<InferenceSetup, 'packages'>): InferenceSetup {
  return {
    ...rest,
    packages: packages.map(({ manifest, manifestSha256 }) => ({
      name: manifest.name,
      version: manifest.version,
      manifestSha256,
      variants: variantNames(manifest),
      defaultVariant: manifest.defaultVariant,
    })),
  };
}

/** `name@version`, or `name` for its newest version, an alias for either, or nothing for the default. */
function resolve(
  index: ModelIndex,
  packages: CataloguedPackage[],
  refused: RefusedPackage[],
  model = index.default,
  variant: string | undefined,
): { manifest: Manifest; variant: VariantName } {
  const aliases = index.aliases ?? {};
  const asked = Object.hasOwn(aliases, model) ? aliases[model] : model;
  const [name, version, ...rest] = asked.split('@');
  const isAsked = (candidate: { name: string; version: string }): boolean =>
    rest.length === 0 && candidate.name === name && (version === undefined || candidate.version === version);
  const found = packages.findLast(({ manifest }) => isAsked(manifest));
  if (!found) {
    const bad = refused.findLast(isAsked);
    if (bad) throw new AppError('MODEL_REFUSED', { model: `${bad.name}@${bad.version}`, reason: reasonOf(bad) });
    const names = packages.map(({ manifest }) => `${manifest.name}@${manifest.version}`);
    throw new AppError('MODEL_UNKNOWN', { model, allowed: [...names, ...Object.keys(aliases)].join(', ') });
  }
  const { manifest } = found;
  if (variant === undefined) return { manifest, variant: manifest.defaultVariant };
  variantOf(manifest, variant);
  return { manifest, variant: variant as VariantName };
}

/** Says for people why a package was refused. */
export function reasonOf({ error }: RefusedPackage): string {
  return `${error.code}: ${error.message.replace(/\.$/, '')}`;
}
