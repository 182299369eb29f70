import { beforeAll, describe, expect, it } from 'vitest';
import type { Tfjs } from '../engines/engine.ts';
import { freeze, type FrozenNetwork } from '../networks/freeze.ts';
import { frozenTensors } from '../networks/frozen-tensors.ts';
import { createFrozenRunner } from '../networks/run-frozen.ts';
import { wasmEngine } from '../testing/engines.ts';
import { madeNetworks } from '../testing/made-networks.ts';
import { randomState } from '../testing/random-state.ts';
import { wavePixels } from '../testing/wave-pixels.ts';
import { createBiasCorrector } from './correct-bias.ts';
import { createMixer } from './mixed/mixer.ts';
import { createReader } from './mixed/mix-units.ts';

const normalise = (pixels: Uint8Array): Float32Array => Float32Array.from(pixels, (level) => level / 128 - 1);

/** Up to a layer, whose activation is left out. */
function upTo(network: FrozenNetwork, layer: string): FrozenNetwork {
  const at = network.nodes.findIndex(({ name }) => name === layer);
  const nodes = network.nodes
    .slice(0, at + 1)
    .map((node, i) => (i === at && 'activation' in node ? { ...node, activation: 'none' as const } : node));
  return { ...network, nodes: nodes as FrozenNetwork['nodes'], output: layer };
}

describe.each(madeNetworks())('biases of %s', (_what, network) => {
  let tf: Tfjs;
  beforeAll(async () => {
    ({ tf } = await wasmEngine());
  });

  it('give each rounded layer the mean outputs that it had, and leave the weights as they were', async () => {
    const frozen = freeze(network, randomState(network));
    const count = 40;
    const pixels = wavePixels(network, count, 1);
    const size = pixels.length / count;
    const images = { count, inputs: (start: number, end: number): Float32Array => normalise(pixels.subarray(start * size, end * size)) };
    const held = tf.memory().numTensors;
    const mixer = createMixer(frozen, createReader(), await createBiasCorrector(tf, frozen, images));
    const means = (of: FrozenNetwork, layer: string): number[] => {
      const part = upTo(of, layer);
      const channels = part.nodes.at(-1)!.shape.at(-1)!;
      const runner = createFrozenRunner(tf, part);
      const { height, width, channels: colours } = network.inputShape;
      const values = tf.tidy(
        () => runner.logits(tf.tensor4d(normalise(pixels), [count, height, width, colours])).dataSync() as Float32Array,
      );
      runner.dispose();
      return Array.from(
        { length: channels },
        (_, c) => values.reduce((sum, value, i) => (i % channels === c ? sum + value : sum), 0) / (values.length / channels),
      );
    };
    let corrected = 0;
    for (const { name, isWeight } of frozenTensors(frozen)) {
      const layer = name.slice(0, name.lastIndexOf('/'));
      if (!isWeight || corrected > 3) continue;
      const mix = new Map(
        frozenTensors(frozen)
          .filter((tensor) => tensor.isWeight && tensor.name.startsWith(`${layer}/`))
          .map((tensor) => [tensor.name, { encoding: 'int4' as const }]),
      );
      const { stored, read } = await mixer(mix);
      for (const [i, tensor] of frozenTensors(stored).entries())
        if (tensor.isWeight) expect(tensor.data).toBe(frozenTensors(frozen)[i].data);
      if (
        stored.nodes.every((node, i) =>
          Object.values(node.constants).every(
            (constant, c) =>
              (constant as { data: Float32Array }).data === (Object.values(frozen.nodes[i].constants)[c] as { data: Float32Array }).data,
          ),
        )
      )
        continue;
      corrected++;
      const [expected, came] = [means(frozen, layer), means(read, layer)];
      const largest = Math.max(...expected.map(Math.abs), 1e-3);
      came.forEach((value, c) => expect(Math.abs(value - expected[c]) / largest, `${layer}, channel ${c}`).toBeLessThan(1e-4));
    }
    expect(corrected).toBeGreaterThan(0);
    expect(tf.memory().numTensors).toBe(held);
  });
});
