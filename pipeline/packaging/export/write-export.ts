/** An export of a package as a folder: its files, measured where there are test images, and the card that says so. */
import { existsSync, readdirSync, statSync } from 'node:fs';

import { UsageError } from '../../support/usage-error.ts';
import { writeFolderAtomic } from '../../support/write-folder.ts';
import { openPackageFolder } from '../package-folder.ts';
import { packageTestData } from '../package-test-data.ts';
import { readExportedPackage } from './exported-package.ts';
import type { MeasuredExport } from './export-target.ts';
import { exportTargets, type ExportName } from './index.ts';

export interface WrittenExport {
  folder: string;
  /** Bytes by path. */
  files: Record<string, number>;
  /** Empty where no test images were named. */
  measured: MeasuredExport[];
}

export interface ExportOptions {
  to: ExportName;
  /** The package's folder. */
  from: string;
  /** A new or an empty folder. */
  out: string;
  /** Data set whose test images it is measured on. */
  data?: string;
  say(line: string): void;
}

/**
 * The same package and test images give the same bytes.
 * @throws UsageError where `out` holds something; Error in one line for a package without such a form, or other data than its own
 */
export async function writeExport({ to, from, out, data, say }: ExportOptions): Promise<WrittenExport> {
  requireEmpty(out);
  const target = exportTargets[to];
  const pkg = await readExportedPackage(openPackageFolder(from));
  const files = new Map(target.files(pkg));
  const measured = data === undefined ? [] : await target.measure(pkg, files, await packageTestData(from, pkg.manifest, data, say));
  files.set('README.md', target.card(pkg, files, measured));
  writeFolderAtomic(out, files);
  return { folder: out, files: Object.fromEntries([...files].map(([path, content]) => [path, Buffer.byteLength(content)])), measured };
}

function requireEmpty(folder: string): void {
  if (!existsSync(folder)) return;
  const held = statSync(folder).isDirectory() ? readdirSync(folder) : ['a file'];
  if (held.length > 0) throw new UsageError(`--out expects a new or an empty folder; ${folder} holds ${held[0]}`);
}
