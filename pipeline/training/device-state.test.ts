import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { buildNetwork } from '../networks/index.ts';
import { wasmEngine } from '../testing/engines.ts';
import { randomState } from '../testing/random-state.ts';
import { uploadState } from './device-state.ts';

let tf: Tfjs;
beforeAll(async () => {
  ({ tf } = await wasmEngine());
});

const network = buildNetwork('resnet8', { inputShape: { height: 8, width: 8, channels: 1 }, classes: 5 });

describe('uploadState', () => {
  it('gives back what it was given, bit for bit and in order, and holds nothing after dispose', async () => {
    const before = tf.memory().numTensors;
    const state = randomState(network);
    const device = uploadState(tf, network, state);
    const downloaded = await device.download();
    expect([...downloaded.keys()]).toEqual([...state.keys()]);
    expect(downloaded).toEqual(state);
    expect([...device.parameters.keys()].some((name) => name.includes('running_'))).toBe(false);
    device.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('does not share memory with the state that it was given', async () => {
    const state = randomState(network);
    const expected = state.get('bn1.weight')!.data.slice();
    const device = uploadState(tf, network, state);
    state.get('bn1.weight')!.data.fill(0);
    expect((await device.download()).get('bn1.weight')!.data).toEqual(expected);
    device.dispose();
  });

  it('moves running statistics a tenth of the way to the batch’s, and disposes those', async () => {
    const state = randomState(network);
    state.set('bn1.running_mean', { shape: [16], data: new Float32Array(16).fill(2) });
    state.set('bn1.running_var', { shape: [16], data: new Float32Array(16).fill(1) });
    const device = uploadState(tf, network, state);
    const before = tf.memory().numTensors;
    for (let i = 0; i < 2; i++) device.updateRunningStatistics([{ name: 'bn1', mean: tf.fill([16], 12), variance: tf.fill([16], 5) }]);
    expect(tf.memory().numTensors).toBe(before);
    const after = await device.download();
    // 2 → 3 → 3.9 and 1 → 1.4 → 1.76.
    after.get('bn1.running_mean')!.data.forEach((value) => expect(value).toBeCloseTo(3.9, 5));
    after.get('bn1.running_var')!.data.forEach((value) => expect(value).toBeCloseTo(1.76, 5));
    expect(after.get('bn1.weight')).toEqual(state.get('bn1.weight'));
    expect(after.get('layer1.0.bn1.running_mean')).toEqual(state.get('layer1.0.bn1.running_mean'));
    device.dispose();
  });
});
