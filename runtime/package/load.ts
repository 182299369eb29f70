import { invalid } from './field-checks.ts';
import { readNetwork, type LoadedNetwork } from './load-network.ts';
import { readGoldens, type GoldenOutputs } from './goldens.ts';
import type { Goldens, IndexEntry, Manifest, ModelIndex } from './manifest.ts';
import { readPackageFile, readVerified, verifySha256, type ReadFile } from './read-verified.ts';
import { parseManifest, parseModelIndex } from './validate-manifest.ts';
import { variantOf } from './variant-of.ts';
import type { VariantName } from './variants.ts';

export interface LoadedPackage {
  manifest: Manifest;
  variant: VariantName;
  network: LoadedNetwork;
  goldens: Goldens;
  /** uint8 pixels after resize and grey, `[count, height, width, channels]`. */
  goldenPixels: Uint8Array;
  /** Answers that the variant must give for them. */
  goldenOutputs: GoldenOutputs;
}

export interface LoadPackageOptions {
  /** Default: the manifest's `defaultVariant`. */
  variant?: VariantName;
  /** The manifest's own digest, from `models/index.json`. */
  expectedManifestSha256?: string;
  /** The package's entry of `models/index.json`: the manifest must be what it says, to the last byte. */
  indexEntry?: IndexEntry;
}

/**
 * Loads one variant of a package. Every byte that is used was verified first, by size and SHA-256: the manifest
 * against the index (where the digest is given), each file against the manifest.
 *
 * @param readFile reads a path relative to the package's folder
 * @throws AppError PACKAGE_FILE_MISSING, PACKAGE_FILE_CORRUPT, PACKAGE_FORMAT_UNSUPPORTED, PACKAGE_MANIFEST_INVALID,
 *   VARIANT_UNKNOWN
 */
export async function loadPackage(readFile: ReadFile, options: LoadPackageOptions = {}): Promise<LoadedPackage> {
  const manifest = options.indexEntry
    ? await loadIndexedManifest(readFile, options.indexEntry)
    : await loadManifest(readFile, options.expectedManifestSha256);
  const variantName = options.variant ?? manifest.defaultVariant;
  const variant = variantOf(manifest, variantName);
  const [{ goldens, outputs: goldenOutputs }, modelBytes, goldenPixels, ...shards] = await Promise.all([
    readGoldens(readFile, manifest, variantName),
    ...[variant.model, manifest.goldens.pixels, ...variant.shards].map((file) => readVerified(readFile, file)),
  ] as const);
  const { height, width, channels } = manifest.preprocessing;
  const expectedPixels = goldens.count * height * width * channels;
  if (goldenPixels.length !== expectedPixels) {
    invalid('goldens.pixels.bytes', `${expectedPixels}, the size of ${goldens.count} inputs`, goldenPixels.length);
  }
  return {
    manifest,
    variant: variantName,
    network: await readNetwork(variant, modelBytes, concatenate(shards), manifest),
    goldens,
    goldenPixels,
    goldenOutputs,
  };
}

/** Reads and checks `manifest.json` alone. */
export async function loadManifest(readFile: ReadFile, expectedSha256?: string): Promise<Manifest> {
  const bytes = await readPackageFile(readFile, 'manifest.json');
  if (expectedSha256 !== undefined) await verifySha256('manifest.json', bytes, expectedSha256);
  return parseManifest(bytes);
}

/**
 * Reads and checks `manifest.json` of a package that an index names: its bytes, and what the index says of it.
 *
 * @throws AppError PACKAGE_FILE_CORRUPT, or PACKAGE_MANIFEST_INVALID naming the field of the index that says otherwise
 */
export async function loadIndexedManifest(readFile: ReadFile, entry: IndexEntry): Promise<Manifest> {
  const manifest = parseManifest(await readVerified(readFile, { ...entry.manifest, path: 'manifest.json' }));
  const { name, version, title, quick } = manifest;
  const said = { name: entry.name, version: entry.version, title: entry.title, quick: entry.quick, path: entry.manifest.path };
  for (const [field, expected] of Object.entries({ name, version, title, quick, path: `${name}/${version}/manifest.json` })) {
    const got = said[field as keyof typeof said];
    if (got !== expected) invalid(`index.json, ${entry.manifest.path}: ${field}`, `${JSON.stringify(expected)}, as the manifest says`, got);
  }
  return manifest;
}

/** Reads and checks `index.json` of a folder of packages. */
export async function loadModelIndex(readFile: ReadFile): Promise<ModelIndex> {
  return parseModelIndex(await readPackageFile(readFile, 'index.json'));
}

function concatenate(shards: Uint8Array[]): ArrayBuffer {
  const joined = new Uint8Array(shards.reduce((sum, shard) => sum + shard.byteLength, 0));
  let offset = 0;
  for (const shard of shards) {
    joined.set(shard, offset);
    offset += shard.byteLength;
  }
  return joined.buffer;
}
