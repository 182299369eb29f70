import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FORMAT_VERSION } from '@sld-edge/runtime';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { addToIndex, readModelIndex } from './model-index.ts';

const entry = (name: string, version: string, quick = false) => ({
  name,
  version: version.repeat(12),
  title: `${name} ${version}`,
  quick,
  manifest: { path: `${name}/${version.repeat(12)}/manifest.json`, bytes: 10, sha256: version.repeat(64) },
});

describe('index of packages', () => {
  it('is empty where there is none, and nothing is written by reading', () => {
    const folder = temporaryFolder();
    expect(readModelIndex(folder)).toEqual({ formatVersion: FORMAT_VERSION, default: '', packages: [] });
    expect(existsSync(join(folder, 'index.json'))).toBe(false);
  });

  it('makes the first package the default, and keeps it when others come', async () => {
    const folder = temporaryFolder();
    await addToIndex(folder, entry('a', '1'));
    await addToIndex(folder, entry('b', '2'));
    expect(readModelIndex(folder)).toMatchObject({ default: 'a', packages: [{ name: 'a' }, { name: 'b' }] });
  });

  it('has the packages of all who add at once', async () => {
    const folder = temporaryFolder();
    await Promise.all(['a', 'b', 'c'].map((name) => addToIndex(folder, entry(name, '1'))));
    expect(readModelIndex(folder).packages.map(({ name }) => name).sort()).toEqual(['a', 'b', 'c']);
    expect(readdirSync(folder)).toEqual(['index.json']);
  });

  it('puts a new version of a name last', async () => {
    const folder = temporaryFolder();
    for (const [name, version] of [['a', '1'], ['b', '2'], ['a', '3']]) await addToIndex(folder, entry(name, version));
    expect(readModelIndex(folder).packages.map(({ title }) => title)).toEqual(['a 1', 'b 2', 'a 3']);
    expect(readModelIndex(folder).default).toBe('a');
  });

  it('has a package once, however often it is added', async () => {
    const folder = temporaryFolder();
    await addToIndex(folder, entry('a', '1'));
    await addToIndex(folder, entry('a', '1'));
    expect(readModelIndex(folder).packages).toHaveLength(1);
  });

  it('replaces a quick default by the first real package, not by another quick one, and never a real one by a quick one', async () => {
    const folder = temporaryFolder();
    await addToIndex(folder, entry('quick', '1', true));
    await addToIndex(folder, entry('other-quick', '2', true));
    expect(readModelIndex(folder).default).toBe('quick');
    await addToIndex(folder, entry('real', '3'));
    expect(readModelIndex(folder).default).toBe('real');
    await addToIndex(folder, entry('quick', '4', true));
    expect(readModelIndex(folder).default).toBe('real');
  });

  it('keeps a real default when a quick version of the same name was there before it', async () => {
    const folder = temporaryFolder();
    await addToIndex(folder, entry('a', '1', true));
    await addToIndex(folder, entry('a', '2'));
    await addToIndex(folder, entry('b', '3'));
    // What would be served as `a` is its newest version, which is real.
    expect(readModelIndex(folder).default).toBe('a');
  });

  it('refuses a broken index and leaves it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'index.json'), '{"formatVersion":1,');
    await errorOf(() => addToIndex(folder, entry('a', '1')));
    expect(readFileSync(join(folder, 'index.json'), 'utf8')).toBe('{"formatVersion":1,');
  });
});
