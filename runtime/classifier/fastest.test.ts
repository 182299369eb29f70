import { describe, expect, it } from 'vitest';
import type { ProgramBackend } from '../backends/backend.ts';
import { createInterpreterBackend } from '../backends/interpreter.ts';
import type { BackendName } from '../backends/names.ts';
import { loadPackage } from '../package/load.ts';
import { createFixturePackage, readFixture } from '../testing/fixture-package.ts';
import { createDemotingClassifier } from './demotion.ts';
import { bySpeed, leastTimes, SPEED_TURNS } from './fastest.ts';

describe('the order by speed', () => {
  it.each([
    [
      [10, 5],
      [1, 0],
    ],
    [
      [5, 10],
      [0, 1],
    ],
    // 9.1 is not below 0.9 · 10: the first stays first.
    [
      [10, 9.1],
      [0, 1],
    ],
    [
      [10, 9.1, 2, 30],
      [2, 0, 1, 3],
    ],
    [[], []],
  ])('of %j ms is %j', (times, order) => {
    expect(bySpeed(times)).toEqual(order);
  });
});

describe('turns', () => {
  const timesOf = async (costs: number[][]): Promise<{ least: number[]; turns: number }> => {
    let now = 0;
    let turns = 0;
    const classifiers = costs.map((own) => {
      let call = 0;
      return {
        logits: async () => {
          turns++;
          now += own[Math.min(call++, own.length - 1)];
          return new Float32Array();
        },
      };
    });
    return { least: await leastTimes(classifiers, new Uint8Array(), () => now), turns: turns / costs.length };
  };
  it('give the least time of each', async () => {
    expect(
      await timesOf([
        [9, 4, 6],
        [5, 7, 5.5],
      ]),
    ).toEqual({ least: [4, 5], turns: expect.any(Number) });
  });
  it('are few where an image takes long, and bounded where it takes no time', async () => {
    expect(await timesOf([[400], [300]])).toEqual({ least: [400, 300], turns: SPEED_TURNS.least });
    expect(await timesOf([[10], [10]])).toEqual({ least: [10, 10], turns: 5 });
    expect((await timesOf([[0], [0]])).turns).toBe(SPEED_TURNS.most);
  });
});

describe('a group of backends', async () => {
  const pkg = await loadPackage(readFixture(await createFixturePackage({ integer: true })), { variant: 'integer' });
  const image = pkg.goldenPixels.subarray(0, 64);
  let now = 0;
  /** Computes as the interpreter does, in so many milliseconds of the test's clock; from the n-th image on wrongly. */
  const taking = (name: BackendName, milliseconds: number, wrongFrom = Infinity): ProgramBackend & { open(): number } => {
    const interpreter = createInterpreterBackend();
    let images = 0;
    let open = 0;
    return {
      ...interpreter,
      name,
      reference: false,
      open: () => open,
      description: () => `the ${name} of the test`,
      async loadProgram(program) {
        const loaded = await interpreter.loadProgram(program);
        open++;
        return {
          ...loaded,
          activations: new Map(),
          async integerLogits(pixels) {
            now += milliseconds;
            const logits = await loaded.integerLogits(pixels);
            if (images++ >= wrongFrom) logits[0]++;
            return logits;
          },
          dispose: () => void open--,
        };
      },
    };
  };
  const choose = (candidates: Parameters<typeof createDemotingClassifier>[1], recheckEvery?: number) =>
    createDemotingClassifier(pkg, candidates, { now: () => now, recheckEvery });

  it('is answered by its fastest, whose description has the times; the slower is let go of', async () => {
    const [slow, fast] = [taking('wasm', 4), taking('wasm-relaxed', 2)];
    const classifier = await choose([[slow, fast], taking('interpreter', 50)]);
    expect(classifier.current.backend).toBe('wasm-relaxed');
    expect(classifier.description).toBe('the wasm-relaxed of the test (ms an image: wasm 4.00, wasm-relaxed 2.00)');
    expect(classifier.rejected).toEqual([]);
    expect((await classifier.classifyPixels(image)).backend).toBe('wasm-relaxed');
    expect([slow.open(), fast.open()]).toEqual([0, 1]);
  });

  it('is answered by its first where none is clearly faster', async () => {
    expect((await choose([[taking('wasm', 4), taking('wasm-relaxed', 3.8)]])).current.backend).toBe('wasm');
  });

  it('is answered by what works of it, without times where that is one', async () => {
    const classifier = await choose([[taking('wasm', 4), taking('wasm-relaxed', 1, 0)], taking('interpreter', 50)]);
    expect(classifier.current.backend).toBe('wasm');
    expect(classifier.description).toBe('the wasm of the test');
    expect(classifier.rejected).toEqual([{ backend: 'wasm-relaxed', reason: expect.stringContaining('golden') }]);
  });

  it('is passed over where none works, and throws where nothing comes after it', async () => {
    const broken = [taking('wasm', 4, 0), taking('wasm-relaxed', 1, 0)];
    const classifier = await choose([broken, taking('interpreter', 50)]);
    expect(classifier.current.backend).toBe('interpreter');
    expect(classifier.rejected.map(({ backend }) => backend)).toEqual(['wasm', 'wasm-relaxed']);
    await expect(choose([broken])).rejects.toMatchObject({ code: 'BACKEND_GOLDEN_MISMATCH', details: { backend: 'wasm-relaxed' } });
  });

  it('goes on with its next by speed when the fastest is wrong later, only after the 100th image', async () => {
    const goldens = pkg.goldens.count;
    const late = taking('wasm-relaxed', 2, goldens + SPEED_TURNS.most + 100);
    const classifier = await choose([[taking('wasm', 4), late], taking('interpreter', 50)], 60);
    const answers = [];
    for (let i = 0; i < 160; i++) answers.push((await classifier.classifyPixels(image)).backend);
    expect(new Set(answers.slice(0, 90))).toEqual(new Set(['wasm-relaxed']));
    expect(answers.at(-1)).toBe('wasm');
    expect(classifier.rejected).toEqual([{ backend: 'wasm-relaxed', reason: expect.stringContaining('golden') }]);
  });
});
