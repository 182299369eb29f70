/** Built packages of which any one file is not the original: what checks them before deployment and what verifies them names the file. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFiles } from '@sld-edge/runtime';
import { tamperings, type Tampering } from '@sld-edge/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomState } from '../../testing/random-state.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { tinyPackageInput, tinyStudent } from '../../testing/tiny-package.ts';
import { checkPackage } from './check-package.ts';
import { verifyPackage } from './verify-package.ts';
import { checkPackages } from './check-models-folder.ts';
import { writePackage } from '../write-package.ts';

const student = tinyStudent();
let index: Uint8Array;
let version: string;
let cases: Tampering[];

/** Every file of a package that the pipeline's own stages wrote. */
async function built(state = student.state): Promise<{ models: string; version: string; files: Map<string, Uint8Array> }> {
  const models = temporaryFolder(afterAll);
  const { folder, manifest } = await writePackage({ ...(await tinyPackageInput({ ...student, state })), modelsFolder: models });
  const paths = ['manifest.json', ...packageFiles(manifest).map(({ path }) => path)];
  return {
    models,
    version: manifest.version,
    files: new Map(paths.map((path) => [path, new Uint8Array(readFileSync(join(folder, path)))])),
  };
}

beforeAll(async () => {
  const [one, other] = [await built(), await built(randomState(student.network, 5))];
  index = readFileSync(join(one.models, 'index.json'));
  version = one.version;
  cases = [...tamperings(one.files, other.files)];
});

/** @returns the folder of packages and that of the package */
function write(files: Map<string, Uint8Array>): { models: string; folder: string } {
  const models = temporaryFolder();
  const folder = join(models, 'tiny', version);
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  writeFileSync(join(models, 'index.json'), index);
  return { models, folder };
}

describe('a built package with one file that is not the original', () => {
  it('is tried with every file and every kind of damage, another version’s weights among them', () => {
    const files = new Set(cases.map(({ file }) => file));
    expect([...files]).toEqual(
      expect.arrayContaining([
        'manifest.json',
        'tfjs/float32/model.json',
        'tfjs/uint8/weights-1of1.bin',
        'tfjs/mixed/model.json',
        'tfjs/mixed/weights-1of1.bin',
        'integer/program.json',
        'integer/weights-1of1.bin',
        'onnx/model.onnx',
        'onnx/model-int8.onnx',
        'goldens/goldens.json',
        'goldens/pixels.bin',
        'goldens/layers.json',
        'report.html',
        'card.md',
      ]),
    );
    for (const file of files) expect(cases.filter((tampering) => tampering.file === file).length, file).toBeGreaterThanOrEqual(7);
    expect(cases.map(({ what }) => what)).toEqual(
      expect.arrayContaining(
        [
          'tfjs/float32/weights-1of1.bin',
          'tfjs/uint8/weights-1of1.bin',
          'tfjs/mixed/weights-1of1.bin',
          'integer/program.json',
          'integer/weights-1of1.bin',
          'onnx/model.onnx',
        ].map((file) => `${file}: another version's`),
      ),
    );
  });

  it('is not deployed', async () => {
    for (const { what, file, files, missing } of cases) {
      await expect(checkPackages(write(files).models), what).rejects.toMatchObject({
        code: missing ? 'PACKAGE_FILE_MISSING' : 'PACKAGE_FILE_CORRUPT',
        details: { file },
      });
    }
  });

  it('is refused by package verify, which names that file alone and computes nothing', async () => {
    for (const { what, file, files, missing } of cases) {
      if (file === 'manifest.json' && missing) continue;
      const { pass, checks } = await checkPackage(write(files).folder);
      expect(pass, what).toBe(false);
      const failed = new Set(checks.filter(({ status, what }) => status === 'fail' && what !== 'index').map((check) => check.file));
      // With another manifest every file may be another one.
      if (file === 'manifest.json')
        expect(
          checks.some(({ status, file }) => status === 'fail' && file !== undefined),
          what,
        ).toBe(true);
      else expect([...failed], what).toEqual([file]);
      expect(
        checks.filter((check) => check.what.startsWith('goldens')).map(({ status }) => status),
        what,
      ).not.toContain('pass');
    }
  });

  it('is refused by verify before a weight is used', async () => {
    for (const { what, file, files } of cases) {
      const verified = verifyPackage(write(files).folder, student.data);
      if (file === 'manifest.json') await expect(verified, what).rejects.toThrow();
      else await expect(verified, what).rejects.toMatchObject({ details: { file } });
    }
  });
});
