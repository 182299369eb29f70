/** Digest of the code that trains: machines that share one may share results. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PARTS = ['pipeline', 'runtime'];
/** Folders whose files no training runs. */
const APART = new Set(['node_modules', 'dist', 'testing', 'fixtures', 'checkpoints']);
const SOURCE = /\.(ts|mjs|cc|h)$/;
const TEST = /\.test\.ts$/;

/** @returns SHA-256 of names and content of the sources, tests and what only tests use left out, and of the versions that they depend on */
export function codeDigest(root = ROOT): string {
  const hash = createHash('sha256');
  for (const part of PARTS) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, part, 'package.json'), 'utf8')) as { dependencies?: object };
    hash.update(JSON.stringify(dependencies));
    for (const path of sourcesIn(join(root, part)).sort()) {
      hash.update(`\0${relative(root, path).replaceAll(sep, '/')}\0`);
      hash.update(readFileSync(path));
    }
  }
  return hash.digest('hex');
}

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return entry.name.startsWith('.') || APART.has(entry.name) ? [] : sourcesIn(join(folder, entry.name));
    return SOURCE.test(entry.name) && !TEST.test(entry.name) ? [join(folder, entry.name)] : [];
  });
}
