/** The loader of the page over a host that gives out a package of which one file is not the original. */
import { createFixturePackage, fixtureIndex, tamperings } from '../testing/index.ts';
import { describe, expect, it } from 'vitest';
import { fetchPackage } from './fetch-package.ts';

const MODELS = 'https://h/models/';
const FOLDER = `${MODELS}shapes/0123456789ab/`;

const pkg = await createFixturePackage({ everyKind: true });
const other = await createFixturePackage({ everyKind: true, version: 'ba9876543210', weightsPhase: 0.25 });
const cases = [...tamperings(pkg.files, other.files)];
/** The default variant, and one that the page's address asks for. */
const VARIANTS = [
  ['uint8', undefined, 'tfjs/uint8/'],
  ['integer', 'integer', 'integer/'],
] as const;
const isUsed = (file: string, variant: string, folder: string): boolean =>
  ['manifest.json', 'goldens/goldens.json', 'goldens/pixels.bin', `goldens/logits-${variant}.bin`].includes(file) ||
  file.startsWith(folder);

/** A host of the files; it has nothing installed. */
function hostOf(files: Map<string, Uint8Array>): { request: typeof fetch; asked: Set<string> } {
  const asked = new Set<string>();
  const request: typeof fetch = async (input) => {
    const url = String(input);
    asked.add(url.replace(FOLDER, ''));
    if (url === `${MODELS}index.json`) return Response.json(fixtureIndex([pkg]));
    const bytes = url.startsWith(FOLDER) ? files.get(url.slice(FOLDER.length)) : undefined;
    return bytes ? new Response(new Uint8Array(bytes)) : new Response(null, { status: 404 });
  };
  return { request, asked };
}

describe.each(VARIANTS)('the page with %s', (variant, wanted, folder) => {
  it.each(cases.filter(({ file }) => isUsed(file, variant, folder)))('refuses $what', async ({ file, files, missing }) => {
    const error = missing
      ? { code: 'PACKAGE_FILE_MISSING', details: { file: `${FOLDER}${file}` } }
      : { code: 'PACKAGE_FILE_CORRUPT', details: { file } };
    await expect(fetchPackage(MODELS, { variant: wanted }, hostOf(files))).rejects.toMatchObject(error);
  });

  it('asks for no file that it does not check: what it leaves may be anything', async () => {
    const { request, asked } = hostOf(new Map([...pkg.files].filter(([file]) => isUsed(file, variant, folder))));
    const { pkg: loaded } = await fetchPackage(MODELS, { variant: wanted }, { request });
    expect(loaded.variant).toBe(variant);
    expect([...asked].sort()).toEqual(
      [`${MODELS}index.json`, ...[...pkg.files.keys()].filter((file) => isUsed(file, variant, folder))].sort(),
    );
  });
});
