import { INSTALLED_INDEX } from '../../offline/messages.ts';
import { createFixturePackage, fixtureIndex } from '@sld-edge/runtime/testing';
import { describe, expect, it } from 'vitest';
import { addressOf, listModels, listVariants, sectionOf } from './model-list.ts';

const pkg = await createFixturePackage({ integer: true });
const index = JSON.stringify(fixtureIndex([pkg]));
const url = 'https://h/models/';
const folder = `${url}${pkg.name}/${pkg.version}/`;

/** A host with these files, and a service worker before it where it has an index of what is installed. */
const host = (files: Record<string, string | Uint8Array>): typeof fetch => {
  return async (asked) => {
    const file = files[String(asked)];
    return file === undefined ? new Response('none', { status: 404 }) : new Response(file as BodyInit);
  };
};
const manifest = pkg.files.get('manifest.json')!;

describe('the list of models', () => {
  it('says of each what its manifest says, and whether it is on the device', async () => {
    const request = host({ [`${url}index.json`]: index, [url + INSTALLED_INDEX]: index, [`${folder}manifest.json`]: manifest });
    const [model] = await listModels(url, { hasKeeper: true, request });
    expect(model).toMatchObject({ onDevice: true, packageUrl: folder, described: { name: pkg.name, labels: expect.any(Array) } });
    // A static host gives the plain list under that address: it must not be taken for the device's.
    expect((await listModels(url, { hasKeeper: false, request }))[0].onDevice).toBe(false);
  });

  it('is the device’s where the server does not answer', async () => {
    const request = host({ [url + INSTALLED_INDEX]: index, [`${folder}manifest.json`]: manifest });
    expect(await listModels(url, { hasKeeper: true, request })).toHaveLength(1);
    await expect(listModels(url, { hasKeeper: false, request })).rejects.toMatchObject({ code: 'PACKAGE_FILE_MISSING' });
  });

  it('keeps a model whose manifest is damaged, with the reason', async () => {
    const damaged = manifest.slice();
    damaged[damaged.length >> 1] ^= 1;
    const request = host({ [`${url}index.json`]: index, [`${folder}manifest.json`]: damaged });
    expect((await listModels(url, { hasKeeper: false, request }))[0].described).toMatchObject({ code: 'PACKAGE_FILE_CORRUPT' });
  });
});

it('counts what a device fetches for each variant', () => {
  const described = JSON.parse(new TextDecoder().decode(manifest)) as Parameters<typeof listVariants>[0];
  const variants = listVariants(described);
  expect(variants.map(({ name }) => name)).toContain('integer');
  const { model, shards } = described.variants.integer!;
  const own = [model, ...shards, described.goldens.index, described.goldens.pixels, described.goldens.logits!.integer!];
  expect(variants.find(({ name }) => name === 'integer')!.bytes).toBe(own.reduce((sum, { bytes }) => sum + bytes, 0));
  expect(variants.filter(({ isDefault }) => isDefault).map(({ name }) => name)).toEqual([described.defaultVariant]);
});

it('keeps of an address what still holds', () => {
  expect(addressOf('?model=a&variant=uint8&backend=tfjs-wasm&threads=2', 'b c', 'integer')).toBe('?model=b+c&variant=integer&threads=2');
  expect(addressOf('?variant=uint8', 'b')).toBe('?model=b');
});

it('finds a section of a card', () => {
  const card = '# Title\n\n## Data\n\nOne\n`line`.\n\nTwo.\n\n## Limits\nThree.\n';
  expect(sectionOf(card, 'Data')).toEqual(['One line.', 'Two.']);
  expect(sectionOf(card, 'Limits')).toEqual(['Three.']);
  expect(sectionOf(card, 'Nothing')).toEqual([]);
});
