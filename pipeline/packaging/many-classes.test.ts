/** A package's size is linear in the number of classes, and a device's share of it small: few goldens, few samples. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPackage, packageFiles, type Manifest } from '@sld-edge/runtime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { tinyPackageInput, tinyStudent } from '../testing/tiny-package.ts';
import { checkPackage } from './check/check-package.ts';
import { writePackage } from './write-package.ts';

const CLASSES = 2500;

const modelsFolder = temporaryFolder(afterAll);
let folder: string;
let manifest: Manifest;
beforeAll(async () => {
  // More validation images than goldens, each of a class of its own.
  const counts = { train: 64, validation: 100, test: 100 };
  const input = await tinyPackageInput(tinyStudent({ classes: CLASSES, counts }), ['uint8', 'integer']);
  ({ folder, manifest } = await writePackage({ ...input, modelsFolder }));
}, 120_000);

it('of 2,500 classes has at most 32 goldens and 24 samples', async () => {
  const { goldens, goldenPixels } = await loadPackage((path) => readFile(join(folder, path)));
  expect(goldens.count).toBe(32);
  expect(goldenPixels.length).toBe(32 * 64);
  expect(manifest.samples).toHaveLength(24);
  expect(new Set(manifest.samples.map(({ label }) => label)).size).toBe(24);
});

it('of 2,500 classes gives a device at most 400 kB beside the program and the list of the package, and no other variant', async () => {
  const read: string[] = [];
  const { variant } = await loadPackage((path) => (read.push(path), readFile(join(folder, path))));
  expect(variant).toBe('integer');
  expect(read.filter((path) => path.startsWith('goldens/')).sort()).toEqual([
    'goldens/goldens.json',
    'goldens/logits-integer.bin',
    'goldens/pixels.bin',
  ]);
  expect(read.filter((path) => path.startsWith('tfjs/'))).toEqual([]);
  const bytes = packageFiles(manifest)
    .filter(({ path }) => read.includes(path) && !path.startsWith('integer/'))
    .reduce((sum, file) => sum + file.bytes, 0);
  const samples = manifest.samples.reduce((sum, { file }) => sum + file.bytes, 0);
  // 32 rows of 2,500 numbers of 4 bytes are 320,000.
  expect(bytes).toBeGreaterThan(320_000);
  expect(bytes + samples).toBeLessThan(400_000);
});

it('of 2,500 classes has no file beside weights that would not fit 400 kB', async () => {
  const large = packageFiles(manifest).filter(({ path, bytes }) => bytes > 400_000 && !/weights-|\.onnx$/.test(path));
  expect(large.map(({ path }) => path)).toEqual([]);
});

it('without float32 proves itself all the same: its ONNX file is held against what float32 gave', async () => {
  expect(Object.keys(manifest.variants)).toEqual(['uint8', 'integer']);
  expect(Object.keys(manifest.goldens.logits!)).toEqual(['float32', 'uint8', 'integer']);
  const { checks, pass } = await checkPackage(folder, undefined, {});
  expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(pass).toBe(true);
  expect(checks.map(({ what }) => what)).toContain('goldens on onnx');
});
