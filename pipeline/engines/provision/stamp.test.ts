import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { damagedFiles, readStamp, writeStamp, type EngineStamp } from './stamp.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stamp-test-'));
  writeFileSync(join(folder, 'a.so'), 'wheel');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `printf wheel | sha256sum` */
const sha256 = 'ba59926159d2aa256eb8739b8da7e2b574b960e1202c6d624cbe981cef996c91';
const stamp: EngineStamp = {
  formatVersion: 1,
  key: 'k',
  device: 'cpu',
  tensorflowVersion: '1',
  wheels: [],
  files: { 'a.so': { bytes: 5, sha256 } },
  provenOn: ['here'],
};

test('is read as written, and leaves no temporary file', async () => {
  writeStamp(folder, stamp);
  expect(await readStamp(folder)).toEqual(stamp);
  expect(readdirSync(folder).sort()).toEqual(['a.so', 'stamp.json']);
});

test.each(['', '{', '{"formatVersion":2}', '[]'])('a stamp of %j counts as none', async (text) => {
  writeFileSync(join(folder, 'stamp.json'), text);
  expect(await readStamp(folder)).toBeNull();
});

test('sizes find a cut-off or missing file', async () => {
  expect(await damagedFiles(folder, stamp, { contents: false })).toEqual([]);
  writeFileSync(join(folder, 'a.so'), 'whe');
  expect(await damagedFiles(folder, stamp, { contents: false })).toEqual(['a.so']);
  rmSync(join(folder, 'a.so'));
  expect(await damagedFiles(folder, stamp, { contents: false })).toEqual(['a.so']);
});

test('only contents find a changed byte', async () => {
  writeFileSync(join(folder, 'a.so'), 'wheeL');
  expect(await damagedFiles(folder, stamp, { contents: false })).toEqual([]);
  expect(await damagedFiles(folder, stamp, { contents: true })).toEqual(['a.so']);
});
