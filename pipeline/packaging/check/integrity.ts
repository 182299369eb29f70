/** Checks that a package is whole: its manifest by the schema and by its version, every file by its digest. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  AppError,
  loadIndexedManifest,
  loadManifest,
  loadModelIndex,
  packageFiles,
  readVerified,
  type Manifest,
  type ReadFile,
} from '@sld-edge/runtime';
import { readFolder } from '@sld-edge/runtime/node';
import { filesUnder, openPackageFolder } from '../package-folder.ts';
import { contentVersion, manifestText } from '../package-files.ts';
import { schemaFaults } from './manifest-schema.ts';

export type CheckStatus = 'pass' | 'fail' | 'skip';

export interface Check {
  /** Kind of check, as `schema`, `file`, `goldens`. */
  what: string;
  /** Relative to the package; absent if the check is of no one file. */
  file?: string;
  status: CheckStatus;
  /** One line: what was found, or why the check could not be done. */
  detail: string;
}

export interface Integrity {
  /** Manifest; absent if it can't be read, and then nothing else can be checked. */
  manifest?: Manifest;
  checks: Check[];
}

/** Looks at every file, also after one that fails. Never throws for what is wrong with the package, except that there is none. */
export async function checkIntegrity(folder: string): Promise<Integrity> {
  const read = openPackageFolder(folder);
  const checks: Check[] = [];
  const check = async (what: string, file: string, found: () => Promise<string> | string): Promise<void> => {
    try {
      checks.push({ what, file, status: 'pass', detail: await found() });
    } catch (error) {
      checks.push({ what, file, status: 'fail', detail: (error as Error).message });
    }
  };

  let manifest: Manifest | undefined;
  await check('manifest', 'manifest.json', async () => {
    manifest = await loadManifest(read);
    return `format version ${manifest.formatVersion}`;
  });
  // A manifest that is JSON but not one of ours has its faults listed, not the first alone.
  await check('schema', 'manifest.json', async () => {
    const faults = schemaFaults(JSON.parse(new TextDecoder().decode(await read('manifest.json'))));
    if (faults.length > 0) throw new Error(faults.join('; '));
    return 'follows its JSON Schema';
  });
  if (!manifest) return { checks };
  const known = manifest;
  await check('version', 'manifest.json', async () => requireVersion(known, await read('manifest.json')));
  const models = dirname(dirname(resolve(folder)));
  if (existsSync(join(models, 'index.json'))) await check('index', '../../index.json', () => requireIndexed(models, known, read));
  else checks.push({ what: 'index', status: 'skip', detail: 'the package lies in no folder of packages' });
  for (const entry of packageFiles(known)) {
    await check('file', entry.path, async () => {
      await readVerified(read, entry);
      return `${entry.bytes.toLocaleString('en')} bytes, SHA-256 as stated`;
    });
  }
  const named = new Set(['manifest.json', ...packageFiles(known).map(({ path }) => path)]);
  for (const file of filesUnder(folder).filter((path) => !named.has(path)))
    checks.push({ what: 'file', file, status: 'fail', detail: 'no part of the package: its manifest does not name it' });
  return { manifest: known, checks };
}

/**
 * The version is a hash of the content, so that a manifest which was changed since is found out without any other file.
 * @param bytes of `manifest.json`
 * @throws AppError PACKAGE_FILE_CORRUPT
 */
export function requireVersion({ version, ...rest }: Manifest, bytes: Uint8Array): string {
  const corrupt = (expected: string, got: string): AppError =>
    new AppError('PACKAGE_FILE_CORRUPT', { file: 'manifest.json', expected, got });
  const computed = contentVersion(packageFiles({ version, ...rest }), rest);
  if (computed !== version) throw corrupt(`content of version ${version}`, `content of version ${computed}`);
  const written = manifestText(JSON.parse(new TextDecoder().decode(bytes)) as Manifest);
  if (!Buffer.from(written).equals(bytes))
    throw corrupt(`the ${Buffer.byteLength(written)} bytes that a package is written with`, `${bytes.length} bytes of the same meaning`);
  return `${version}, as its content says`;
}

async function requireIndexed(models: string, { name, version }: Manifest, read: ReadFile): Promise<string> {
  const { packages } = await loadModelIndex(readFolder(models));
  const entry = packages.find((candidate) => candidate.name === name && candidate.version === version);
  if (!entry) throw new Error(`names no ${name}@${version}; it would not be served`);
  await loadIndexedManifest(read, entry);
  return 'names it as it is';
}
