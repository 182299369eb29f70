/** Addresses that `Classifier.load` takes: what is asked for at each, in order. */
import { expect, it } from 'vitest';
import { createFixturePackage, fixtureIndex } from '../testing/index.ts';
import { fetchModel } from './fetch-model.ts';

const pkg = await createFixturePackage();
const MODELS = 'https://h/models/';
const index = fixtureIndex([pkg]);
const FOLDER = `${pkg.name}/${pkg.version}/`;

/** @param folder in which the host has the package; it has an index in `models/` alone */
function hostOf(folder: string) {
  const asked: string[] = [];
  const request: typeof fetch = async (input) => {
    const path = String(input).slice(MODELS.length);
    asked.push(path);
    if (path === 'index.json') return Response.json(index);
    const bytes = path.startsWith(folder) ? pkg.files.get(path.slice(folder.length)) : undefined;
    return bytes ? new Response(new Uint8Array(bytes)) : new Response(null, { status: 404 });
  };
  return { asked, options: { request } };
}

it.each([MODELS, MODELS.slice(0, -1), `${MODELS}index.json`])('finds the package by %s and asks for nothing in vain', async (address) => {
  const { asked, options } = hostOf(FOLDER);
  const { pkg: loaded, packageUrl } = await fetchModel(address, {}, options);
  expect([loaded.manifest.version, packageUrl]).toEqual([pkg.version, MODELS + FOLDER]);
  expect(asked[0]).toBe('index.json');
  expect(asked).not.toContain('manifest.json');
});

it.each([FOLDER, FOLDER.slice(0, -1), `${FOLDER}manifest.json`])(
  'takes %s for the folder of a package and asks for no index',
  async (path) => {
    const { asked, options } = hostOf(FOLDER);
    expect((await fetchModel(MODELS + path, {}, options)).packageUrl).toBe(MODELS + FOLDER);
    expect(asked[0]).toBe(`${FOLDER}manifest.json`);
    expect(asked.filter((file) => file.includes('index.json'))).toEqual([]);
  },
);

it('finds a package in a folder of any name, after there was no index', async () => {
  const { asked, options } = hostOf('mine/');
  expect((await fetchModel(`${MODELS}mine`, {}, options)).packageUrl).toBe(`${MODELS}mine/`);
  expect(asked.slice(0, 2)).toEqual(['mine/index.json', 'mine/manifest.json']);
});

it('names the file that was looked for first where there is neither', async () => {
  const { asked, options } = hostOf(FOLDER);
  await expect(fetchModel(`${MODELS}nothing/`, {}, options)).rejects.toMatchObject({
    code: 'PACKAGE_FILE_MISSING',
    details: { file: `${MODELS}nothing/index.json` },
  });
  expect(asked).toEqual(['nothing/index.json', 'nothing/manifest.json']);
  await expect(fetchModel(`${MODELS}a/000000000000/`, {}, options)).rejects.toMatchObject({
    details: { file: `${MODELS}a/000000000000/manifest.json` },
  });
});
