import { describe, expect, it } from 'vitest';
import { createFixturePackage, encodeJson, fixtureIndex, readFixture } from '../testing/fixture-package.ts';
import { tamperings } from '../testing/tampering.ts';
import { loadIndexedManifest, loadPackage } from './load.ts';
import { parseModelIndex } from './validate-manifest.ts';
import { VARIANTS, type VariantName } from './variants.ts';

const pkg = await createFixturePackage({ everyKind: true });
const other = await createFixturePackage({ everyKind: true, version: 'ba9876543210', weightsPhase: 0.25 });
const [indexEntry] = fixtureIndex([pkg]).packages;
const cases = [...tamperings(pkg.files, other.files)];

/** The files that loading a variant reads. */
const used =
  (variant: VariantName) =>
  (file: string): boolean =>
    file === 'manifest.json' ||
    ['goldens/goldens.json', 'goldens/pixels.bin', `goldens/logits-${variant}.bin`].includes(file) ||
    file.startsWith(`${VARIANTS[variant].folder}/`);

describe.each(['float32', 'uint8', 'integer'] as const)('loadPackage of %s', (variant) => {
  it.each(cases.filter(({ file }) => used(variant)(file)))('refuses $what', async ({ file, files, missing }) => {
    const error = { code: missing ? 'PACKAGE_FILE_MISSING' : 'PACKAGE_FILE_CORRUPT', details: { file } };
    const readFile = readFixture({ ...pkg, files });
    await expect(loadPackage(readFile, { variant, indexEntry })).rejects.toMatchObject(error);
    await expect(loadPackage(readFile, { variant, expectedManifestSha256: indexEntry.manifest.sha256 })).rejects.toMatchObject(error);
  });

  it('reads no file but those', async () => {
    const read: string[] = [];
    await loadPackage((path) => (read.push(path), readFixture(pkg)(path)), { variant, indexEntry });
    expect(read.sort()).toEqual([...pkg.files.keys()].filter(used(variant)).sort());
  });
});

it('covers every file of a package with every kind of damage', () => {
  expect(cases.filter(({ what }) => what.endsWith("another version's")).map(({ file }) => file)).toEqual(
    expect.arrayContaining([
      'tfjs/uint8/weights-1of2.bin',
      'tfjs/uint8/weights-2of2.bin',
      'integer/program.json',
      'integer/weights-1of2.bin',
      'integer/weights-2of2.bin',
      'goldens/logits-uint8.bin',
      'manifest.json',
    ]),
  );
  for (const file of pkg.files.keys()) expect(cases.filter((tampering) => tampering.file === file).length, file).toBeGreaterThanOrEqual(7);
});

describe('index.json', () => {
  const index = new TextEncoder().encode(JSON.stringify(fixtureIndex([pkg]), null, 2));
  const loadThrough = async (bytes: Uint8Array) => {
    const { packages, default: name } = parseModelIndex(bytes);
    await loadIndexedManifest(
      readFixture(pkg),
      packages.find((entry) => entry.name === name)!,
    );
  };

  it('is refused with any one of its bits flipped', async () => {
    await loadThrough(index);
    for (let bit = 0; bit < 8 * index.length; bit++) {
      const flipped = index.slice();
      flipped[bit >> 3] ^= 1 << (bit & 7);
      await expect(
        loadThrough(flipped),
        `bit ${bit}: ${new TextDecoder().decode(flipped.subarray(Math.max(0, (bit >> 3) - 20), (bit >> 3) + 20))}`,
      ).rejects.toThrow();
    }
  });

  it.each([
    ['title', { title: 'Shapes' }, '"Shapes (test fixture)", as the manifest says'],
    ['quick', { quick: false }, 'true, as the manifest says'],
    ['version', { version: 'ba9876543210' }, '"0123456789ab", as the manifest says'],
    [
      'path',
      { manifest: { ...indexEntry.manifest, path: 'shapes/ba9876543210/manifest.json' } },
      '"shapes/0123456789ab/manifest.json", as the manifest says',
    ],
  ])('may not say another %s than the manifest', async (field, change, expected) => {
    const entry = { ...indexEntry, ...change };
    const { packages } = parseModelIndex(encodeJson({ ...fixtureIndex([pkg]), packages: [entry] }));
    await expect(loadIndexedManifest(readFixture(pkg), packages[0])).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field: `index.json, ${entry.manifest.path}: ${field}`, expected },
    });
  });
});
