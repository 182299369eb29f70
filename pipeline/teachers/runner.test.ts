import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { freeze } from '../networks/freeze.ts';
import { countedRepetitions } from '../testing/counted-repetitions.ts';
import { cachedTensorflow, tensorflowEngine } from '../testing/engines.ts';
import { kindsOfNetworks } from '../testing/kinds-of-networks.ts';
import { uniform } from '../testing/numbers.ts';
import { randomState } from '../testing/random-state.ts';
import { bitsOf } from '../testing/tiny-training.ts';
import { networkHandle } from './teacher-handle.ts';
import { openTeacherRunner } from './runner.ts';

const { missing, handle } = await cachedTensorflow();

describe.skipIf(missing !== '')(`a teacher on tensorflow${missing}`, () => {
  let engine: Engine;
  let count: () => number;
  beforeAll(async () => {
    ({ engine, count } = countedRepetitions(await tensorflowEngine(handle!)));
  });

  it.each(kindsOfNetworks())('%s: from the third batch of a size on its ops alone, with the same bits', async (_kind, network) => {
    const { height, width, channels } = network.inputShape;
    const each = (value: number): number[] => Array<number>(channels).fill(value);
    const teacher = networkHandle(freeze(network, randomState(network)), {
      height,
      width,
      channels: 3,
      fit: 'cover',
      filter: 'triangle',
      mean: each(0.4),
      std: each(0.25),
    });
    const logitsOf = async (engine: Engine): Promise<string[]> => {
      const before = engine.tf.memory().numTensors;
      const runner = await openTeacherRunner(teacher, engine);
      const logits: string[] = [];
      for (const [i, count] of [6, 6, 6, 6, 4, 6].entries()) {
        const pixels = Uint8Array.from(uniform(count * height * width * channels, i, 0, 255));
        logits.push(bitsOf(await runner.logits(pixels, count)));
      }
      await runner.dispose();
      expect(engine.tf.memory().numTensors).toBe(before);
      return logits;
    };
    const before = count();
    const repeated = await logitsOf(engine);
    expect(count() - before).toBe(2);
    expect(new Set(repeated).size).toBe(6);
    expect(repeated).toEqual(await logitsOf({ ...engine, trace: undefined }));
  });
});
