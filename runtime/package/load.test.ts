import { describe, expect, it } from 'vitest';
import {
  createFixturePackage,
  encodeJson,
  fixtureIndex,
  readFixture,
  type FixtureOptions,
  type FixturePackage,
} from '../testing/fixture-package.ts';
import type { FixtureGoldens } from '../testing/fixture-goldens.ts';
import { fixtureProgram } from '../testing/fixture-program.ts';
import { readGoldens } from './goldens.ts';
import { graphOf, readNetwork } from './load-network.ts';
import { loadPackage } from './load.ts';
import { FORMAT_VERSION, OLDEST_FORMAT_VERSION, type Manifest } from './manifest.ts';
import { packageFiles } from './package-files.ts';
import { sha256Hex } from './sha256.ts';
import { parseModelIndex } from './validate-manifest.ts';
import { variantNames } from './variant-of.ts';

const pkg = await createFixturePackage();

type Change = (json: { nodes: object[] }) => void;

/** The package with another file of the integer variant in the place of one, and a manifest that says so. */
async function replaced(original: FixturePackage, path: string, bytes: Uint8Array): Promise<FixturePackage> {
  const manifest = JSON.parse(new TextDecoder().decode(original.files.get('manifest.json'))) as Manifest;
  manifest.variants.integer!.model = { path, bytes: bytes.length, sha256: await sha256Hex(bytes) };
  return { ...original, files: new Map(original.files).set(path, bytes).set('manifest.json', encodeJson(manifest)) };
}

describe('loadPackage', () => {
  it('loads the default variant: graph, all shards in order, goldens, pixels', async () => {
    const loaded = await loadPackage(readFixture(pkg), { expectedManifestSha256: pkg.manifestEntry.sha256 });
    expect(loaded.variant).toBe('uint8');
    // kernel 27 + bias 3 + axes 2 x 4 + linear 12 + bias 4
    expect(graphOf(loaded).weights.byteLength).toBe(54);
    const shards = loaded.manifest.variants.uint8!.shards.map((shard) => [...pkg.files.get(shard.path)!]);
    expect([...new Uint8Array(graphOf(loaded).weights)]).toEqual(shards.flat());
    expect(loaded.goldens.count).toBe(3);
    expect(loaded.goldenPixels.length).toBe(3 * 8 * 8);
  });

  it('loads the variant that is asked for', async () => {
    const loaded = await loadPackage(readFixture(pkg), { variant: 'float32' });
    expect(loaded.variant).toBe('float32');
    expect(graphOf(loaded).weights.byteLength).toBe((27 + 3 + 2 + 12 + 4) * 4);
  });

  it('loads the integer variant as a program, checked against inputs and labels', async () => {
    const integer = await createFixturePackage({ integer: true });
    const { network, goldenOutputs } = await loadPackage(readFixture(integer), { variant: 'integer' });
    expect(network).toEqual({ kind: 'program', program: fixtureProgram() });
    expect(goldenOutputs).toBeInstanceOf(Int32Array);
    expect(goldenOutputs).toHaveLength(3 * 4);
    expect(() => graphOf({ variant: 'integer', network })).toThrow('the variant integer is no graph model');
  });

  it.each<[string, Change, string, RegExp]>([
    [
      'a program that can’t be computed',
      (json) => ((json.nodes[1] as { stride: number }).stride = 1),
      'an integer program that can be computed',
      /^integer program shapes, node "conv" \(convolution\): has the shape \[4,4,3\], its inputs make \[8,8,3\]$/,
    ],
    ['a program without nodes', (json) => Object.assign(json, { nodes: 3 }), 'an integer program that can be computed', /./],
    [
      'a graph in its place',
      (json) => Object.assign(json, { format: 'graph-model' }),
      'an integer program that can be computed',
      /^expected an integer program/,
    ],
  ])('refuses %s, with the right digests', async (_what, change, expected, got) => {
    const broken = await createFixturePackage({ integer: true });
    const json = JSON.parse(new TextDecoder().decode(broken.files.get('integer/program.json'))) as { nodes: object[] };
    change(json);
    await expect(
      loadPackage(readFixture(await replaced(broken, 'integer/program.json', encodeJson(json))), { variant: 'integer' }),
    ).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field: 'integer/program.json', expected, got: expect.stringMatching(got) },
    });
  });

  it.each<[string, (manifest: Manifest) => void, string, string]>([
    [
      'images of another size',
      ({ preprocessing }) => (preprocessing.width = 4),
      'integer/program.json: nodes[0].shape',
      '[8,4,1], as the preprocessing makes inputs',
    ],
    ['other labels', ({ labels }) => labels.push('pentagon'), "integer/program.json: the last node's shape", '[5], one for each label'],
  ])('refuses a program for %s', async (_what, changeManifest, field, expected) => {
    const pkg = await createFixturePackage({ integer: true });
    const { manifest, network } = await loadPackage(readFixture(pkg), { variant: 'integer' });
    expect(network.kind).toBe('program');
    const other = structuredClone(manifest);
    changeManifest(other);
    const model = pkg.files.get('integer/program.json')!;
    const all = Uint8Array.from([...pkg.files.get('integer/weights-1of2.bin')!, ...pkg.files.get('integer/weights-2of2.bin')!]);
    await expect(readNetwork(manifest.variants.integer!, model, all.buffer, other)).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field, expected },
    });
  });

  it.each<[string, FixtureOptions]>([
    ['goldens.logits.integer.bytes', { changeGoldens: ({ outputs }) => outputs.integer!.pop() }],
    ['goldens.logits.integer', { changeManifest: ({ goldens }) => delete goldens.logits!.integer }],
    ['goldens.integer', { formatVersion: 2, changeGoldens: ({ outputs }) => delete outputs.integer }],
    ['goldens.integer.logits[0][1]', { formatVersion: 2, changeGoldens: ({ outputs }) => (outputs.integer![0][1] = 0.5) }],
    ['goldens.integer.logits', { formatVersion: 2, changeGoldens: ({ outputs }) => outputs.integer!.pop() }],
  ])('refuses an integer variant whose goldens are wrong at %s', async (field, options) => {
    const wrong = await createFixturePackage({ integer: true, ...options });
    await expect(loadPackage(readFixture(wrong), { variant: 'integer' })).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field },
    });
  });

  it('refuses a golden logit that is no finite number', async () => {
    const wrong = await createFixturePackage({ changeGoldens: ({ outputs }) => (outputs.uint8![1][2] = NaN) });
    await expect(loadPackage(readFixture(wrong))).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field: 'goldens.logits.uint8, number 6', got: '"NaN"' },
    });
  });

  it('reads packages of format version 1, which have two variants', async () => {
    const old = await createFixturePackage({ formatVersion: 1 });
    const { manifest } = await loadPackage(readFixture(old));
    expect(variantNames(manifest)).toEqual(['float32', 'uint8']);
  });

  it.each([1, 2, 3])('reads from format version %i the same of every variant', async (formatVersion) => {
    const made = await createFixturePackage({ formatVersion, integer: true });
    const newest = await createFixturePackage({ integer: true });
    expect(made.files.has('goldens/logits-uint8.bin')).toBe(formatVersion === 3);
    for (const variant of ['float32', 'uint8', 'integer'] as const) {
      const { manifest, ...loaded } = await loadPackage(readFixture(made), { variant });
      const { manifest: since, ...expected } = await loadPackage(readFixture(newest), { variant });
      expect([manifest.formatVersion, since.formatVersion]).toEqual([formatVersion, 3]);
      expect({ ...loaded, goldens: undefined }).toEqual({ ...expected, goldens: undefined });
      expect(loaded.goldens).toMatchObject(expected.goldens);
      const named = packageFiles(manifest).map(({ path }) => path);
      expect(['manifest.json', ...named].sort()).toEqual([...made.files.keys()].sort());
    }
  });

  it('reads a package without float32, and what float32 gives for its goldens', async () => {
    const without = await createFixturePackage({ changeManifest: ({ variants }) => delete variants.float32 });
    const { manifest } = await loadPackage(readFixture(without));
    expect(variantNames(manifest)).toEqual(['uint8']);
    const { outputs } = await readGoldens(readFixture(without), manifest, 'float32');
    expect(outputs).toEqual((await loadPackage(readFixture(pkg), { variant: 'float32' })).goldenOutputs);
    const old = await createFixturePackage({ formatVersion: 2, changeManifest: ({ variants }) => delete variants.float32 });
    await expect(loadPackage(readFixture(old))).rejects.toMatchObject({ details: { field: 'variants.float32' } });
  });

  it('leaves a variant that only a later program knows: its files belong to the package, and it is not computed', async () => {
    const later = await createFixturePackage({
      changeManifest: ({ variants }) =>
        Object.assign(variants, {
          ternary: { ...variants.uint8!, format: 'sld-edge-ternary', model: { ...variants.uint8!.model, path: 'ternary/model.json' } },
        }),
    });
    const { manifest, variant } = await loadPackage(readFixture(later));
    expect(variant).toBe('uint8');
    expect(variantNames(manifest)).toEqual(['float32', 'uint8']);
    expect(packageFiles(manifest).map(({ path }) => path)).toContain('ternary/model.json');
    await expect(loadPackage(readFixture(later), { variant: 'ternary' as 'uint8' })).rejects.toMatchObject({
      code: 'VARIANT_UNKNOWN',
      details: { variant: 'ternary', allowed: 'float32, uint8' },
    });
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
    ['newer', FORMAT_VERSION + 1, `The package has format version ${FORMAT_VERSION + 1}, this program reads 1 to 3: update the program.`],
    [
      'older',
      OLDEST_FORMAT_VERSION - 1,
      `The package has format version ${OLDEST_FORMAT_VERSION - 1}, this program reads 1 to 3: make the package again.`,
    ],
  ])('refuses a %s format version, whatever else the manifest holds', async (_, formatVersion, message) => {
    const files = new Map(pkg.files).set('manifest.json', encodeJson({ formatVersion, layout: 'another' }));
    await expect(loadPackage(readFixture({ ...pkg, files }))).rejects.toMatchObject({ code: 'PACKAGE_FORMAT_UNSUPPORTED', message });
    expect(() => parseModelIndex(encodeJson({ formatVersion }))).toThrow(message.replace('1 to 3', '1 to 2'));
  });

  it.each([undefined, null, '1', 1.5, -1])('takes %j for no format version at all', async (formatVersion) => {
    const broken = await createFixturePackage({ changeManifest: (manifest) => Object.assign(manifest, { formatVersion }) });
    await expect(loadPackage(readFixture(broken))).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field: 'formatVersion' },
    });
  });

  it('refuses goldens that do not fit the labels', async () => {
    const change = { changeGoldens: ({ outputs }: FixtureGoldens) => outputs.uint8![1].pop() };
    await expect(loadPackage(readFixture(await createFixturePackage(change)))).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field: 'goldens.logits.uint8.bytes', expected: '48, 3 rows of 4', got: '44' },
    });
    await expect(loadPackage(readFixture(await createFixturePackage({ formatVersion: 2, ...change })))).rejects.toMatchObject({
      code: 'PACKAGE_MANIFEST_INVALID',
      details: { field: 'goldens.logits.uint8[1]', expected: '4 logits' },
    });
  });
});

describe("the manifest's validation", () => {
  const cases: [field: string, change: (manifest: Record<string, never>) => void, expected: string, got: string][] = [
    ['name', (m) => Object.assign(m, { name: 'a/b' }), 'text like /^[a-z0-9][a-z0-9._-]*$/', '"a/b"'],
    ['labels[1]', (m) => Object.assign(m, { labels: ['a', 7] }), 'text', '7'],
    ['preprocessing.std[0]', (m) => Object.assign(m.preprocessing, { std: [0] }), 'a number in [5e-324, Infinity]', '0'],
    ['preprocessing.cropRatio', (m) => Object.assign(m.preprocessing, { cropRatio: 1.5 }), 'a number above 0 to 1, with fit cover', '1.5'],
    [
      'preprocessing.cropRatio',
      (m) => Object.assign(m, { formatVersion: 2, preprocessing: { ...(m.preprocessing as object), cropRatio: 0.5 } }),
      'nothing before format version 3',
      '0.5',
    ],
    ['preprocessing.mean', (m) => Object.assign(m.preprocessing, { mean: [0.5, 0.5] }), '1 numbers', '[0.5,0.5]'],
    ['calibration.temperature', (m) => Object.assign(m.calibration, { temperature: null }), 'a number in [5e-324, Infinity]', 'null'],
    [
      'goldens.index.path',
      (m) => Object.assign((m.goldens as { index: object }).index, { path: '../x' }),
      'a path inside the package',
      '"../x"',
    ],
    [
      'variants.uint8.weightBytes',
      (m) => Object.assign((m.variants as { uint8: object }).uint8, { weightBytes: 1 }),
      '54, the sum of the shards',
      '1',
    ],
    ['defaultVariant', (m) => delete (m.variants as { uint8?: object }).uint8, 'one of "float32"', '"uint8"'],
    ['variants.uint8.accuracy', (m) => delete (m.variants as { uint8: { accuracy?: object } }).uint8.accuracy, 'an object', 'nothing'],
    ['goldens.logits', (m) => delete (m.goldens as { logits?: object }).logits, 'an object', 'nothing'],
    ['goldens.logits.float32', (m) => delete (m.goldens as { logits: { float32?: object } }).logits.float32, 'an object', 'nothing'],
    ['goldens.logits.later', (m) => Object.assign((m.goldens as { logits: object }).logits, { later: 1 }), 'an object', '1'],
    [
      'onnx.model.path',
      (m) => Object.assign(m, { onnx: { opset: 17, model: { path: '/etc/x', bytes: 1, sha256: 'ab'.repeat(32) } } }),
      'text like /^[A-Za-z0-9._-]+(\\/[A-Za-z0-9._-]+)*$/',
      '"/etc/x"',
    ],
    ['onnx.opset', (m) => Object.assign(m, { onnx: {} }), 'an integer of at least 1', 'nothing'],
    [
      'variants.integer.format',
      (m) => Object.assign(m.variants, { integer: (m.variants as { uint8: object }).uint8 }),
      'one of "sld-edge-integer"',
      '"tfjs-graph-model"',
    ],
    [
      'variants.later.format',
      (m) => Object.assign(m.variants, { later: { ...(m.variants as { uint8: object }).uint8, format: 7 } }),
      'text',
      '7',
    ],
    ['defaultVariant', (m) => Object.assign(m, { defaultVariant: 'integer' }), 'one of "float32", "uint8"', '"integer"'],
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

  it("holds the index's default against its packages", () => {
    const index = fixtureIndex([pkg]);
    expect(parseModelIndex(encodeJson(index))).toEqual(index);
    expect(() => parseModelIndex(encodeJson({ ...index, default: 'other' }))).toThrow(
      'The manifest is invalid at "default": expected one of "shapes", got "other".',
    );
  });
});
