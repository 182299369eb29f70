/** Names that two files export as their own: a word that means two things, or one thing that is written twice. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceFiles } from './imports.ts';

/** Folders whose exports share one vocabulary. */
const FOLDERS = ['pipeline', 'runtime', 'server', 'web-client', 'bench', 'dev', 'e2e', 'examples'];

/** Names that more than one file may declare, each with the reason. */
export const sharedNames: readonly { names: readonly string[]; within: RegExp; reason: string }[] = [
  {
    names: ['summary', 'settings', 'positionals', 'run'],
    within: /^pipeline\/commands\//,
    reason: 'every command exports the same, and is loaded by its name',
  },
  { names: ['filterGradient', 'inputGradient'], within: /^pipeline\/engines\/(wasm|webgpu)\//, reason: 'the same function of each engine' },
  {
    names: [
      ...['convolutionKernel', 'addKernel', 'multiplyKernel', 'tableKernel'],
      ...['lowerAdd', 'lowerMultiply', 'lowerAffine', 'lowerTable', 'packWeights'],
    ],
    within: /^runtime\/integer\/(kernels|plan|webgpu)\//,
    reason: 'the same of a node, for WebAssembly and for WebGPU',
  },
  { names: ['Classifier'], within: /^runtime\/(browser|node)\//, reason: 'the same call in a page and in Node' },
];

const DECLARATION = /^export (?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type|enum) (\w+)/gm;

/** Lists each name that several files declare and export, with these files; re-exports are no declarations. */
export function repeatedExports(root: string): { name: string; files: string[] }[] {
  const declared = new Map<string, Set<string>>();
  for (const file of FOLDERS.flatMap((folder) => sourceFiles(root, folder))) {
    for (const [, name] of readFileSync(join(root, file), 'utf8').matchAll(DECLARATION)) {
      if (!declared.has(name)) declared.set(name, new Set());
      declared.get(name)!.add(file);
    }
  }
  return [...declared]
    .map(([name, files]) => ({ name, files: [...files] }))
    .filter(({ name, files }) => files.length > 1 && !isShared(name, files));
}

const isShared = (name: string, files: readonly string[]): boolean =>
  sharedNames.some(({ names, within }) => names.includes(name) && files.every((file) => within.test(file)));
