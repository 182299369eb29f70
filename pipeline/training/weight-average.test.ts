import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { buildNetwork } from '../networks/index.ts';
import { wasmEngine } from '../testing/engines.ts';
import { randomState } from '../testing/random-state.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { bitsOfState, tinyTraining } from '../testing/tiny-training.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { uploadState } from './device-state.ts';
import { train } from './train.ts';
import type { EpochState } from './training.ts';
import { createWeightAverage, shareKept } from './weight-average.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

describe('the moving average of the weights', () => {
  it('keeps (1 + t) / (10 + t) of itself after t steps, at most the decay', () => {
    // 1/10 at the first step, 2/11 at the second; 0.9 from the step that has 81/90.
    expect([1, 2, 81, 82].map((step) => shareKept(0.9, step))).toEqual([1 / 10, 2 / 11, 0.9, 0.9]);
  });

  it('averages weights and running statistics', async () => {
    const { tf } = engine;
    const network = buildNetwork('resnet8', { inputShape: { height: 8, width: 8, channels: 1 }, classes: 3 });
    const before = tf.memory().numTensors;
    const device = uploadState(tf, network, randomState(network));
    const names = ['fc.bias', 'bn1.running_mean'];
    const first = names.map((name) => device.variable(name).dataSync().slice());
    const average = createWeightAverage(tf, network, device, 0.5);
    for (const name of names) {
      const moved = tf.add(device.variable(name), 1);
      device.variable(name).assign(moved);
      moved.dispose();
    }
    // 0.1 · w + 0.9 · (w + 1), then 2/11 of that and 9/11 of w + 1.
    average.add(1);
    average.add(2);
    const state = await average.download();
    names.forEach((name, i) => expect(state.get(name)!.data[0]).toBeCloseTo(first[i][0] + (2 / 11) * 0.9 + 9 / 11, 6));
    average.dispose();
    device.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('is what is measured and returned, and goes on from a checkpoint bit by bit', async () => {
    const recipe = { epochs: 3, emaDecay: 0.6 };
    const path = join(temporaryFolder(), 'checkpoint.safetensors');
    const checkpoints: EpochState[] = [];
    const whole = await train(tinyTraining({ engine, method: 'ce', recipe }), engine, {
      onEpoch(_report, checkpoint) {
        checkpoints.push(checkpoint);
        if (checkpoint.epochsDone === 2) writeCheckpoint(path, { ...checkpoint, seed: 5, configuration: '{}' });
      },
    });
    expect(bitsOfState(whole)).toEqual(bitsOfState(checkpoints[2].average!));
    expect(bitsOfState(whole)).not.toEqual(bitsOfState(checkpoints[2].model));
    const start = readCheckpoint(path)!;
    expect(bitsOfState(start.average!)).toEqual(bitsOfState(checkpoints[1].average!));
    const resumed = await train(tinyTraining({ engine, method: 'ce', recipe, start }), engine);
    expect(bitsOfState(resumed)).toEqual(bitsOfState(whole));
    // The steps themselves are the same with and without.
    const plain = await train(tinyTraining({ engine, method: 'ce', recipe: { epochs: 3 } }), engine);
    expect(bitsOfState(plain)).toEqual(bitsOfState(checkpoints[2].model));
  });
});
