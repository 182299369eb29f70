/** Every registered network that can be unfrozen: what it computes, and the way back. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { madeNetworks } from '../testing/made-networks.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { randomState } from '../testing/random-state.ts';
import { smallNetworks } from '../testing/small-networks.ts';
import { activationsBeforeConcat } from '../quantization/integer/activations-before-concat.ts';
import { uploadState } from '../training/device-state.ts';
import { sha256 } from '../support/sha256.ts';
import { freeze, type FrozenNode } from './freeze.ts';
import type { Network } from './graph.ts';
import { buildNetwork } from './index.ts';
import { frozenFormOf } from './operations/index.ts';
import type { Constant } from './operations/operation.ts';
import { createFrozenRunner } from './run-frozen.ts';
import { assertStateFits, trainableCount } from './state.ts';
import { stateFromUnfrozen, unfreeze } from './unfreeze.ts';
import { trainForward } from './train-forward.ts';

/** More than this, and a test would take minutes. */
const LARGEST = 3e6;

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

/** Excludes networks whose batch norms stand alone, and transformers. */
const canThaw = (network: Network): boolean =>
  freeze(network, randomState(network)).nodes.every(
    (node) => frozenFormOf(node).unfreeze !== undefined || Object.keys(node.constants).length === 0,
  );

const networks: [string, Network][] = [
  ...smallNetworks().filter(([, network]) => trainableCount(network) < LARGEST),
  ...madeNetworks().map(([what, network]): [string, Network] => [what, network]),
].filter(([, network]) => canThaw(network));

describe('unfreezing', () => {
  it('is tested with most networks', () => expect(networks.length).toBeGreaterThan(12));

  it.each(networks)('%s computes in training what it does frozen, and comes back to the last bit', (_name, network) => {
    const { tf } = engine;
    const frozen = activationsBeforeConcat(freeze(network, randomState(network)));
    const { network: folded, state } = unfreeze(frozen);
    assertStateFits(folded, state, 'unfrozen');
    const { height, width, channels } = network.inputShape;
    const runner = createFrozenRunner(tf, frozen);
    const device = uploadState(tf, folded, state);
    const [trained, expected] = tf.tidy(() => {
      const images = tf.tensor4d(uniform(2 * height * width * channels, 1), [2, height, width, channels]);
      return [
        trainForward(engine, folded, device.parameters, images, () => {}, 'seed')
          .dataSync()
          .slice(),
        runner.logits(images).dataSync().slice(),
      ];
    });
    expect(relativeDifference(trained, expected)).toBeLessThan(1e-5);
    runner.dispose();
    device.dispose();

    const back = stateFromUnfrozen(network, state);
    assertStateFits(network, back, 'written back');
    const again = activationsBeforeConcat(freeze(network, back));
    // Arrays of numbers as bytes: comparing them one by one takes most of a minute.
    const plain = (nodes: FrozenNode[]): object[] =>
      nodes.map((node) => ({
        ...node,
        constants: Object.entries(node.constants as Record<string, Constant>).map(([key, { shape, data }]) => [
          key,
          shape,
          sha256(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
        ]),
      }));
    expect(plain(again.nodes)).toEqual(plain(frozen.nodes));
  });

  it('refuses a batch norm that no convolution took in', async () => {
    const network = buildNetwork('wrn_16_1', { inputShape: { height: 12, width: 12, channels: 3 }, classes: 7 });
    expect((await errorOf(() => unfreeze(freeze(network, randomState(network))))).message).toMatch(
      /^wrn_16_1 can't be trained with its batch norms folded: its operation batchNorm \(".+"\) is part of no convolution$/,
    );
  });
});
