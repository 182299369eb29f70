/** Imports between the source files of a checkout, read from their text; types included. */
import { readdirSync, readFileSync, existsSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import ts from 'typescript';

export interface Import {
  readonly from: string;
  readonly to: string;
}

const SKIPPED = new Set(['node_modules', 'dist', 'fixtures', 'public', 'testing']);

/** Source files below a folder, tests, fixtures and what only tests use left out; paths relative to `root`, sorted. */
export function sourceFiles(root: string, folder: string): string[] {
  const entries = readdirSync(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') && !entry.name.endsWith('.d.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .filter(
      (path) =>
        !dirname(path)
          .split('/')
          .some((part) => SKIPPED.has(part)),
    )
    .sort();
}

/** Imports of a file that lead to other files of the checkout: static, type-only and dynamic. A thread's entry, named by its URL, is none. */
export function importsOf(root: string, from: string): Import[] {
  const text = readFileSync(join(root, from), 'utf8');
  const stated = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const paths = stated.filter((path) => path.startsWith('.')).map((path) => normalize(join(dirname(from), path)));
  return [...new Set(paths)].filter((to) => to !== from && existsSync(join(root, to))).map((to) => ({ from, to }));
}

/** Circles of files: the strongly connected components of more than one file (Tarjan 1972), each sorted. */
export function circlesOf(files: readonly string[], imports: readonly Import[]): string[][] {
  const next = new Map(files.map((file) => [file, [] as string[]]));
  for (const { from, to } of imports) if (next.has(to)) next.get(from)?.push(to);
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    low.set(file, index.get(file)!);
    stack.push(file);
    for (const to of next.get(file)!) {
      if (!index.has(to)) visit(to);
      if (stack.includes(to)) low.set(file, Math.min(low.get(file)!, low.get(to)!));
    }
    if (low.get(file) !== index.get(file)) return;
    const members = stack.splice(stack.indexOf(file));
    if (members.length > 1) circles.push(members.sort());
  };
  for (const file of files) if (!index.has(file)) visit(file);
  return circles;
}
