/** Files of a package to be, collected with their digests; then all are written beside, and one rename places them in `models/`. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { neededFiles, VARIANTS, type FileEntry, type GoldenLayers, type Manifest, type Variant, type VariantName } from '@sld-edge/runtime';
import { encodeOutputs } from '@sld-edge/runtime/format';
import { sha256 } from '../support/sha256.ts';
import { writeFolderAtomic } from '../support/write-folder.ts';
import { refuseTracked } from '../support/tracked-files.ts';
import type { MadeGoldens } from './make-goldens.ts';
import { variantFiles, weightBytesOf, type WrittenVariant } from './measured-variant.ts';
import { addToIndex } from './model-index.ts';

export interface PackageFiles {
  /** Content by path in the package. */
  files: ReadonlyMap<string, Uint8Array>;
  /** In the order in which they were added. */
  entries: readonly FileEntry[];
  add(path: string, content: Uint8Array | string): FileEntry;
  /** Adds a variant's files. */
  addVariant(name: VariantName, written: WrittenVariant): Pick<Variant, 'format' | 'model' | 'shards' | 'weightBytes'>;
  addGoldens(made: MadeGoldens, layers: GoldenLayers): Manifest['goldens'];
}

export function collectFiles(): PackageFiles {
  const files = new Map<string, Uint8Array>();
  const entries: FileEntry[] = [];
  const add = (path: string, content: Uint8Array | string): FileEntry => {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    files.set(path, bytes);
    const entry = { path, bytes: bytes.length, sha256: sha256(bytes) };
    entries.push(entry);
    return entry;
  };
  return {
    files,
    entries,
    add,
    addVariant(name, written) {
      const { format, folder } = VARIANTS[name];
      const { model, shards } = variantFiles(written);
      const shardEntries = shards.map((shard) => add(`${folder}/${shard.name}`, shard.bytes));
      return { format, model: add(`${folder}/${model.name}`, model.text), shards: shardEntries, weightBytes: weightBytesOf(written) };
    },
    addGoldens: ({ index, pixels, outputs }, layers) => ({
      index: add('goldens/goldens.json', JSON.stringify(index)),
      pixels: add('goldens/pixels.bin', pixels),
      logits: Object.fromEntries(outputs.map(([name, values]) => [name, add(`goldens/logits-${name}.bin`, encodeOutputs(values))])),
      layers: add('goldens/layers.json', JSON.stringify(layers)),
    }),
  };
}

/**
 * Writes a package whose files are collected, and names it in the index. Writing the same package again changes nothing.
 * @param makeDefault server and page answer with it where no model is named
 */
export async function placePackage(
  modelsFolder: string,
  { files, entries, add }: PackageFiles,
  manifest: Omit<Manifest, 'version'>,
  makeDefault: boolean,
): Promise<{ folder: string; manifest: Manifest }> {
  const version = contentVersion(entries, manifest);
  const complete: Manifest = { ...manifest, version };
  const manifestEntry = add('manifest.json', manifestText(complete));
  const { name, title, quick } = complete;
  const folder = join(modelsFolder, name, version);
  placeFolder(folder, files);
  const needed = neededFiles(complete, [complete.defaultVariant]).map(({ path }) => path);
  const entry = { name, version, title, quick, manifest: { ...manifestEntry, path: `${name}/${version}/manifest.json` }, needed };
  await addToIndex(modelsFolder, entry, makeDefault);
  return { folder, manifest: complete };
}

/**
 * First 12 hexadecimal digits of a SHA-256 over every file's path and digest and the manifest without its version.
 * @param files all but the manifest itself, in any order
 */
export function contentVersion(files: readonly FileEntry[], manifest: Omit<Manifest, 'version'>): string {
  const hash = createHash('sha256');
  for (const line of files.map(({ path, sha256 }) => `${path} ${sha256}\n`).sort()) hash.update(line);
  return hash.update(JSON.stringify(manifest)).digest('hex').slice(0, 12);
}

/** The one way in which a manifest is written: not one of its bytes can differ unnoticed. */
export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`;

function placeFolder(folder: string, files: ReadonlyMap<string, Uint8Array>): void {
  const isThere = (path: string, bytes: Uint8Array): boolean =>
    existsSync(join(folder, path)) && readFileSync(join(folder, path)).equals(bytes);
  if ([...files].every(([path, bytes]) => isThere(path, bytes))) return;
  refuseTracked(folder, false, 'its files are not those of its version: git restore brings them back');
  try {
    writeFolderAtomic(folder, files);
  } catch (error) {
    throw new Error(`the package can't be written to ${folder}: ${(error as Error).message}`, { cause: error });
  }
}
