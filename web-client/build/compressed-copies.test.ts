import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, it, onTestFinished } from 'vitest';
import { writeCompressedCopies } from './compressed-copies.ts';

it('writes both copies beside what shrinks, once, and leaves what hardly shrinks alone', async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'sld-edge-copies-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const script = Buffer.from('export const answer = 42;\n'.repeat(100));
  await mkdir(path.join(dir, 'assets'));
  await writeFile(path.join(dir, 'assets/a.js'), script);
  await writeFile(path.join(dir, 'assets/a.js.map'), script);
  await writeFile(path.join(dir, 'noise.bin'), randomBytes(1000));
  for (let time = 0; time < 2; time++) {
    const { files, bytes, brotliBytes } = await writeCompressedCopies(dir);
    expect([files, bytes]).toEqual([1, script.length]);
    expect(brotliBytes).toBe((await readFile(path.join(dir, 'assets/a.js.br'))).length);
  }
  expect((await readdir(path.join(dir, 'assets'))).sort()).toEqual(['a.js', 'a.js.br', 'a.js.gz', 'a.js.map']);
  expect((await readdir(dir)).sort()).toEqual(['assets', 'noise.bin']);
  expect(brotliDecompressSync(await readFile(path.join(dir, 'assets/a.js.br')))).toEqual(script);
  expect(gunzipSync(await readFile(path.join(dir, 'assets/a.js.gz')))).toEqual(script);
});
