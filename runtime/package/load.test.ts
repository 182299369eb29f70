import { describe, expect, it } from 'vitest';
import { createFixturePackage, encodeJson, fixtureIndex, readFixture } from '../testing/fixture-package.ts';
import { loadPackage } from './load.ts';
import { FORMAT_VERSION, OLDEST_FORMAT_VERSION } from './manifest.ts';
import { parseModelIndex } from './validate-manifest.ts';

const pkg = await createFixturePackage();

describe('loadPackage', () => {
  it('loads the default variant: graph, all shards in order, goldens, pixels', async () => {
    const loaded = await loadPackage(readFixture(pkg), { expectedManifestSha256: pkg.manifestEntry.sha256 });
    expect(loaded.variant).toBe('uint8');
    // kernel 27 + bias 3 + axes 2 x 4 + linear 12 + bias 4
    expect(loaded.weights.byteLength).toBe(54);
    const shards = loaded.manifest.variants.uint8.shards.map((shard) => [...pkg.files.get(shard.path)!]);
    expect([...new Uint8Array(loaded.weights)]).toEqual(shards.flat());
    expect(loaded.goldens.count).toBe(3);
    expect(loaded.goldenPixels.length).toBe(3 * 8 * 8);
  });

  it('loads the variant that is asked for', async () => {
    const loaded = await loadPackage(readFixture(pkg), { variant: 'float32' });
    expect(loaded.variant).toBe('float32');
    expect(loaded.weights.byteLength).toBe((27 + 3 + 2 + 12 + 4) * 4);
  });

  it('names expected and got when a file is too short', async () => {
    const files = new Map(pkg.files).set('goldens/pixels.bin', new Uint8Array(10));
    await expect(loadPackage(readFixture({ ...pkg, files }))).rejects.toMatchObject({
      code: 'PACKAGE_FILE_CORRUPT',
      details: { file: 'goldens/pixels.bin', expected: '192 bytes', got: '10 bytes' },
    });
  });

  it('names a missing file and the reason', async () => {
    const files = new Map(pkg.files);
    files.delete('tfjs/uint8/model.json');
    await expect(loadPackage(readFixture({ ...pkg, files }))).rejects.toMatchObject({
      code: 'PACKAGE_FILE_MISSING',
      message: 'The package\'s file "tfjs/uint8/model.json" cannot be read: no such file.',
    });
  });

  it('refuses an unknown variant, naming those there are', async () => {
    await expect(loadPackage(readFixture(pkg), { variant: 'int4' as 'uint8' })).rejects.toMatchObject({
      code: 'VARIANT_UNKNOWN',
      message: 'The model "shapes" has no variant "int4"; there are: float32, uint8.',
    });
  });

  it.each([
    ['newer', FORMAT_VERSION + 1, `The package has format version ${FORMAT_VERSION + 1}, this program reads 1: update the program.`],
    ['older', OLDEST_FORMAT_VERSION - 1, `The package has format version ${OLDEST_FORMAT_VERSION - 1}, this program reads 1: make the package again.`],
  ])('refuses a %s format version, whatever else the manifest holds', async (_, formatVersion, message) => {
    const files = new Map(pkg.files).set('manifest.json', encodeJson({ formatVersion, layout: 'another' }));
    await expect(loadPackage(readFixture({ ...pkg, files }))).rejects.toMatchObject({ code: 'PACKAGE_FORMAT_UNSUPPORTED', message });
    expect(() => parseModelIndex(encodeJson({ formatVersion }))).toThrow(message);
  });

  it.each([undefined, null, '1', 1.5, -1])('takes %j for no format version at all', async (formatVersion) => {
    const broken = await createFixturePackage({ changeManifest: (manifest) => Object.assign(manifest, { formatVersion }) });
    await expect(loadPackage(readFixture(broken))).rejects.toMatchObject({ code: 'PACKAGE_MANIFEST_INVALID', details: { field: 'formatVersion' } });
  });

  it('refuses goldens that do not fit the labels', async () => {
    const wrong = await createFixturePackage({ changeGoldens: (goldens) => goldens.logits.uint8[1].pop() });
    await expect(loadPackage(readFixture(wrong))).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field: 'goldens.logits.uint8[1]', expected: '4 logits' },
    });
  });
});

describe('the manifest\'s validation', () => {
  const cases: [field: string, change: (manifest: Record<string, never>) => void, expected: string, got: string][] = [
    ['name', (m) => Object.assign(m, { name: 'a/b' }), 'text like /^[a-z0-9][a-z0-9._-]*$/', '"a/b"'],
    ['labels[1]', (m) => Object.assign(m, { labels: ['a', 7] }), 'text', '7'],
    ['preprocessing.std[0]', (m) => Object.assign(m.preprocessing, { std: [0] }), 'a number in [5e-324, Infinity]', '0'],
    ['preprocessing.mean', (m) => Object.assign(m.preprocessing, { mean: [0.5, 0.5] }), '1 numbers', '[0.5,0.5]'],
    ['calibration.temperature', (m) => Object.assign(m.calibration, { temperature: null }), 'a number in [5e-324, Infinity]', 'null'],
    ['goldens.index.path', (m) => Object.assign((m.goldens as { index: object }).index, { path: '../x' }), 'a path inside the package', '"../x"'],
    ['variants.uint8.weightBytes', (m) => Object.assign((m.variants as { uint8: object }).uint8, { weightBytes: 1 }), '54, the sum of the shards', '1'],
    ['variants.float32', (m) => delete (m.variants as { float32?: object }).float32, 'an object', 'nothing'],
    ['onnx.model.path', (m) => Object.assign(m, { onnx: { opset: 17, model: { path: '/etc/x', bytes: 1, sha256: 'ab'.repeat(32) } } }), 'text like /^[A-Za-z0-9._-]+(\\/[A-Za-z0-9._-]+)*$/', '"/etc/x"'],
    ['onnx.opset', (m) => Object.assign(m, { onnx: {} }), 'an integer of at least 1', 'nothing'],
    ['provenance', (m) => Object.assign(m, { provenance: [] }), 'an object', '[]'],
  ];
  it.each(cases)('names the field %s', async (field, change, expected, got) => {
    const broken = await createFixturePackage({ changeManifest: (manifest) => change(manifest as never) });
    await expect(loadPackage(readFixture(broken))).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field, expected, got },
    });
  });

  it('refuses what is not JSON', async () => {
    const files = new Map(pkg.files).set('manifest.json', new TextEncoder().encode('<!doctype html>'));
    await expect(loadPackage(readFixture({ ...pkg, files }))).rejects.toMatchObject({
      message: 'The manifest is invalid at "manifest.json": expected JSON, got "<!doctype html>".',
    });
  });

  it('holds the index\'s default against its packages', () => {
    const index = fixtureIndex([pkg]);
    expect(parseModelIndex(encodeJson(index))).toEqual(index);
    expect(() => parseModelIndex(encodeJson({ ...index, default: 'other' }))).toThrow(
      'The manifest is invalid at "default": expected one of "shapes", got "other".',
    );
  });
});
