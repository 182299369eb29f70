/**
 * `npm run pack:library`, and `npm publish -w runtime --ignore-scripts=false`: in the workspace the library's entries are its sources, in the package they are compiled.
 * Before packing `package.json` is exchanged for the published one, afterwards it is put back.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildLibrary } from './build.ts';
import { publishedManifest, type NpmManifest } from './entries.ts';

const runtime = dirname(dirname(fileURLToPath(import.meta.url)));
const manifestFile = join(runtime, 'package.json');
/** Copy of the workspace's own, which is there while the published one stands in its place. */
const keptFile = join(runtime, '.package.json');

function restore(): void {
  if (existsSync(keptFile)) renameSync(keptFile, manifestFile);
}

const [step] = process.argv.slice(2);
if (step === 'restore') restore();
else if (step === 'prepare') {
  // A packing that was interrupted left the published one.
  restore();
  await buildLibrary();
  const text = readFileSync(manifestFile, 'utf8');
  writeFileSync(keptFile, text);
  const published = publishedManifest(JSON.parse(text) as NpmManifest);
  writeFileSync(`${manifestFile}.new`, `${JSON.stringify(published, null, 2)}\n`);
  renameSync(`${manifestFile}.new`, manifestFile);
} else throw new Error(`expected "prepare" or "restore", got "${step}"; type: npm run pack:library`);
