import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { INDEX_FORMAT_VERSION } from '@sld-edge/runtime';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { addToIndex, readModelIndex, sayServed } from './model-index.ts';

const entry = (name: string, version: string) => ({
  name,
  version: version.repeat(12),
  title: `${name} ${version}`,
  quick: false,
  manifest: { path: `${name}/${version.repeat(12)}/manifest.json`, bytes: 10, sha256: version.repeat(64) },
});

describe('index of packages', () => {
  it('is empty where there is none, and nothing is written by reading', () => {
    const folder = temporaryFolder();
    expect(readModelIndex(folder)).toEqual({ formatVersion: INDEX_FORMAT_VERSION, default: '', packages: [] });
    expect(existsSync(join(folder, 'index.json'))).toBe(false);
  });

  it('makes a package the default where that is asked for, and where there is none', async () => {
    const folder = temporaryFolder();
    await addToIndex(folder, entry('a', '1'), false);
    expect(readModelIndex(folder)).toMatchObject({ default: 'a', packages: [{ name: 'a' }] });
    await addToIndex(folder, entry('b', '2'), false);
    expect(readModelIndex(folder)).toMatchObject({ default: 'a', packages: [{ name: 'a' }, { name: 'b' }] });
    await addToIndex(folder, entry('c', '3'), true);
    expect(readModelIndex(folder).default).toBe('c');
  });

  it('keeps aliases, which name what is there, and refuses others', async () => {
    const folder = temporaryFolder();
    await addToIndex(folder, entry('a', '1'), true);
    const file = join(folder, 'index.json');
    const write = (aliases: object) => writeFileSync(file, JSON.stringify({ ...readModelIndex(folder), aliases }));
    write({ live: 'a', before: `a@${'1'.repeat(12)}` });
    await addToIndex(folder, entry('b', '2'), true);
    expect(readModelIndex(folder)).toMatchObject({ default: 'b', aliases: { live: 'a', before: 'a@111111111111' } });
    write({ live: 'c' });
    expect((await errorOf(() => readModelIndex(folder))).message).toMatch(
      /"aliases.live": expected one of "a", "a@111111111111", "b", "b@222222222222", got "c"/,
    );
    writeFileSync(file, readFileSync(file, 'utf8').replace('"live":"c"', '"a":"b"'));
    expect((await errorOf(() => readModelIndex(folder))).message).toMatch(/"aliases.a": expected a name that no package has/);
  });

  it('says what answers where no model is named, and what to type', async () => {
    const folder = temporaryFolder();
    const said: string[] = [];
    await addToIndex(folder, entry('a', '1'), true);
    sayServed(folder, 'a', (line) => said.push(line));
    await addToIndex(folder, entry('b', '2'), false);
    sayServed(folder, 'b', (line) => said.push(line));
    expect(said).toEqual([
      `a is the default of ${folder}: server and page answer with it. Next: npm run deploy -- --models ${folder}`,
      `a stays the default of ${folder}; b answers at /classify?model=b and /?model=b, or everywhere with --make-default. Next: npm run deploy -- --models ${folder}`,
    ]);
  });

  it('has the packages of all who add at once', async () => {
    const folder = temporaryFolder();
    await Promise.all(['a', 'b', 'c'].map((name) => addToIndex(folder, entry(name, '1'), true)));
    expect(
      readModelIndex(folder)
        .packages.map(({ name }) => name)
        .sort(),
    ).toEqual(['a', 'b', 'c']);
    expect(readdirSync(folder)).toEqual(['index.json']);
  });

  it('puts a new version of a name last', async () => {
    const folder = temporaryFolder();
    for (const [name, version] of [
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ])
      await addToIndex(folder, entry(name, version), true);
    expect(readModelIndex(folder).packages.map(({ title }) => title)).toEqual(['a 1', 'b 2', 'a 3']);
  });

  it('has a package once, however often it is added', async () => {
    const folder = temporaryFolder();
    await addToIndex(folder, entry('a', '1'), true);
    await addToIndex(folder, entry('a', '1'), true);
    expect(readModelIndex(folder).packages).toHaveLength(1);
  });

  it('refuses a broken index and leaves it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'index.json'), '{"formatVersion":1,');
    await errorOf(() => addToIndex(folder, entry('a', '1'), true));
    expect(readFileSync(join(folder, 'index.json'), 'utf8')).toBe('{"formatVersion":1,');
  });
});
