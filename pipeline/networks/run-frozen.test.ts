import type { Tensor4D } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { randomState } from '../testing/random-state.ts';
import { freeze } from './freeze.ts';
import { buildNetwork } from './index.ts';
import { createFrozenRunner, freedAfter } from './run-frozen.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

describe('freedAfter', () => {
  it('frees a value after its last reader, and never the output', () => {
    const node = (name: string, ...inputs: string[]) => ({ op: 'any', name, inputs, shape: [1], constants: {} });
    const nodes = [node('x'), node('a', 'x'), node('b', 'a'), node('sum', 'a', 'b'), node('unread', 'sum')];
    expect(freedAfter({ nodes, output: 'sum' } as never)).toEqual([[], ['x'], [], ['a', 'b'], ['unread']]);
  });
});

describe('a pass of a frozen network', () => {
  it('holds no more than a few layers at once', async () => {
    const { tf } = engine;
    const built = buildNetwork('resnet20', { inputShape: { height: 16, width: 16, channels: 3 }, classes: 3 });
    const network = freeze(built, randomState(built));
    const runner = createFrozenRunner(tf, network);
    const images = tf.ones([2, 16, 16, 3]) as Tensor4D;
    const before = tf.memory().numBytes;
    const { peakBytes, result } = await tf.profile(() => runner.logits(images));
    const bytes = network.nodes.map(({ shape }) => 4 * 2 * shape.reduce((product, size) => product * size, 1));
    expect(peakBytes - before).toBeLessThan(5 * Math.max(...bytes));
    expect(tf.memory().numBytes).toBe(before + 4 * 2 * 3);
    expect(images.isDisposed).toBe(false);
    tf.dispose([result as never, images]);
    runner.dispose();
  });
});
