import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkNode, checkNpmPackages, runDoctor } from './doctor.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'doctor-test-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['20.18.3', false],
  ['20.19.0', true],
  ['22.1.0', true],
  ['24.0.0', true],
  ['18.99.0', false],
])('Node %s: %s', (version, ok) => {
  expect(checkNode(version).ok).toBe(ok);
});

test('names the packages that are not installed', () => {
  mkdirSync(join(folder, 'pipeline'));
  mkdirSync(join(folder, 'node_modules', 'there'), { recursive: true });
  writeFileSync(join(folder, 'pipeline', 'package.json'), JSON.stringify({ dependencies: { there: '1.0.0', '@scope/absent': '1.0.0' } }));
  expect(checkNpmPackages(folder)).toMatchObject({ ok: false, found: 'missing: @scope/absent', command: 'npm ci' });
});

test('an empty machine: rows say what is missing, with a command each, and nothing throws', async () => {
  const report = await runDoctor({ cacheDir: join(folder, 'cache'), projectDir: folder });
  const byName = new Map(report.rows.map((row) => [row.name, row]));
  expect(byName.get('engine tensorflow')?.ok).toBe(false);
  expect(byName.get('models')).toMatchObject({ ok: false, optional: true, command: 'npm run distill' });
  for (const row of report.rows) expect(row.command === '', row.name).toBe(row.ok);
  expect(report.ok).toBe(report.rows.every((row) => row.ok || row.optional));
});

test('packages and data sets that are there are listed', async () => {
  mkdirSync(join(folder, 'models', 'a', '1f'), { recursive: true });
  writeFileSync(join(folder, 'models', 'a', '1f', 'manifest.json'), '{}');
  mkdirSync(join(folder, 'models', 'a', 'half-written'));
  mkdirSync(join(folder, 'cache', 'datasets', 'fashion-mnist'), { recursive: true });
  const { rows } = await runDoctor({ cacheDir: join(folder, 'cache'), projectDir: folder });
  expect(rows.find(({ name }) => name === 'models')?.found).toBe('a/1f');
  expect(rows.find(({ name }) => name === 'data sets')?.found).toBe('fashion-mnist');
});
