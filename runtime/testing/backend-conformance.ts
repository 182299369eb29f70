import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { GraphBackend, InferenceGraph } from '../backends/backend.ts';
import { createClassifier } from '../classifier/classifier.ts';
import { normalise } from '../image/index.ts';
import { loadPackage, type LoadedPackage } from '../package/load.ts';
import { graphOf } from '../package/load-network.ts';
import { GRAPH_FORMATS } from '../package/variants.ts';
import { createFixturePackage, readFixture } from './fixture-package.ts';

/**
 * Conformance of every backend of graph models. A backend's own test is one call of this with a factory.
 *
 * @param tolerance largest absolute difference from logits computed by hand in float64
 */
export function describeBackendConformance(name: string, createBackend: () => GraphBackend, tolerance: number): void {
  describe(`backend ${name}`, () => {
    let backend: GraphBackend;
    beforeAll(async () => {
      backend = createBackend();
      await backend.init();
    });

    it('can be initialised twice and says what it is', async () => {
      await backend.init();
      expect(backend.description().length).toBeGreaterThan(5);
    });

    it('computes every format of graph models, and refuses the integer variant', async () => {
      expect(backend.formats).toEqual(expect.arrayContaining([...GRAPH_FORMATS]));
      if (backend.formats.includes('sld-edge-integer')) return;
      const pkg = await loadPackage(readFixture(await createFixturePackage({ integer: true })), { variant: 'integer' });
      await expect(createClassifier(pkg, backend)).rejects.toMatchObject({
        code: 'BACKEND_UNAVAILABLE',
        details: { backend: backend.name, reason: expect.stringContaining('integer is of the format sld-edge-integer') },
      });
    });

    describe.each(['float32', 'uint8'] as const)('with %s weights', (variant) => {
      let pkg: LoadedPackage;
      let graph: InferenceGraph;
      beforeAll(async () => {
        pkg = await loadPackage(readFixture(await createFixturePackage()), { variant });
        const { modelJson, weights } = graphOf(pkg);
        graph = await backend.loadGraph(modelJson, weights);
        return () => graph.dispose();
      });

      it('computes the logits, a batch as its images alone', async () => {
        const input = normalise(pkg.goldenPixels, pkg.manifest.preprocessing);
        const batch = await graph.execute(input, [3, 8, 8, 1]);
        expect(batch).toBeInstanceOf(Float32Array);
        const alone: number[] = [];
        for (let i = 0; i < 3; i++) alone.push(...(await graph.execute(input.subarray(i * 64, (i + 1) * 64), [1, 8, 8, 1])));
        const expected = pkg.goldenOutputs;
        expect(batch).toHaveLength(expected.length);
        expected.forEach((logit, i) => {
          expect(Math.abs(batch[i] - logit)).toBeLessThanOrEqual(tolerance);
          expect(Math.abs(alone[i] - logit)).toBeLessThanOrEqual(tolerance);
        });
      });

      it('leaves the input as it was and answers the same again', async () => {
        const input = normalise(pkg.goldenPixels, pkg.manifest.preprocessing);
        const before = input.slice();
        const first = await graph.execute(input, [3, 8, 8, 1]);
        const second = await graph.execute(input, [3, 8, 8, 1]);
        expect(input).toEqual(before);
        expect(second).toEqual(first);
      });

      it('answers calls that overlap', async () => {
        const input = normalise(pkg.goldenPixels, pkg.manifest.preprocessing);
        const [first, ...others] = await Promise.all(Array.from({ length: 5 }, () => graph.execute(input, [3, 8, 8, 1])));
        for (const other of others) expect(other).toEqual(first);
      });
    });

    it('holds no more tensors after 100 classifications than before', async () => {
      const pkg = await loadPackage(readFixture(await createFixturePackage()));
      const tensorsWithout = tf.memory().numTensors;
      const classifier = await createClassifier(pkg, backend);
      const tensorsWith = tf.memory().numTensors;
      const pixels = pkg.goldenPixels.subarray(0, 64);
      for (let i = 0; i < 100; i++) await classifier.classifyPixels(pixels);
      expect(tf.memory().numTensors).toBe(tensorsWith);
      classifier.dispose();
      await Promise.resolve().then(() => new Promise((resolve) => setTimeout(resolve)));
      expect(tf.memory().numTensors).toBe(tensorsWithout);
    });

    it('refuses a graph that it cannot run, as a rejection', async () => {
      await expect(
        backend.loadGraph(
          { format: 'graph-model', modelTopology: { node: [{ name: 'x', op: 'NoSuchOp' }] }, weightsManifest: [] },
          new ArrayBuffer(0),
        ),
      ).rejects.toThrow();
    });
  });
}
