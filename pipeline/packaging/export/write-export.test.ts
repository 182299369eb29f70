import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { writeExport } from './write-export.ts';

const from = fileURLToPath(new URL('../../../models/fashion-mnist/46b45e4aa5f1', import.meta.url));
const say = (): void => undefined;

it('writes a new folder, and refuses one that holds something', async () => {
  const out = join(temporaryFolder(), 'new');
  const { files } = await writeExport({ to: 'huggingface', from, out, say });
  expect(Object.keys(files)).toContain('README.md');
  expect(readdirSync(out).sort()).toEqual(['README.md', 'config.json', 'onnx', 'preprocessor_config.json']);
  await expect(writeExport({ to: 'huggingface', from, out, say })).rejects.toThrow(
    `--out expects a new or an empty folder; ${out} holds README.md`,
  );
});

it('leaves nothing behind where the package is none', async () => {
  const folder = temporaryFolder();
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  await expect(writeExport({ to: 'huggingface', from: empty, out: join(folder, 'out'), say })).rejects.toThrow(`${empty} is no package`);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  await expect(writeExport({ to: 'huggingface', from, out: file, say })).rejects.toThrow('holds a file');
  expect(existsSync(join(folder, 'out'))).toBe(false);
});
