import { describe, expect, it, vi } from 'vitest';
import { loadPackage } from '../package/load.ts';
import { EXECUTIONS_PER_CHECK, faultyBackend, wrongBackend } from '../testing/faulty-backend.ts';
import { createFixturePackage, readFixture } from '../testing/fixture-package.ts';
import { tfjsWasm } from '../testing/tfjs-wasm.ts';
import { createDemotingClassifier } from './demotion.ts';

const pkg = await loadPackage(readFixture(await createFixturePackage()));
const oneImage = pkg.goldenPixels.subarray(0, 64);

/** Throws from the n-th image after the first check on, counted from 0. */
const lostAt = (image: number) =>
  faultyBackend((nth) => {
    if (nth >= EXECUTIONS_PER_CHECK + image) throw new Error('device lost');
  });

describe('at the start', () => {
  it('takes the first that reproduces the goldens and lists the others with their reasons', async () => {
    const wrong = wrongBackend(0.25);
    const classifier = await createDemotingClassifier(pkg, [wrong, tfjsWasm]);
    expect(classifier.current.backend).toBe('tfjs-wasm');
    expect(classifier.description).toBe(tfjsWasm.description());
    expect(classifier.rejected).toEqual([
      {
        backend: 'tfjs-webgpu',
        reason:
          'The backend "tfjs-webgpu" does not reproduce the golden logits of shapes@0123456789ab (uint8): largest error 0.250, allowed 0.001.',
      },
    ]);
    expect(wrong.disposals()).toBe(1);
  });

  it('goes to the next one for a fault that is no AppError too, and keeps its words', async () => {
    const init = async () => Promise.reject(new TypeError('shader does not compile'));
    const classifier = await createDemotingClassifier(pkg, [{ ...wrongBackend(0), init }, tfjsWasm]);
    expect(classifier.rejected).toEqual([{ backend: 'tfjs-webgpu', reason: 'TypeError: shader does not compile' }]);
  });

  it('gives up a GPU that is not ready in time, unless nothing else could answer', async () => {
    let isReady = (): void => undefined;
    const ready = new Promise<void>((resolve) => (isReady = resolve));
    const slow = { ...wrongBackend(0), device: 'gpu' as const, init: () => ready };
    const classifier = await createDemotingClassifier(pkg, [slow, tfjsWasm], { gpuStartMs: 10 });
    expect(classifier.current.backend).toBe('tfjs-wasm');
    expect(classifier.rejected).toEqual([
      { backend: 'tfjs-webgpu', reason: 'The backend "tfjs-webgpu" cannot be used: it was not ready within 0.01 s.' },
    ]);
    const alone = createDemotingClassifier(pkg, [slow], { gpuStartMs: 10 });
    setTimeout(isReady, 30);
    expect((await alone).current.backend).toBe('tfjs-webgpu');
  });

  it('throws the reason of the last when none works, and does not fall back from one that was asked for alone', async () => {
    await expect(createDemotingClassifier(pkg, [wrongBackend(1)])).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH' });
    await expect(createDemotingClassifier(pkg, [])).rejects.toThrow(RangeError);
  });
});

describe('later', () => {
  it('answers by the next one when a backend that was right at first fails, and says so', async () => {
    const onDemotion = vi.fn();
    const lost = lostAt(2);
    const classifier = await createDemotingClassifier(pkg, [lost, tfjsWasm], { onDemotion });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await classifier.classifyPixels(oneImage));
    expect(answers.map(({ backend }) => backend)).toEqual(['tfjs-webgpu', 'tfjs-webgpu', 'tfjs-wasm', 'tfjs-wasm']);
    for (const { predictions } of answers) expect(predictions).toEqual(answers[0].predictions);
    expect(onDemotion.mock.calls).toEqual([[{ backend: 'tfjs-webgpu', reason: 'The backend "tfjs-webgpu" cannot be used: device lost.' }]]);
    expect(classifier.rejected).toEqual(onDemotion.mock.calls[0]);
    expect(classifier.current.backend).toBe('tfjs-wasm');
    await vi.waitFor(() => expect(lost.disposals()).toBe(1));
  });

  it('demotes one that no longer reproduces the goldens, before it answers', async () => {
    const classifier = await createDemotingClassifier(pkg, [wrongBackend(0.1, EXECUTIONS_PER_CHECK + 4), tfjsWasm], { recheckEvery: 4 });
    const backends = [];
    for (let i = 0; i < 5; i++) backends.push((await classifier.classifyPixels(oneImage)).backend);
    expect(backends).toEqual([...Array.from({ length: 4 }, () => 'tfjs-webgpu'), 'tfjs-wasm']);
    expect(classifier.rejected[0].reason).toContain('does not reproduce the golden logits');
  });

  it('gives a lost backend up once, though several images were under way', async () => {
    const onDemotion = vi.fn();
    const classifier = await createDemotingClassifier(pkg, [lostAt(0), tfjsWasm], { onDemotion });
    const answers = await Promise.all([1, 2, 3].map(() => classifier.classifyPixels(oneImage)));
    expect(answers.map(({ backend }) => backend)).toEqual(['tfjs-wasm', 'tfjs-wasm', 'tfjs-wasm']);
    expect(onDemotion).toHaveBeenCalledTimes(1);
  });

  it('fails for one image, not for ever, when the last backend fails', async () => {
    const failing = faultyBackend((nth) => {
      if (nth === EXECUTIONS_PER_CHECK) throw new Error('out of memory');
    });
    const classifier = await createDemotingClassifier(pkg, [failing]);
    await expect(classifier.classifyPixels(oneImage)).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
    expect((await classifier.classifyPixels(oneImage)).backend).toBe('tfjs-webgpu');
  });

  it('puts none in place of one that was disposed of', async () => {
    const classifier = await createDemotingClassifier(pkg, [wrongBackend(0), tfjsWasm]);
    classifier.dispose();
    await expect(classifier.classifyPixels(oneImage)).rejects.toThrow('disposed');
    expect(classifier.rejected).toEqual([]);
  });
});
