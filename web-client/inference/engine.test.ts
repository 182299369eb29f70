import { AppError, GRAPH_FORMATS, type BackendDefinition, type BackendName, type Classifier, type LoadedPackage } from '@sld-edge/runtime';
import { describe, expect, it } from 'vitest';
import { createEngine } from './engine.ts';
import type { RejectedBackend } from './protocol.ts';

/** Backends that only have a name: the classifiers made of them are fakes too. */
const backend = (name: BackendName): BackendDefinition => ({
  name,
  formats: GRAPH_FORMATS,
  reference: name === 'tfjs-wasm',
  device: name === 'tfjs-webgpu' ? 'gpu' : 'processor',
  init: async () => undefined,
  description: () => `the ${name} backend`,
  loadGraph: async () => Promise.reject(new Error('not used here')),
});

const pkg = { manifest: { labels: ['cat', 'dog'] } } as unknown as LoadedPackage;
const pixels = new Uint8Array(4);
const answerOf = (name: string) => ({ predictions: [{ label: name, index: 0, probability: 1 }], inferenceMs: 1 });

/** @param behaviour what a classifier of a backend does at its n-th image, counted from 1 */
function makeOf(behaviour: Partial<Record<BackendName, (nth: number) => void>>, disposed: string[] = []) {
  return async (_pkg: LoadedPackage, { name }: BackendDefinition): Promise<Classifier> => {
    let nth = 0;
    behaviour[name]?.(0);
    return {
      backend: name,
      classifyPixels: async () => {
        behaviour[name]?.(++nth);
        return answerOf(name);
      },
      dispose: () => disposed.push(name),
    } as unknown as Classifier;
  };
}

const mismatch = (): AppError =>
  new AppError('BACKEND_GOLDEN_MISMATCH', { backend: 'tfjs-webgpu', model: 'm@1', variant: 'uint8', worstError: 3, tolerance: 0.01 });

describe('createEngine', () => {
  it('uses the first candidate that can be made and says why the one before is not used', async () => {
    const rejected: RejectedBackend[] = [];
    const make = makeOf({
      'tfjs-webgpu': () => {
        throw mismatch();
      },
    });
    const engine = await createEngine(pkg, [backend('tfjs-webgpu'), backend('tfjs-wasm')], rejected, () => undefined, make);
    expect(engine.classifier().backend).toBe('tfjs-wasm');
    expect(engine.description()).toBe('the tfjs-wasm backend');
    expect(rejected).toEqual([{ backend: 'tfjs-webgpu', reason: mismatch().message }]);
  });

  it('goes to the next one for a fault that is no AppError too, and keeps its words', async () => {
    const rejected: RejectedBackend[] = [];
    const make = makeOf({
      'tfjs-webgpu': () => {
        throw new TypeError('shader does not compile');
      },
    });
    const engine = await createEngine(pkg, [backend('tfjs-webgpu'), backend('tfjs-wasm')], rejected, () => undefined, make);
    expect(engine.classifier().backend).toBe('tfjs-wasm');
    expect(rejected[0].reason).toContain('shader does not compile');
  });

  it('answers by the next one when a backend that was right at first fails later', async () => {
    const rejected: RejectedBackend[] = [];
    const demotions: RejectedBackend[] = [];
    const disposed: string[] = [];
    const make = makeOf(
      {
        'tfjs-webgpu': (nth) => {
          if (nth === 3) throw mismatch();
        },
      },
      disposed,
    );
    const engine = await createEngine(pkg, [backend('tfjs-webgpu'), backend('tfjs-wasm')], rejected, (d) => demotions.push(d), make);
    const answers: string[] = [];
    for (let i = 0; i < 4; i++) answers.push((await engine.classifyPixels(pixels)).predictions[0].label);
    expect(answers).toEqual(['tfjs-webgpu', 'tfjs-webgpu', 'tfjs-wasm', 'tfjs-wasm']);
    expect(demotions).toEqual([{ backend: 'tfjs-webgpu', reason: mismatch().message }]);
    expect(rejected).toEqual(demotions);
    expect(disposed).toEqual(['tfjs-webgpu']);
  });

  it('gives a lost backend up once, though several images were under way', async () => {
    const demotions: RejectedBackend[] = [];
    const make = makeOf({
      'tfjs-webgpu': (nth) => {
        if (nth > 0) throw new Error('device lost');
      },
    });
    const engine = await createEngine(pkg, [backend('tfjs-webgpu'), backend('tfjs-wasm')], [], (d) => demotions.push(d), make);
    const answers = await Promise.all([1, 2, 3].map(() => engine.classifyPixels(pixels)));
    expect(answers.map(({ predictions }) => predictions[0].label)).toEqual(['tfjs-wasm', 'tfjs-wasm', 'tfjs-wasm']);
    expect(demotions).toHaveLength(1);
    expect(demotions[0].reason).toContain('device lost');
  });

  it('does not fall back from a backend that was asked for alone', async () => {
    const make = makeOf({
      'tfjs-webgpu': () => {
        throw mismatch();
      },
    });
    await expect(createEngine(pkg, [backend('tfjs-webgpu')], [], () => undefined, make)).rejects.toMatchObject({
      code: 'BACKEND_GOLDEN_MISMATCH',
    });
  });

  it('fails for one image, not for ever, when the last backend fails', async () => {
    const make = makeOf({
      'tfjs-wasm': (nth) => {
        if (nth === 1) throw new Error('out of memory');
      },
    });
    const engine = await createEngine(pkg, [backend('tfjs-wasm')], [], () => undefined, make);
    await expect(engine.classifyPixels(pixels)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect((await engine.classifyPixels(pixels)).predictions[0].label).toBe('tfjs-wasm');
  });
});
