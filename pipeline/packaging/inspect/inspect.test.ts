import { graphOf, loadPackage } from '@sld-edge/runtime';
import { createFixturePackage, fixtureWeights, readFixture } from '@sld-edge/runtime/testing';
import { describe, expect, it } from 'vitest';
import { compareTensors, comparePackages, valueDifferences } from './package-diff.ts';
import { differencesText } from './package-diff-text.ts';
import { summarisePackage, summaryText } from './summary.ts';
import { weightTensors, type WeightTensor } from './weight-tensors.ts';

const pkg = await createFixturePackage();
const read = readFixture(pkg);

describe('weightTensors', () => {
  it.each(['float32', 'uint8'] as const)('gives the values of %s as a network computes with them', async (variant) => {
    const tensors = weightTensors(await loadPackage(read, { variant }));
    const expected = fixtureWeights(variant);
    expect([...tensors.keys()]).toEqual(expected.map(({ spec }) => spec.name));
    for (const { spec, values, bytes } of expected) {
      const tensor = tensors.get(spec.name)!;
      expect([...tensor.values], spec.name).toEqual(values);
      expect(tensor).toMatchObject({ shape: spec.shape, bytes: bytes.length, dtype: spec.quantization?.dtype ?? spec.dtype });
    }
  });

  it.each([
    ['too few bytes', { weights: new ArrayBuffer(10) }, 'variant uint8: the weights end inside of the tensor conv/kernel'],
    ['too many', { weights: new ArrayBuffer(60) }, 'variant uint8: 6 bytes of weights belong to no tensor'],
    [
      'a type that is not read',
      { modelJson: { weightsManifest: [{ weights: [{ name: 'w', shape: [1], dtype: 'float32', quantization: { dtype: 'int4' } }] }] } },
      'variant uint8: the tensor w is stored as int4; read are float32, int32, uint8, uint16',
    ],
  ])('refuses %s', async (_, change, message) => {
    const loaded = await loadPackage(read);
    expect(() => weightTensors({ ...loaded, network: { ...graphOf(loaded), ...change } })).toThrow(message);
  });
});

const tensor = (...values: number[]): WeightTensor => ({
  shape: [values.length],
  dtype: 'float32',
  bytes: 4 * values.length,
  values: Float32Array.from(values),
});

describe('compareTensors', () => {
  it('tells equal, changed, reshaped and missing tensors apart', () => {
    const a = new Map([
      ['same', tensor(1, 2)],
      ['moved', tensor(1, -4, 0)],
      ['longer', tensor(1)],
      ['gone', tensor(1)],
      ['zero', tensor(0)],
    ]);
    const b = new Map([
      ['same', tensor(1, 2)],
      ['moved', tensor(1, -3.5, 0.25)],
      ['longer', tensor(1, 2)],
      ['new', tensor(1)],
      ['zero', tensor(1)],
    ]);
    expect(compareTensors(a, b)).toEqual([
      { name: 'same', status: 'identical' },
      { name: 'moved', status: 'changed', largest: 0.5, relative: 0.125, changedValues: 2, values: 3 },
      { name: 'longer', status: 'reshaped', a: [1], b: [2] },
      { name: 'gone', status: 'onlyInA' },
      { name: 'zero', status: 'changed', largest: 1, relative: Infinity, changedValues: 1, values: 1 },
      { name: 'new', status: 'onlyInB' },
    ]);
  });
});

describe('valueDifferences', () => {
  it('names the leaves that differ, and those of one side', () => {
    expect(valueDifferences('x', { a: 1, list: [1, 2], same: { deep: true } }, { list: [1, 3, 4], same: { deep: true }, b: null })).toEqual(
      [
        { path: 'x.a', a: 1 },
        { path: 'x.list[1]', a: 2, b: 3 },
        { path: 'x.list[2]', b: 4 },
        { path: 'x.b', b: null },
      ],
    );
  });

  it('takes a file for one value', () => {
    const file = (digit: string) => ({ path: 'a.bin', bytes: 3, sha256: digit.repeat(64) });
    expect(valueDifferences('onnx', file('0'), file('0'))).toEqual([]);
    expect(valueDifferences('onnx', file('0'), file('1'))).toEqual([
      { path: 'onnx', a: 'a.bin, 3 bytes, SHA-256 000000000000…', b: 'a.bin, 3 bytes, SHA-256 111111111111…' },
    ]);
  });
});

describe('comparePackages', () => {
  it('finds a package the same as itself', async () => {
    const found = await comparePackages(read, read);
    expect(found).toMatchObject({ identical: true, manifest: {} });
    expect(differencesText(found)).toBe('shapes@0123456789ab and shapes@0123456789ab: the same content');
  });

  it('says what a new version changed, by part', async () => {
    const other = await createFixturePackage({
      version: 'ba9876543210',
      changeManifest: (manifest) =>
        Object.assign(manifest, {
          labels: ['circle', 'cube', 'triangle', 'star'],
          metrics: { testTop1: 0.5 },
          preprocessing: { ...manifest.preprocessing, fit: 'stretch' },
        }),
    });
    const found = await comparePackages(read, readFixture(other));
    expect(found.identical).toBe(false);
    expect(found.manifest).toEqual({
      labels: [{ path: 'labels[1]', a: 'square', b: 'cube' }],
      preprocessing: [{ path: 'preprocessing.fit', a: 'cover', b: 'stretch' }],
      metrics: [{ path: 'metrics.testTop1', b: 0.5 }],
    });
    expect(found.weights.uint8.map(({ status }) => status)).toEqual(Array(5).fill('identical'));
    expect(differencesText(found).split('\n')).toEqual([
      'shapes@0123456789ab and shapes@ba9876543210',
      'labels:',
      '  [1]: square -> cube',
      'preprocessing:',
      '  fit: cover -> stretch',
      'metrics:',
      '  testTop1: none -> 0.5',
      'weights of float32: 5 of 5 tensors identical',
      'weights of uint8: 5 of 5 tensors identical',
    ]);
  });

  it('finds the tensor that changed, by how much', async () => {
    const other = await createFixturePackage({ version: 'ba9876543210', weightsPhase: 0.25 });
    const found = await comparePackages(read, readFixture(other));
    expect(found.manifest.variants.map(({ path }) => path)).toContain('variants.float32.shards[0]');
    const statuses = Object.fromEntries(found.weights.float32.map(({ name, status }) => [name, status]));
    expect(statuses).toEqual({
      'conv/kernel': 'changed',
      'conv/bias': 'changed',
      'pool/axes': 'identical',
      'linear/weight': 'changed',
      'linear/bias': 'changed',
    });
    expect(differencesText(found)).toMatch(
      /^ {2}conv\/kernel: changed, 27 of 27 values, largest difference 0\.\d+ \(\d+\.?\d* % of the largest weight\)$/m,
    );
  });
});

describe('summarisePackage', () => {
  it('says what is in it', async () => {
    const found = await summarisePackage(read);
    expect(found).toMatchObject({
      name: 'shapes',
      labels: ['circle', 'square', 'triangle', 'star'],
      goldens: { count: 3, labels: ['circle', 'square', 'triangle'] },
      files: { count: pkg.files.size - 1 },
    });
    const lines = summaryText(found).split('\n');
    expect(lines[0]).toBe('shapes@0123456789ab: Shapes (test fixture) [quick run: not a real result]');
    expect(lines).toContain(
      'variant        uint8    tfjs-graph-model, 54 bytes of weights in 2 shards, top-1 75.00 %, top-5 100.00 % of 4, agrees with float32 on 100.00 % [default]',
    );
    expect(lines).toContain('goldens        3 images of 3 classes; a logit may differ by 0.00001 on wasm, 0.001 on webgpu');
    expect(lines).toContain('calibration    uint8    temperature 2, withholds no answer (of the package, not of the variant)');
  });

  it('refuses goldens that are not the manifest’s', async () => {
    const files = new Map(pkg.files).set('goldens/goldens.json', new Uint8Array(3));
    await expect(summarisePackage(readFixture({ ...pkg, files }))).rejects.toMatchObject({
      code: 'PACKAGE_FILE_CORRUPT',
      details: { file: 'goldens/goldens.json' },
    });
  });
});
