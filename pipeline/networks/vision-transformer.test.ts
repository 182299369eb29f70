import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../data/augmentation/index.ts';
import { createDistiller } from '../distillers/index.ts';
import type { Engine } from '../engines/engine.ts';
import { writeGraphModel } from '../packaging/graph-model.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { evalForward } from '../testing/eval-forward.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { randomState } from '../testing/random-state.ts';
import { uploadState } from '../training/device-state.ts';
import { createAdamw } from '../training/optimizers/adamw.ts';
import { createStep, readLosses } from '../training/step.ts';
import { freeze } from './freeze.ts';
import { GraphBuilder, type Network } from './graph.ts';
import { buildNetwork } from './index.ts';
import { createFrozenRunner } from './run-frozen.ts';
import { initialState, stateSpec } from './state.ts';
import { trainForward } from './train-forward.ts';
import { visionTransformer, type Library } from './vision-transformer.ts';

const SIZE = 8;
/** Four patches, two blocks: what tests can afford to train. */
const nano = (stochasticDepth?: number, library: Library = 'timm'): Network =>
  visionTransformer(
    'nano',
    library,
    { patch: 4, width: 32, depth: 2, heads: 2 },
    { inputShape: { height: SIZE, width: SIZE, channels: 1 }, classes: 3, stochasticDepth },
  );
const micro = (stochasticDepth?: number): Network =>
  buildNetwork('vit_micro_patch4_32', { inputShape: { height: SIZE, width: SIZE, channels: 1 }, classes: 3, stochasticDepth });
const imagenet = { inputShape: { height: 224, width: 224, channels: 3 }, classes: 1000 };

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

describe('state', () => {
  const named = (name: string): string[] => stateSpec(buildNetwork(name, imagenet)).map(({ name, shape }) => `${name} [${shape}]`);

  it("is named and shaped as timm's", () => {
    const entries = named('timm.vit_tiny_patch16_224');
    expect(entries).toHaveLength(152);
    expect(entries).toEqual(
      expect.arrayContaining([
        'cls_token [1,1,192]',
        'pos_embed [1,197,192]',
        'patch_embed.proj.weight [192,3,16,16]',
        'blocks.11.attn.qkv.weight [576,192]',
        'blocks.0.mlp.fc1.bias [768]',
        'norm.weight [192]',
        'head.bias [1000]',
      ]),
    );
  });

  it("is named and shaped as torchvision's, which fuses the projections of queries, keys and values", () => {
    const entries = named('torchvision.vit_b_16');
    expect(entries).toHaveLength(152);
    expect(entries).toEqual(
      expect.arrayContaining([
        'class_token [1,1,768]',
        'encoder.pos_embedding [1,197,768]',
        'encoder.layers.encoder_layer_0.self_attention.in_proj_weight [2304,768]',
        'encoder.layers.encoder_layer_11.mlp.3.bias [768]',
        'encoder.ln.bias [768]',
        'heads.head.weight [1000,768]',
      ]),
    );
  });

  it('starts as timm does: normal of deviation 0.02, biases 0, scales 1', () => {
    const state = initialState(micro(), createRandom(1));
    const deviation = (name: string): number =>
      Math.sqrt(state.get(name)!.data.reduce((sum, value) => sum + value * value, 0) / state.get(name)!.data.length);
    expect(deviation('blocks.3.attn.qkv.weight')).toBeCloseTo(0.02, 3);
    expect(deviation('pos_embed')).toBeCloseTo(0.02, 2);
    expect(deviation('cls_token')).toBeLessThan(1e-5);
    expect(deviation('blocks.3.mlp.fc1.bias')).toBe(0);
    expect(deviation('norm.weight')).toBe(1);
  });
});

describe('images', () => {
  it.each([
    ['vit_micro_patch4_32', 28, 1, 50],
    ['vit_micro_patch4_32', 32, 3, 65],
    ['timm.deit_small_patch16_224', 224, 3, 197],
  ])('%s of %d pixels and %d channels: %d tokens', (name, size, channels, tokens) => {
    const network = buildNetwork(name, { inputShape: { height: size, width: size, channels }, classes: 10 });
    expect(network.nodes.find(({ op }) => op === 'classToken')!.shape[0]).toBe(tokens);
  });

  it('that are no whole patches are refused in one line', async () => {
    const error = await errorOf(() =>
      buildNetwork('timm.vit_tiny_patch16_224', { inputShape: { height: 28, width: 32, channels: 1 }, classes: 10 }),
    );
    expect(error.message).toBe(
      'timm.vit_tiny_patch16_224 cannot take images of 28x32 pixels and 1 channels: they do not divide into patches of 16x16',
    );
  });
});

describe('a sequence of patches', () => {
  const inputShape = { height: 1, width: 2, channels: 2 };
  const images = [
    [
      [
        [1, 2],
        [3, 4],
      ],
    ],
  ];
  const state = (): Map<string, Tensor> =>
    new Map([
      ['cls', engine.tf.tensor3d([[[10, 20]]])],
      [
        'pos',
        engine.tf.tensor3d([
          [
            [0.1, 0.2],
            [0.3, 0.4],
            [0.5, 0.6],
          ],
        ]),
      ],
    ]);
  const sequence = (take?: number): Network => {
    const g = new GraphBuilder();
    const tokens = g.node('classToken', [g.input(inputShape)], { token: 'cls', positions: 'pos' });
    return g.network('made', { inputShape, classes: 2 }, take === undefined ? tokens : g.node('takeToken', [tokens], { index: take }));
  };

  it.each([
    [0, [10.1, 20.2]],
    [2, [3.5, 4.6]],
  ])('has the class token first, then the patches row by row, each with its position: token %d', (index, expected) => {
    const { tf } = engine;
    const y = tf.tidy(() => trainForward(engine, sequence(index), state() as Map<string, Variable>, tf.tensor4d(images), () => {}));
    y.dataSync().forEach((value, i) => expect(value).toBeCloseTo(expected[i], 5));
    y.dispose();
  });

  it('gives token and positions the gradients of a sum by hand, over the batch', () => {
    const { tf } = engine;
    const [dToken, dPositions, dImages] = tf.tidy(() =>
      tf.grads((token, positions, x) => {
        const y = trainForward(
          engine,
          sequence(),
          new Map([
            ['cls', token],
            ['pos', positions],
          ]) as Map<string, Variable>,
          x as never,
          () => {},
        );
        return tf
          .sum(
            tf.mul(
              y,
              tf.tensor3d([
                [
                  [1, 2],
                  [3, 4],
                  [5, 6],
                ],
              ]),
            ),
          )
          .asScalar();
      })([...state().values(), tf.tensor4d([...images, ...images])]),
    );
    expect([...dToken.dataSync()]).toEqual([2, 4]);
    expect([...dPositions.dataSync()]).toEqual([2, 4, 6, 8, 10, 12]);
    expect([...dImages.dataSync()]).toEqual([3, 4, 5, 6, 3, 4, 5, 6]);
    tf.dispose([dToken, dPositions, dImages]);
  });
});

describe('stochastic depth', () => {
  it('rises linearly from none at the first block, for both branches of a block', () => {
    const rates = micro(0.2).nodes.flatMap((node) => (node.op === 'dropPath' ? [node.rate] : []));
    expect(rates).toEqual([0.04, 0.04, 0.08, 0.08, 0.12, 0.12, 0.16, 0.16, 0.2, 0.2].map((rate) => expect.closeTo(rate, 12)));
    expect(micro().nodes.some(({ op }) => op === 'dropPath')).toBe(false);
  });

  it('leaves no trace in the frozen form', () => {
    const network = nano(0.2);
    const [frozen, plain] = [network, nano()].map((one) =>
      freeze(one, randomState(one)).nodes.map(({ op, constants }) => ({ op, constants })),
    );
    expect(frozen).toEqual(plain);
  });

  it('drops whole samples and scales the others, by the seed alone', () => {
    const inputShape = { height: 1, width: 1, channels: 3 };
    const g = new GraphBuilder();
    const network = g.network('made', { inputShape, classes: 3 }, g.node('dropPath', [g.input(inputShape)], { rate: 0.2 }));
    const { tf } = engine;
    const drawn = (seed: string): number[] => {
      const y = tf.tidy(() => trainForward(engine, network, new Map(), tf.ones([2000, 1, 1, 3]), () => {}, seed));
      const values = [...y.dataSync()];
      y.dispose();
      return values;
    };
    const values = drawn('1/1');
    for (let i = 0; i < values.length; i += 3) {
      expect(values[i] === 0 || Math.abs(values[i] - 1.25) < 1e-6).toBe(true);
      expect(values.slice(i + 1, i + 3)).toEqual([values[i], values[i]]);
    }
    // 400 of 2000, deviation 18.
    const dropped = values.filter((value) => value === 0).length / 3;
    expect(dropped).toBeGreaterThan(330);
    expect(dropped).toBeLessThan(470);
    expect(drawn('1/1')).toEqual(values);
    expect(drawn('1/2')).not.toEqual(values);
  });

  it('refuses a rate of 1', async () => {
    expect((await errorOf(() => micro(1))).message).toMatch(/a branch cannot be dropped at a rate of 1; allowed: from 0 to below 1$/);
  });
});

describe('training', () => {
  const BATCH = 6;
  const labels = Int32Array.from({ length: BATCH }, (_, i) => i % 3);
  const images = uniform(BATCH * SIZE * SIZE, 3).map((noise, i) => noise + labels[Math.floor(i / (SIZE * SIZE))] - 1);

  /** Losses of each step, from the same weights. */
  async function losses(steps: number, seed: number): Promise<number[]> {
    const { tf } = engine;
    const before = tf.memory().numTensors;
    const network = nano(0.2);
    const device = uploadState(tf, network, initialState(network, createRandom(1)));
    const optimizer = createAdamw(tf, device.parameters, { weightDecay: 0.05 });
    const step = createStep(engine, { network, seed }, createDistiller('ce', { epochs: 1 }), device, optimizer);
    const seen = (
      await readLosses(
        tf,
        Array.from({ length: steps }, (_, i) => step.run({ images, labels, epoch: 1, step: i + 1, learningRate: 3e-3 })),
      )
    ).map(({ ce }) => ce);
    step.dispose();
    device.dispose();
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
    return seen;
  }

  it('learns a batch by AdamW under stochastic depth, and leaves no tensor behind', async () => {
    const seen = await losses(12, 1);
    expect(seen.at(-1)!, String(seen)).toBeLessThan(seen[0] / 2);
  });

  it('draws by the seed and the step', async () => {
    expect(await losses(2, 1)).toEqual(await losses(2, 1));
    expect(await losses(2, 2)).not.toEqual(await losses(2, 1));
  });
});

describe('the frozen form', () => {
  it.each(['timm', 'torchvision'] as const)("computes with %s's names what is trained", (library) => {
    const { tf } = engine;
    const network = nano(0, library);
    const state = randomState(network);
    const runner = createFrozenRunner(tf, freeze(network, state));
    const [actual, expected] = tf.tidy(() => {
      const input = tf.tensor4d(uniform(2 * SIZE * SIZE, 5, -2, 2), [2, SIZE, SIZE, 1]);
      return [runner.logits(input), evalForward(engine, network, state, input)];
    });
    expect(relativeDifference(actual.dataSync(), expected.dataSync())).toBeLessThan(1e-5);
    tf.dispose([actual, expected]);
    runner.dispose();
  });
});

describe('the uint8 variant', () => {
  it('stores patches, projections, MLPs and head in 8 bits; norms, biases and positions in float32', () => {
    const frozen = freeze(nano(), randomState(nano()));
    const blocks = Array.from({ length: 2 }, (_, i) =>
      ['attn.qkv', 'attn.proj', 'mlp.fc1', 'mlp.fc2'].map((layer) => `blocks.${i}.${layer}/weights`),
    );
    const { layers, weightBytes } = writeGraphModel(frozen, 'uint8');
    expect(layers.map(({ name }) => name)).toEqual(['patch_embed.proj/kernel', ...blocks.flat(), 'head/weights']);
    for (const { name, relativeError } of layers) expect(relativeError > 0 && relativeError < 0.02, name).toBe(true);
    // Patches 16·32, two blocks of 12·32², head 32·3.
    expect(layers.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(16 * 32 + 2 * 12 * 32 ** 2 + 32 * 3);
    // 27,000 weights were four times as much in float32.
    expect(writeGraphModel(frozen, 'float32').weightBytes - weightBytes).toBe(3 * (16 * 32 + 2 * 12 * 32 ** 2 + 32 * 3));
  });
});
