import { packageFiles } from '@sld-edge/runtime';
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { tinyPackageInput, tinyStudent } from '../../testing/tiny-package.ts';
import { checkPackages } from './check-models-folder.ts';
import type { PackageInput } from '../package-input.ts';
import { writePackage } from '../write-package.ts';

let input: Omit<PackageInput, 'modelsFolder'>;
beforeAll(async () => {
  input = await tinyPackageInput(tinyStudent());
});

const write = async () => {
  const models = temporaryFolder();
  return { models, ...(await writePackage({ ...input, modelsFolder: models })) };
};

describe('checkPackages', () => {
  it('counts the files and bytes of whole packages', async () => {
    const { models, manifest } = await write();
    const files = packageFiles(manifest);
    expect(await checkPackages(models)).toMatchObject({ files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0), manifests: [manifest] });
  });

  it('names a file that differs, is cut off or is missing, the manifest among them', async () => {
    const { models, folder, manifest } = await write();
    for (const { path } of [...packageFiles(manifest), { path: 'manifest.json' }]) {
      const file = join(folder, path);
      const whole = readFileSync(file);
      writeFileSync(file, whole.subarray(0, -1));
      await expect(checkPackages(models), path).rejects.toMatchObject({ code: 'PACKAGE_FILE_CORRUPT', details: { file: path } });
      rmSync(file);
      await expect(checkPackages(models), path).rejects.toMatchObject({ code: 'PACKAGE_FILE_MISSING', details: { file: path } });
      writeFileSync(file, whole);
    }
    await checkPackages(models);
  });

  it('hands out what it verified, nothing else of the folder, and follows no symbolic link', async () => {
    const { models, folder, manifest } = await write();
    writeFileSync(join(folder, 'notes.txt'), 'not in the manifest');
    const handed = new Map<string, Uint8Array>();
    await checkPackages(models, (path, bytes) => handed.set(path, bytes));
    const inside = ['manifest.json', ...packageFiles(manifest).map(({ path }) => path)].map((path) => `${manifest.name}/${manifest.version}/${path}`);
    expect([...handed.keys()].sort()).toEqual(['index.json', ...inside].sort());
    for (const [path, bytes] of handed) expect(Buffer.from(bytes).equals(readFileSync(join(models, path))), path).toBe(true);
    renameSync(join(folder, 'manifest.json'), join(models, 'elsewhere.json'));
    symlinkSync(join(models, 'elsewhere.json'), join(folder, 'manifest.json'));
    await expect(checkPackages(models)).rejects.toMatchObject({ code: 'PACKAGE_FILE_MISSING', details: { reason: 'a symbolic link, which is not followed; put the file itself there' } });
  });

  it('refuses a folder without an index', async () => {
    await expect(checkPackages(temporaryFolder())).rejects.toMatchObject({ code: 'PACKAGE_FILE_MISSING', details: { file: 'index.json' } });
  });
});
