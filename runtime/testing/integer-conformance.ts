import { beforeAll, describe, expect, it } from 'vitest';
import type { InferenceProgram, ProgramBackend } from '../backends/backend.ts';
import { createClassifier } from '../classifier/classifier.ts';
import { createIntegerRunner } from '../integer/interpreter.ts';
import { loadPackage, type LoadedPackage } from '../package/load.ts';
import { createFixturePackage, readFixture } from './fixture-package.ts';
import { fixtureProgram } from './fixture-program.ts';

/** Conformance of every backend of the integer variant: it must give the reference's integers. A backend's own test is one call of this. */
export function describeIntegerConformance(name: string, createBackend: () => ProgramBackend): void {
  describe(`integers on ${name}`, () => {
    const images = 5;
    const pixels = Uint8Array.from({ length: images * 64 }, (_, i) => (i * i * 13 + i * 7) % 256);
    let backend: ProgramBackend;
    let program: InferenceProgram;
    let pkg: LoadedPackage;
    beforeAll(async () => {
      backend = createBackend();
      await backend.init();
      pkg = await loadPackage(readFixture(await createFixturePackage({ integer: true })), { variant: 'integer' });
      program = await backend.loadProgram(fixtureProgram());
      return () => program.dispose();
    });

    it('gives the integers of the definition, a batch as its images alone', async () => {
      const expected = createIntegerRunner(fixtureProgram()).integerLogits(pixels);
      expect(new Set(expected).size).toBeGreaterThan(images);
      expect(await program.integerLogits(pixels)).toEqual(expected);
      for (let i = 0; i < images; i++)
        expect(await program.integerLogits(pixels.subarray(i * 64, (i + 1) * 64))).toEqual(expected.slice(i * 4, (i + 1) * 4));
    });

    it('keeps no activation that is another than the definition’s', async () => {
      const reference = createIntegerRunner(fixtureProgram());
      reference.integerLogits(pixels);
      const kept = await backend.loadProgram(fixtureProgram(), { keepActivations: true });
      await kept.integerLogits(pixels);
      expect(kept.activations.size).toBe(reference.activations.size);
      for (const [node, values] of kept.activations) expect([...values], node).toEqual([...reference.activations.get(node)!]);
      kept.dispose();
    });

    it('leaves the pixels as they were, and answers calls that overlap', async () => {
      const before = pixels.slice();
      const [first, ...others] = await Promise.all(Array.from({ length: 4 }, () => program.integerLogits(pixels)));
      for (const other of others) expect(other).toEqual(first);
      expect(pixels).toEqual(before);
    });

    it('refuses what is no whole number of images', async () => {
      await expect(program.integerLogits(pixels.subarray(1))).rejects.toThrow(RangeError);
    });

    it('is let answer where it gives every golden exactly, and not where one differs by 1', async () => {
      const classifier = await createClassifier(pkg, backend);
      expect(classifier).toMatchObject({ variant: 'integer', backend: backend.name, goldenError: 0 });
      classifier.dispose();
      const goldenOutputs = pkg.goldenOutputs.slice();
      goldenOutputs[6] += 1;
      await expect(createClassifier({ ...pkg, goldenOutputs }, backend)).rejects.toMatchObject({
        code: 'BACKEND_GOLDEN_MISMATCH',
        details: { variant: 'integer', worstError: '1.00', tolerance: 0 },
      });
    });

    it('refuses a graph model', async () => {
      if (backend.formats.includes('tfjs-graph-model')) return;
      const graph = await loadPackage(readFixture(await createFixturePackage()));
      await expect(createClassifier(graph, backend)).rejects.toMatchObject({
        code: 'BACKEND_UNAVAILABLE',
        details: { reason: expect.stringContaining('uint8 is of the format tfjs-graph-model') },
      });
    });
  });
}
