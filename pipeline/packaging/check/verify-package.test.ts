import { packageFiles } from '@sld-edge/runtime';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { freeze } from '../../networks/freeze.ts';
import { imageRange } from '../../data/sets/image-set.ts';
import { writeOnnxModel } from '../onnx-model.ts';
import type { PackageInput } from '../package-input.ts';
import { writePackage } from '../write-package.ts';
import { randomState } from '../../testing/random-state.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { tinyPackageInput, tinyStudent } from '../../testing/tiny-package.ts';
import { predictions } from '../../evaluation/accuracy.ts';
import { verifyPackage } from './verify-package.ts';

const student = tinyStudent();
let input: Omit<PackageInput, 'modelsFolder'>;
beforeAll(async () => {
  input = await tinyPackageInput(student);
});

const write = () => writePackage({ ...input, modelsFolder: temporaryFolder() });

describe('verifyPackage', () => {
  it('passes on a package as it was written, and measures what the manifest states', async () => {
    const { folder, manifest } = await write();
    const report = await verifyPackage(folder, student.data);
    expect(report).toMatchObject({ name: 'tiny', version: manifest.version, pass: true });
    expect(report.variants.map(({ variant }) => variant)).toEqual(['float32', 'uint8', 'mixed', 'integer']);
    for (const { variant, measured, stated, agreementWithFloat32, goldenError } of report.variants) {
      expect(measured).toEqual(stated);
      expect(agreementWithFloat32).toBe(manifest.variants[variant]!.agreementWithFloat32);
      expect(goldenError).toBeLessThan(1e-3);
    }
  });

  it('runs the ONNX file, and fails where that is of another network', async () => {
    const { folder } = await write();
    const { onnx, int8Onnx } = await verifyPackage(folder, student.data);
    expect(int8Onnx).toEqual({ measured: int8Onnx!.stated, stated: input.int8Onnx!.accuracy, agreementWithFloat32: input.int8Onnx!.agreementWithFloat32, allowedPoints: 0.5, pass: true });
    expect(onnx).toMatchObject({ allowed: 1e-4, pass: true });
    expect(onnx!.difference).toBeLessThan(1e-5);
    const other = writeOnnxModel(freeze(student.network, randomState(student.network, 99)), student.data);
    const wrong = await verifyPackage((await writePackage({ ...input, onnx: other, modelsFolder: temporaryFolder() })).folder, student.data);
    expect(wrong.variants.every(({ pass }) => pass)).toBe(true);
    expect(wrong).toMatchObject({ onnx: { pass: false }, pass: false });
    const { top1, top5, count } = input.int8Onnx!.accuracy;
    const stated = { top1: top1 > 0.5 ? top1 - 1 / count : top1 + 1 / count, top5, count };
    const lie = await verifyPackage((await writePackage({ ...input, int8Onnx: { ...input.int8Onnx!, accuracy: stated }, modelsFolder: temporaryFolder() })).folder, student.data);
    expect(lie).toMatchObject({ int8Onnx: { pass: false }, onnx: { pass: true }, pass: false });
  });

  it('fails on other images than those that the manifest was measured on', async () => {
    const { folder } = await write();
    const { test } = student.data;
    const oneLess = imageRange(test, 0, test.count - 1);
    expect((await verifyPackage(folder, { ...student.data, test: oneLess })).pass).toBe(false);
    // Labels by which every answer is right.
    const relabelled = { ...test, labels: Uint16Array.from(predictions(input.variants.uint8.testLogits, 3)) };
    expect((await verifyPackage(folder, { ...student.data, test: relabelled })).variants[1]).toMatchObject({ pass: false, measured: { top1: 1 } });
  });

  it('measures nothing again that was measured before, but fails where the files give other logits', async () => {
    const { folder, manifest } = await write();
    const known = { variants: input.variants, int8Onnx: input.int8Onnx! };
    const report = await verifyPackage(folder, student.data, known);
    expect(report.pass).toBe(true);
    for (const { variant, measured, images } of report.variants) expect({ measured, images }).toEqual({ measured: manifest.variants[variant]!.accuracy, images: 24 });
    const testLogits = input.variants.integer!.testLogits.slice();
    testLogits[0] += 1e-3;
    const other = await verifyPackage(folder, student.data, { ...known, variants: { ...input.variants, integer: { ...input.variants.integer!, testLogits } } });
    expect(other.variants.map(({ pass }) => pass)).toEqual([true, true, true, false]);
    expect(other.pass).toBe(false);
  });

  it('refuses a data set of other classes', async () => {
    const { folder } = await write();
    await expect(verifyPackage(folder, { ...student.data, labels: ['a', 'b', 'c'] })).rejects.toThrow(/has the labels class 0, class 1, class 2; tiny has a, b, c/);
  });

  it('fails on one flipped bit in any file, and names the file', async () => {
    const { folder, manifest } = await write();
    const paths = packageFiles(manifest).map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(8);
    for (const path of paths) {
      const file = join(folder, path);
      const whole = readFileSync(file);
      const flipped = Buffer.from(whole);
      flipped[Math.floor(flipped.length / 2)] ^= 1;
      writeFileSync(file, flipped);
      await expect(verifyPackage(folder, student.data), path).rejects.toMatchObject({ code: 'PACKAGE_FILE_CORRUPT', details: { file: path } });
      writeFileSync(file, whole);
    }
    expect((await verifyPackage(folder, student.data)).pass).toBe(true);
  });

  it('fails on a manifest of which anything was changed after the package was made, and names it', async () => {
    const { folder } = await write();
    const file = join(folder, 'manifest.json');
    const whole = readFileSync(file, 'utf8');
    for (const [from, to] of [['"temperature": ', '"temperature": 1'], ['resnet8 for tiny', 'resnet9 for tiny'], ['"class 0"', '"class 9"'], ['"an engine of the test"', '"another engine"']]) {
      expect(whole).toContain(from);
      writeFileSync(file, whole.replace(from, to));
      await expect(verifyPackage(folder, student.data), from).rejects.toThrow(/manifest\.json/);
    }
  });

  it('fails on a file that is missing, and names it', async () => {
    const { folder, manifest } = await write();
    rmSync(join(folder, manifest.documents[0].path));
    await expect(verifyPackage(folder, student.data)).rejects.toMatchObject({ code: 'PACKAGE_FILE_MISSING', details: { file: 'report.html' } });
  });
});
