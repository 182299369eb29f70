import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { evalForward } from '../testing/eval-forward.ts';
import { madeNetworks } from '../testing/made-networks.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { randomState } from '../testing/random-state.ts';
import { freeze, type FrozenNode } from './freeze.ts';
import { GraphBuilder } from './graph.ts';
import { createFrozenRunner } from './run-frozen.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

describe('freeze', () => {
  it.each(madeNetworks())('%s', (_what, network, ops) => {
    const state = randomState(network, 3);
    const kept = structuredClone(state);
    const frozen = freeze(network, state);
    expect(frozen.nodes.map(({ op }) => op)).toEqual(ops);
    expect(state, 'the state that was frozen').toEqual(kept);

    const { tf } = engine;
    const runner = createFrozenRunner(tf, frozen);
    const [actual, expected] = tf.tidy(() => {
      const images = tf.tensor4d(uniform(2 * 7 * 6 * 3, 9, -2, 2), [2, 7, 6, 3]);
      return [runner.logits(images), evalForward(engine, network, state, images)];
    });
    expect(relativeDifference(actual.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
    tf.dispose([actual, expected]);
    runner.dispose();
  });

  it('folds by hand: w·γ/√(σ²+ε) and β + (b - μ)·γ/√(σ²+ε)', () => {
    const g = new GraphBuilder();
    const output = g.batchNorm(g.conv(g.input({ height: 1, width: 1, channels: 1 }), 'conv', 1, { kernel: 1, bias: true }), 'bn', 1);
    const one = (value: number) => ({ shape: [1], data: Float32Array.of(value) });
    const state = new Map([
      ['conv.weight', { shape: [1, 1, 1, 1], data: Float32Array.of(3) }],
      ['conv.bias', one(5)],
      ['bn.weight', one(4)],
      ['bn.bias', one(0.5)],
      ['bn.running_mean', one(1)],
      // σ² + ε = 4.
      ['bn.running_var', one(3)],
    ]);
    const { nodes } = freeze({ name: 'made', inputShape: { height: 1, width: 1, channels: 1 }, classes: 1, nodes: g.nodes, output }, state);
    const conv = nodes[1] as FrozenNode & { op: 'conv2d' };
    expect([...conv.constants.kernel.data]).toEqual([6]);
    expect([...conv.constants.bias.data]).toEqual([8.5]);
  });
});
