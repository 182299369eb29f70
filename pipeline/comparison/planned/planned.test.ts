import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { NetworkState } from '../../networks/state.ts';
import { openFolderStore } from '../../store/folder-store.ts';
import { codeDigest } from '../../support/code-digest.ts';
import { errorOf } from '../../testing/error-of.ts';
import { madeResult } from '../../testing/made-results.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { packCheckpoint, unpackCheckpoint } from './checkpoint-bundle.ts';
import type { PlannedCell } from './plan.ts';
import { getResult, getStudent, putResult } from './stored-cell.ts';

const weights = (value: number): NetworkState => new Map([['w', { shape: [2], data: Float32Array.of(1, value) }]]);

describe('two that finish one cell', () => {
  const cell = { id: 'aa', label: 'kd', seed: 1 } as PlannedCell;
  const put = (folder: string, changes: object, value = 2) => {
    writeFileSync(join(folder, 'student'), `weights of ${value}`);
    return putResult(openFolderStore(join(folder, 'store')), cell, madeResult({ changes }), weights(value), join(folder, 'student'));
  };

  it('end with one result where only times, names and versions differ', async () => {
    const folder = temporaryFolder();
    expect(await put(folder, { seconds: 1 })).toBe(true);
    expect(await put(folder, { seconds: 2, imagesPerSecond: 7, engine: 'another description', software: { node: 'v99' } })).toBe(false);
    const stored = (await getResult(openFolderStore(join(folder, 'store')), cell))!;
    expect(stored.result.seconds).toBe(1);
    expect(new TextDecoder().decode(await getStudent(openFolderStore(join(folder, 'store')), stored))).toBe('weights of 2');
  });

  it.each([
    ['weights', {}, 3],
    ['figures', { confusion: [[1]] }, 2],
  ])('are told where their %s differ; the first is kept', async (_, changes, value) => {
    const folder = temporaryFolder();
    await put(folder, { seconds: 1 });
    expect((await errorOf(() => put(folder, changes, value))).message).toMatch(
      /^kd seed 1 was trained twice, with different results: .* holds cells\/aa\/result\.json of digest [0-9a-f]{16}, this machine made [0-9a-f]{16}; the first is kept/,
    );
    expect((await getResult(openFolderStore(join(folder, 'store')), cell))!.result.seconds).toBe(1);
  });
});

describe('a stored checkpoint', () => {
  it('is written back as it was, without what there was not', () => {
    const [from, to] = [temporaryFolder(), temporaryFolder()];
    writeFileSync(join(from, 'metrics.jsonl'), '{"epoch":1}\n');
    writeFileSync(join(from, 'checkpoint.safetensors'), Buffer.from([10, 0, 255, 10]));
    writeFileSync(join(from, 'report.html'), 'not part of it');
    unpackCheckpoint(packCheckpoint(from), to);
    expect(readFileSync(join(to, 'metrics.jsonl'), 'utf8')).toBe('{"epoch":1}\n');
    expect([...readFileSync(join(to, 'checkpoint.safetensors'))]).toEqual([10, 0, 255, 10]);
  });

  it('is refused where a byte differs, one is missing, or there is no head', async () => {
    const from = temporaryFolder();
    writeFileSync(join(from, 'metrics.jsonl'), 'line\n');
    const bundle = packCheckpoint(from);
    const changed = Uint8Array.from(bundle);
    changed[changed.length - 2] ^= 1;
    for (const damaged of [changed, bundle.subarray(0, -1), Uint8Array.of(1, 2, 3)])
      expect((await errorOf(() => unpackCheckpoint(damaged, join(from, 'x')))).message).toMatch(/^a stored checkpoint was damaged/);
  });
});

it('digests sources, not tests nor what only tests use', () => {
  const root = temporaryFolder();
  for (const part of ['pipeline', 'runtime']) {
    mkdirSync(join(root, part, 'testing'), { recursive: true });
    writeFileSync(join(root, part, 'package.json'), '{"dependencies":{"a":"1"}}');
  }
  const before = codeDigest(root);
  writeFileSync(join(root, 'pipeline', 'x.test.ts'), '1');
  writeFileSync(join(root, 'pipeline', 'testing', 'x.ts'), '1');
  writeFileSync(join(root, 'pipeline', 'readme.md'), '1');
  expect(codeDigest(root)).toBe(before);
  writeFileSync(join(root, 'pipeline', 'x.ts'), '1');
  const more = codeDigest(root);
  expect(more).not.toBe(before);
  writeFileSync(join(root, 'runtime', 'package.json'), '{"dependencies":{"a":"2"}}');
  expect(codeDigest(root)).not.toBe(more);
});
