import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { sha256, sha256OfFiles } from './sha256.ts';

/** Digest of "abc": FIPS 180-2, appendix B.1. */
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

test('of a text and of bytes', () => {
  expect(sha256('abc')).toBe(ABC);
  expect(sha256(Uint8Array.of(97, 98, 99))).toBe(ABC);
});

test('of files is that of their contents together', async () => {
  const folder = temporaryFolder();
  const paths = ['ab', 'c'].map((text, i) => {
    writeFileSync(join(folder, String(i)), text);
    return join(folder, String(i));
  });
  expect(await sha256OfFiles(...paths)).toBe(ABC);
  expect(await sha256OfFiles(paths[0])).toBe(sha256('ab'));
  await expect(sha256OfFiles(join(folder, 'none'))).rejects.toThrow('ENOENT');
});
