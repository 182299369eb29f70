import { describe, expect, it } from 'vitest';
import type { BackendDefinition } from '../backends/backend.ts';
import { loadPackage, type LoadedPackage } from '../package/load.ts';
import type { Calibration } from '../package/manifest.ts';
import { EXECUTIONS_PER_CHECK, wrongBackend } from '../testing/faulty-backend.ts';
import { createFixturePackage, readFixture } from '../testing/fixture-package.ts';
import { tfjsWasm as wasm } from '../testing/tfjs-wasm.ts';
import { createClassifier } from './classifier.ts';

const pkg = await loadPackage(readFixture(await createFixturePackage()));
const oneImage = pkg.goldenPixels.subarray(0, 64);

describe('abstaining', () => {
  /** The package with the calibration of before variants had their own, and of since. */
  const packageWith = async (changes: Partial<Calibration>, own?: Partial<Calibration>) =>
    loadPackage(
      readFixture(
        await createFixturePackage({
          changeManifest: (manifest) => {
            Object.assign(manifest.calibration, changes);
            if (own)
              manifest.variants.uint8!.calibration = {
                temperature: 2,
                abstainThreshold: null,
                errorBefore: 0,
                errorAfter: 0,
                abstain: null,
                ...own,
              };
          },
        }),
      ),
    );
  const answer = async (loaded: LoadedPackage) => {
    const classifier = await createClassifier(loaded, wasm);
    const { predictions, abstained } = await classifier.classifyPixels(oneImage, 1);
    classifier.dispose();
    return { probability: predictions[0].probability, abstained };
  };

  it('happens below the threshold, not at it, and never without one', async () => {
    const { probability, abstained } = await answer(pkg);
    expect(abstained).toBe(false);
    expect((await answer(await packageWith({ abstainThreshold: probability }))).abstained).toBe(false);
    expect((await answer(await packageWith({ abstainThreshold: probability + 1e-9 }))).abstained).toBe(true);
    expect((await answer(await packageWith({ abstainThreshold: 0 }))).abstained).toBe(false);
  });

  it('goes by the variant’s own calibration where it has one', async () => {
    const { probability } = await answer(pkg);
    const own = await answer(await packageWith({ temperature: 100, abstainThreshold: null }, { abstainThreshold: 1 }));
    expect(own).toEqual({ probability, abstained: true });
    expect((await answer(await packageWith({ temperature: 100 }))).probability).toBeLessThan(probability);
  });
});

describe('createClassifier', () => {
  it('reproduces the goldens and says how closely', async () => {
    const classifier = await createClassifier(pkg, wasm);
    expect(classifier).toMatchObject({ model: 'shapes', version: '0123456789ab', variant: 'uint8', backend: 'tfjs-wasm' });
    expect(classifier.goldenError).toBeLessThan(1e-5);
    expect(classifier.goldenError).toBeGreaterThan(0);
  });

  it('refuses a package whose golden logits it does not reproduce', async () => {
    const tampered = await createFixturePackage({ changeGoldens: (goldens) => (goldens.outputs.uint8![2][3] += 0.5) });
    await expect(loadPackage(readFixture(tampered)).then((p) => createClassifier(p, wasm))).rejects.toMatchObject({
      code: 'BACKEND_GOLDEN_MISMATCH',
      details: { backend: 'tfjs-wasm', worstError: '0.500', tolerance: 1e-5, run: 1 },
    });
  });

  it('refuses a backend that answers NaN', async () => {
    await expect(createClassifier(pkg, wrongBackend(NaN))).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH' });
  });

  it('refuses a backend that is right only the first time', async () => {
    await expect(createClassifier(pkg, wrongBackend(0.1, 3))).rejects.toMatchObject({
      code: 'BACKEND_GOLDEN_MISMATCH',
      details: { run: 2 },
    });
  });

  it('computes the goldens once on a processor, or as often as is asked for', async () => {
    const onProcessor = (from: number): BackendDefinition => ({ ...wrongBackend(0.1, from), device: 'processor' });
    (await createClassifier(pkg, onProcessor(3))).dispose();
    await expect(createClassifier(pkg, onProcessor(2))).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH', details: { run: 1 } });
    await expect(createClassifier(pkg, onProcessor(4), { goldenRuns: 3 })).rejects.toMatchObject({ details: { run: 3 } });
  });

  it('refuses a backend for which the package states no tolerance', async () => {
    await expect(createClassifier(pkg, { ...wasm, name: 'onnx' })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  });

  it('checks again while running, answers nothing from a backend that went wrong, from then on', async () => {
    const recheckEvery = 4;
    const classifier = await createClassifier(pkg, wrongBackend(0.1, EXECUTIONS_PER_CHECK + recheckEvery), { recheckEvery });
    for (let i = 0; i < recheckEvery; i++) await classifier.logits(oneImage);
    await expect(classifier.logits(oneImage)).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH' });
    await expect(classifier.logits(oneImage)).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH' });
  });

  it('goes on when the check succeeds', async () => {
    const classifier = await createClassifier(pkg, wrongBackend(0), { recheckEvery: 2 });
    for (let i = 0; i < 7; i++) expect(await classifier.logits(oneImage)).toHaveLength(4);
  });
});

describe('answers', () => {
  it('gives the labels of the largest calibrated probabilities', async () => {
    const classifier = await createClassifier(pkg, wasm);
    const { predictions, inferenceMs } = await classifier.classifyPixels(oneImage, 3);
    const golden = [...pkg.goldenOutputs.subarray(0, 4)];
    const exponentials = golden.map((logit) => Math.exp(logit / 2));
    const expected = exponentials
      .map((value, index) => ({ index, label: pkg.manifest.labels[index], probability: value / exponentials.reduce((a, b) => a + b) }))
      .sort((a, b) => b.probability - a.probability)
      .slice(0, 3);
    expect(predictions.map(({ index, label }) => ({ index, label }))).toEqual(expected.map(({ index, label }) => ({ index, label })));
    predictions.forEach(({ probability }, i) => expect(probability).toBeCloseTo(expected[i].probability, 5));
    expect(inferenceMs).toBeGreaterThan(0);
  });

  it('gives calls that overlap their own answers', async () => {
    const classifier = await createClassifier(pkg, wasm);
    const images = [0, 1, 2].map((i) => pkg.goldenPixels.subarray(i * 64, (i + 1) * 64));
    const answers = await Promise.all([...images, ...images].map((pixels) => classifier.logits(pixels)));
    answers.forEach((logits, i) => {
      pkg.goldenOutputs.subarray(4 * (i % 3), 4 * (i % 3) + 4).forEach((golden, k) => expect(logits[k]).toBeCloseTo(golden, 4));
    });
  });

  it('computes more images than fit in one execution', async () => {
    const classifier = await createClassifier(pkg, wasm);
    const pixels = new Uint8Array(150 * 64);
    for (let i = 0; i < 50; i++) pixels.set(pkg.goldenPixels, i * 192);
    const logits = await classifier.logits(pixels);
    expect(logits).toHaveLength(600);
    pkg.goldenOutputs.forEach((golden, k) => expect(logits[600 - 12 + k]).toBeCloseTo(golden, 4));
  });

  it('refuses pixels that are no whole number of images', async () => {
    const classifier = await createClassifier(pkg, wasm);
    await expect(classifier.logits(new Uint8Array(65))).rejects.toThrow('expected a multiple of 64 bytes (8 x 8 x 1), got 65');
    await expect(classifier.logits(new Uint8Array(0))).rejects.toThrow('got 0');
  });

  it('answers what was asked before dispose, and nothing after', async () => {
    const classifier = await createClassifier(pkg, wasm);
    const underWay = classifier.logits(oneImage);
    classifier.dispose();
    await expect(classifier.logits(oneImage)).rejects.toThrow('disposed');
    expect(await underWay).toHaveLength(4);
  });
});
