/** Small files with one importer, which belong into it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import type { Import } from './imports.ts';

/** Files of fewer lines of code, imports left out, join the only file that imports them. */
export const SMALL_LINES = 12;

/** Small files that stay, each kind with its reason. */
export const smallAllowed: readonly { path: RegExp; reason: string }[] = [
  { path: /^pipeline\/commands\/[^/]+\.ts$/, reason: 'one file a command, loaded when it is called' },
  { path: /^pipeline\/networks\/operations\/[^/]+\.ts$/, reason: 'one file an operation' },
  { path: /\/settings\.ts$/, reason: 'each stage declares its own settings' },
  { path: /^runtime\/image\/portable\/[^/]+\.ts$/, reason: 'one file an image format' },
  { path: /\/index\.ts$/, reason: 'what a folder gives to others' },
  { path: /^runtime\/backends\/tfjs-wasm-init\.ts$/, reason: 'imported when the backend starts, in a bundle of its own' },
];

/** Number of lines with code, without comments and import statements. */
export function codeLines(text: string): number {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.ESNext, true);
  const lines = new Set<number>();
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || node.kind === ts.SyntaxKind.EndOfFileToken || ts.isJSDoc(node)) return;
    if (node.getChildCount(source) === 0) {
      const [from, to] = [node.getStart(source), node.getEnd()].map((at) => source.getLineAndCharacterOfPosition(at).line);
      for (let line = from; line <= to; line++) lines.add(line);
    } else for (const child of node.getChildren(source)) visit(child);
  };
  visit(source);
  return lines.size;
}

/** Small files, by path, with their only importer, tests counted. @param imports of all files that may import them */
export function smallFiles(root: string, files: readonly string[], imports: readonly Import[]): { path: string; importer: string }[] {
  const importers = new Map<string, string[]>();
  for (const { from, to } of imports) importers.set(to, [...(importers.get(to) ?? []), from]);
  return files
    .filter((path) => importers.get(path)?.length === 1 && codeLines(readFileSync(join(root, path), 'utf8')) < SMALL_LINES)
    .map((path) => ({ path, importer: importers.get(path)![0] }));
}
