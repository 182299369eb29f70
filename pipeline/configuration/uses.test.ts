/** Lists the file that declares each setting of a run and those that use it: one file declares it, few use it. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { runSettings } from './settings.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const MOST = 10;

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  types: ['node'],
};

/** Files that declare and that read each setting: by the compiler's symbols, so that equal names of other things do not count. */
function usesOfSettings(): Map<string, { declared: Set<string>; used: Set<string> }> {
  const program = ts.createProgram([`${root}cli.ts`], options);
  const checker = program.getTypeChecker();
  const found = new Map(Object.keys(runSettings).map((key) => [key, { declared: new Set<string>(), used: new Set<string>() }]));
  const note = (symbol: ts.Symbol | undefined, file: string): void => {
    const entry = symbol && found.get(symbol.name);
    for (const declaration of (entry && symbol?.declarations) ?? []) {
      const from = relative(root, declaration.getSourceFile().fileName);
      if (!/(^|\/)settings\.ts$/.test(from) || from.startsWith('commands/') || !ts.isPropertyAssignment(declaration)) continue;
      entry!.declared.add(from);
      if (file !== from) entry!.used.add(file);
    }
  };
  for (const source of program.getSourceFiles()) {
    const file = relative(root, source.fileName);
    if (file.startsWith('..') || file.includes('node_modules')) continue;
    const visit = (node: ts.Node): void => {
      if (ts.isPropertyAccessExpression(node)) note(checker.getSymbolAtLocation(node.name), file);
      if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent) && ts.isIdentifier(node.propertyName ?? node.name)) {
        note(checker.getTypeAtLocation(node.parent).getProperty(((node.propertyName ?? node.name) as ts.Identifier).text), file);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

describe('settings of a run', () => {
  it('are each declared by one file and used by few', () => {
    const uses = usesOfSettings();
    console.log(
      [...uses]
        .map(([key, { declared, used }]) => `${key}: declared by ${[...declared].join(', ')}; used by ${[...used].sort().join(', ')}`)
        .join('\n'),
    );
    for (const [key, { declared, used }] of uses) {
      expect([...declared], key).toHaveLength(1);
      expect(used.size, `${key} is used by ${[...used].join(', ') || 'nobody'}`).toBeGreaterThanOrEqual(1);
      expect(used.size, `${key} is used by ${[...used].join(', ')}`).toBeLessThanOrEqual(MOST);
    }
  });

  it('are explained by more than their name', () => {
    for (const [key, { help, allowed }] of Object.entries(runSettings)) {
      expect(help.split(' ').length, key).toBeGreaterThanOrEqual(3);
      expect(help.toLowerCase().replaceAll(/[^a-z]/g, ''), key).not.toBe(key.toLowerCase());
      expect(allowed, key).not.toBe('');
    }
  });
});
