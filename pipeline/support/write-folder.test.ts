import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { writeFolderAtomic } from './write-folder.ts';

it('replaces a folder, and leaves it as it was where a file fails', () => {
  const parent = temporaryFolder();
  const folder = join(parent, 'made');
  mkdirSync(folder);
  writeFileSync(join(folder, 'old'), '');
  expect(() =>
    writeFolderAtomic(
      folder,
      new Map([
        ['a', 'text'],
        ['a/b', 'beneath a file'],
      ]),
    ),
  ).toThrow('EEXIST');
  expect(readdirSync(parent)).toEqual(['made']);
  expect(existsSync(join(folder, 'old'))).toBe(true);
  writeFolderAtomic(
    folder,
    new Map<string, string | Uint8Array>([
      ['a', 'text'],
      ['b/c', Uint8Array.of(65)],
    ]),
  );
  expect(readdirSync(folder).sort()).toEqual(['a', 'b']);
  expect(readFileSync(join(folder, 'b/c'), 'utf8')).toBe('A');
});
