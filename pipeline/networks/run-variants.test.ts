import { expect, it } from 'vitest';
import { wasmEngine } from '../testing/engines.ts';
import { randomState } from '../testing/random-state.ts';
import { freeze } from './freeze.ts';
import { frozenTensors, withTensors } from './frozen-tensors.ts';
import { buildNetwork } from './index.ts';
import { createFrozenRunner } from './run-frozen.ts';
import { createVariantsRunner, ownNodes } from './run-variants.ts';

const network = buildNetwork('resnet8', { inputShape: { height: 8, width: 8, channels: 3 }, classes: 5 });
const first = freeze(network, randomState(network));
const changed = (layer: string) =>
  withTensors(first, ({ name, data }) => (name.startsWith(`${layer}/`) ? data.map((value) => 1.1 * value) : undefined));
const layers = [...new Set(frozenTensors(first).map(({ name }) => name.slice(0, name.lastIndexOf('/'))))];

it('computes what a layer changes, and no more', () => {
  expect(ownNodes(first, first)).toEqual([]);
  expect(ownNodes(first, changed('fc')).map(({ name }) => name)).toEqual(['fc']);
  expect(ownNodes(first, changed('conv1')).length).toBe(first.nodes.length - 1);
});

it('gives each network the logits that it has by itself, tells what it computed, and leaves no tensor behind', async () => {
  const { tf } = await wasmEngine();
  const before = tf.memory().numTensors;
  const networks = [first, ...layers.map(changed), first];
  const runner = createVariantsRunner(tf, networks);
  const images = tf.tensor4d(
    Float32Array.from({ length: 4 * 8 * 8 * 3 }, (_, i) => Math.sin(i)),
    [4, 8, 8, 3],
  );
  const shares: number[] = [];
  const logits = runner.logits(images, (share) => shares.push(share));
  for (const [i, own] of logits.entries()) {
    const alone = createFrozenRunner(tf, networks[i]);
    const expected = alone.logits(images);
    expect(own.dataSync()).toEqual(expected.dataSync());
    expected.dispose();
    alone.dispose();
  }
  expect(shares).toEqual([1, ...networks.slice(1).map((own) => ownNodes(first, own).length / first.nodes.length)]);
  runner.dispose();
  tf.dispose([images, logits]);
  expect(tf.memory().numTensors).toBe(before);
});
