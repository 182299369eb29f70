import { beforeAll, describe, expect, it } from 'vitest';
import type { InferenceGraph } from '../backends/backend.ts';
import { normalise } from '../image/index.ts';
import { loadPackage, type LoadedPackage } from '../package/load.ts';
import { graphOf } from '../package/load-network.ts';
import type { GoldenLayers } from '../package/manifest.ts';
import { parseGoldenLayers } from '../package/golden-layers.ts';
import { createFixturePackage, encodeJson, readFixture } from '../testing/fixture-package.ts';
import { tfjsWasm as wasm } from '../testing/tfjs-wasm.ts';
import { locateDivergence } from './locate-divergence.ts';

describe('locateDivergence', () => {
  let pkg: LoadedPackage;
  let graph: InferenceGraph;
  let golden: GoldenLayers;

  /** The convolution (4x4 pixels of 3 channels) and the mean over it, of golden 1, as the graph computes them. */
  beforeAll(async () => {
    pkg = await loadPackage(readFixture(await createFixturePackage()));
    await wasm.init();
    const { modelJson, weights } = graphOf(pkg);
    graph = await wasm.loadGraph(modelJson, weights);
    const input = normalise(pkg.goldenPixels.subarray(64, 128), pkg.manifest.preprocessing);
    const [conv, pool] = await graph.layers!(input, [1, 8, 8, 1], ['conv', 'pool']);
    expect([conv.length, pool.length]).toEqual([48, 3]);
    // The mean over the pixels, by hand.
    for (let channel = 0; channel < 3; channel++)
      expect(pool[channel]).toBeCloseTo(
        conv.filter((_, i) => i % 3 === channel).reduce((sum, value) => sum + value / 16, 0),
        6,
      );
    const layer = (name: string, values: Float32Array, at: number[]) => ({
      name,
      length: values.length,
      at,
      values: [at.map((i) => values[i])],
    });
    const layers = [layer('conv', conv, [0, 7, 47]), layer('pool', pool, [0, 1, 2])];
    golden = { images: [1], variants: { float32: layers, uint8: layers } };
    return () => graph.dispose();
  });

  /** The graph with an error added to every value of one layer. */
  const faulty = (wrong: string, error: number): InferenceGraph => ({
    ...graph,
    layers: async (input, shape, names) =>
      (await graph.layers!(input, shape, names)).map((output, i) => (names[i] === wrong ? output.map((value) => value + error) : output)),
  });

  it('finds nothing in a backend that computes as recorded', async () => {
    expect(await locateDivergence(pkg, golden, graph)).toEqual({
      first: undefined,
      layers: [
        { name: 'conv', relativeError: 0 },
        { name: 'pool', relativeError: 0 },
      ],
    });
  });

  it('names the first layer that is wrong, by how much of its largest value', async () => {
    const largest = Math.max(...golden.variants.uint8![1].values[0].map(Math.abs));
    const { first, layers } = await locateDivergence(pkg, golden, faulty('pool', 0.5));
    expect(first!.name).toBe('pool');
    expect(first!.relativeError).toBeCloseTo(0.5 / largest, 5);
    expect(layers[0].relativeError).toBe(0);
    expect((await locateDivergence(pkg, golden, faulty('conv', 0.5))).first!.name).toBe('conv');
  });

  it('lets another order of summation pass, and no NaN', async () => {
    expect((await locateDivergence(pkg, golden, faulty('conv', 1e-5))).first).toBeUndefined();
    expect((await locateDivergence(pkg, golden, faulty('conv', NaN))).first).toEqual({ name: 'conv', relativeError: NaN });
  });

  it('takes an output of another size for wrong', async () => {
    const cut: InferenceGraph = { ...graph, layers: async (...args) => (await graph.layers!(...args)).map((output) => output.subarray(1)) };
    expect((await locateDivergence(pkg, golden, cut)).first).toEqual({ name: 'conv', relativeError: NaN });
  });

  it('says that a backend gives logits alone', async () => {
    await expect(locateDivergence(pkg, golden, { execute: graph.execute, dispose: () => undefined })).rejects.toThrow(
      'this backend gives logits alone',
    );
  });
});

describe('parseGoldenLayers', () => {
  const layer = {
    name: 'conv',
    length: 48,
    at: [0, 47],
    values: [
      [0.25, 0.5],
      [1, 2],
    ],
  };
  const good = { images: [0, 2], variants: { float32: [layer], uint8: [] } };
  const parse = (value: unknown, variants = {}) =>
    parseGoldenLayers(encodeJson(value), { count: 3 }, { variants: { float32: {}, uint8: {}, ...variants } as never });
  const withLayer = (change: object) => ({ ...good, variants: { ...good.variants, float32: [{ ...layer, ...change }] } });

  it('reads what is written', () => expect(parse(good)).toEqual(good));

  it('demands a digest of each node where there is an integer variant', () => {
    const integer = { activations: { conv: 'ab'.repeat(32) } };
    expect(parse({ ...good, integer }, { integer: {} })).toEqual({ ...good, integer });
    expect(() => parse(good, { integer: {} })).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field: 'layers.integer' }) }),
    );
    expect(() => parse({ ...good, integer: { activations: { conv: 'x' } } }, { integer: {} })).toThrow(
      expect.objectContaining({ details: expect.objectContaining({ field: 'layers.integer.activations.conv' }) }),
    );
  });

  it.each([
    ['layers.images[1]', { ...good, images: [0, 3] }],
    ['layers.images', { ...good, images: [] }],
    ['layers.variants.uint8', { ...good, variants: { float32: [] } }],
    ['layers.variants.float32[0].at[1]', withLayer({ at: [0, 48] })],
    ['layers.variants.float32[0].values', withLayer({ values: [[1, 2]] })],
    ['layers.variants.float32[0].values[1]', withLayer({ values: [[1, 2], [3]] })],
    [
      'layers.variants.float32[0].values[0][1]',
      withLayer({
        values: [
          [1, 'x'],
          [3, 4],
        ],
      }),
    ],
    ['layers.variants.float32[0].name', withLayer({ name: undefined })],
  ])('names the field %s', (field, value) => {
    expect(() => parse(value)).toThrow(
      expect.objectContaining({ code: 'PACKAGE_MANIFEST_INVALID', details: expect.objectContaining({ field }) }),
    );
  });
});
