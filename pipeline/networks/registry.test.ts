import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../engines/engine.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { evalForward } from '../testing/eval-forward.ts';
import { uniform } from '../testing/numbers.ts';
import { relativeDifference } from '../support/difference.ts';
import { openGraphModel } from '../testing/open-graph-model.ts';
import { onnxDescription, onnxLogits } from '../testing/open-onnx-model.ts';
import { randomState } from '../testing/random-state.ts';
import { networksOfEachKind, smallNetworks } from '../testing/small-networks.ts';
import { uploadState } from '../training/device-state.ts';
import { writeGraphModel } from '../packaging/graph-model.ts';
import { writeOnnxModel } from '../packaging/onnx-model.ts';
import { assertDeployable } from './deployable.ts';
import { freeze } from './freeze.ts';
import { buildNetwork, networks, type Network } from './index.ts';
import { createFrozenRunner } from './run-frozen.ts';
import { elementCount, stateSpec, trainableCount, type NetworkState } from './state.ts';
import { trainForward, type BatchStatistics } from './train-forward.ts';

const BATCH = 2;

let engine: Engine;
beforeAll(async () => {
  engine = await wasmEngine();
});

/** More than this, and a test would take minutes of multiplying; `verify:networks` computes those. */
const LARGEST = 30e6;

describe.each(smallNetworks())('%s', (name, network) => {
  it('is called what it is registered as, and names every state entry once', () => {
    const names = stateSpec(network).map((entry) => entry.name);
    expect(network.name).toBe(name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(0);
  });

  it('counts as trainable everything but the running statistics', () => {
    const expected = stateSpec(network)
      .filter((entry) => !/\.running_(mean|var)$/.test(entry.name))
      .reduce((sum, { shape }) => sum + elementCount(shape), 0);
    expect(trainableCount(network)).toBe(expected);
  });
});

describe.each(networksOfEachKind())('%s', (_name, network) => {
  const tooLarge = trainableCount(network) > LARGEST ? ` [skipped: ${Math.round(trainableCount(network) / 1e6)} million parameters]` : '';
  const { height, width, channels } = network.inputShape;
  const images = uniform(BATCH * height * width * channels, 5, -2, 2);
  const upload = (): Tensor4D => engine.tf.tensor4d(images, [BATCH, height, width, channels]);
  let state: NetworkState;
  beforeAll(() => {
    if (!tooLarge) state = randomState(network);
  });
  // The large ones together are more than a test process should hold.
  afterAll(() => state?.clear());

  it.skipIf(tooLarge !== '')(
    `trains: finite logits, statistics of every batch norm, a gradient of every parameter, and nothing left behind${tooLarge}`,
    () => {
      const { tf } = engine;
      const before = tf.memory().numTensors;
      const device = uploadState(tf, network, state);
      const statistics: BatchStatistics[] = [];
      const without: string[] = [];
      tf.tidy(() => {
        const { grads } = tf.variableGrads(() => {
          const logits = trainForward(engine, network, device.parameters, upload(), (batch) => statistics.push(batch), 'seed');
          expect(logits.shape).toEqual([BATCH, 7]);
          // Not the plain sum: a bias before a batch norm would be right to have no gradient of it.
          return tf.sum(tf.mul(tf.square(logits), tf.range(1, 8))).asScalar();
        }, [...device.parameters.values()]);
        for (const [name, variable] of device.parameters) {
          const gradient = grads[variable.name].dataSync();
          if (!gradient.every(Number.isFinite) || gradient.every((value) => value === 0)) without.push(name);
        }
      });
      expect(without).toEqual([]);
      expect(statistics.map((batch) => batch.name)).toEqual(network.nodes.flatMap((node) => (node.op === 'batchNorm' ? [node.name] : [])));
      for (const { mean, variance } of statistics) {
        expect([...mean.dataSync(), ...variance.dataSync()].every(Number.isFinite)).toBe(true);
        tf.dispose([mean, variance]);
      }
      device.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it.skipIf(tooLarge !== '')(
    `computes the same trained (in eval mode), frozen, and written as a graph model that stock tfjs opens${tooLarge}`,
    async () => {
      const { tf } = engine;
      const before = tf.memory().numTensors;
      assertDeployable(network);
      const frozen = freeze(network, state);
      const runner = createFrozenRunner(tf, frozen);
      const model = await openGraphModel(tf as never, writeGraphModel(frozen, 'float32'));
      const [byRunner, byModel, expected] = tf.tidy(() => {
        const input = upload();
        return [runner.logits(input), model.predict(input) as Tensor, evalForward(engine, network, state, input)];
      });
      expect(byRunner.shape).toEqual([BATCH, 7]);
      expect(relativeDifference(byRunner.dataSync(), expected.dataSync())).toBeLessThan(1e-4);
      expect(relativeDifference(byModel.dataSync(), expected.dataSync())).toBeLessThan(1e-4);
      tf.dispose([byRunner, byModel, expected]);
      runner.dispose();
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    },
  );

  it.skipIf(tooLarge !== '')(`computes the same written as an ONNX model that ONNX Runtime opens${tooLarge}`, async () => {
    const frozen = freeze(network, state);
    const { dims, logits } = await onnxLogits(writeOnnxModel(frozen, onnxDescription(network)), images, [BATCH, height, width, channels]);
    expect(dims).toEqual([BATCH, 7]);
    const runner = createFrozenRunner(engine.tf, frozen);
    const expected = engine.tf.tidy(() => runner.logits(upload()));
    expect(relativeDifference(logits, expected.dataSync())).toBeLessThan(1e-4);
    expected.dispose();
    runner.dispose();
  });
});

describe('trainable parameters', () => {
  const cifar = { inputShape: { height: 32, width: 32, channels: 3 }, classes: 100 };
  const imagenet = { inputShape: { height: 224, width: 224, channels: 3 }, classes: 1000 };

  const counts = [
    // conv1 3·9·16 + bn 32; stages with two 3x3 and, at another width, a 1x1 projection; fc 64·100 + 100.
    ['resnet8', cifar, 83_892],
    ['resnet14', cifar, 181_108],
    ['resnet20', cifar, 278_324],
    ['resnet32', cifar, 472_756],
    ['resnet44', cifar, 667_188],
    ['resnet56', cifar, 861_620],
    ['resnet110', cifar, 1_736_564],
    ['resnet8x4', cifar, 1_233_540],
    ['resnet32x4', cifar, 7_433_860],
    ['resnet20_a', cifar, 275_572],
    ['resnet32_a', cifar, 470_004],
    ['resnet44_a', cifar, 664_436],
    ['resnet56_a', cifar, 858_868],
    ['resnet110_a', cifar, 1_733_812],
    ['wrn_16_1', cifar, 180_916],
    ['wrn_16_2', cifar, 703_284],
    ['wrn_40_1', cifar, 569_780],
    ['wrn_40_2', cifar, 2_255_156],
    ['vgg8', cifar, 3_965_028],
    ['vgg11', cifar, 9_277_284],
    ['vgg13', cifar, 9_462_180],
    ['vgg16', cifar, 14_774_436],
    ['vgg19', cifar, 20_086_692],
    ['MobileNetV2', cifar, 812_836],
    ['ShuffleV1', cifar, 949_258],
    ['ShuffleV2', cifar, 1_355_528],
    ['ShuffleV2_x0.2', cifar, 220_388],
    ['ShuffleV2_x0.3', cifar, 235_588],
    ['ShuffleV2_x0.5', cifar, 443_716],
    ['ShuffleV2_x1.5', cifar, 2_580_548],
    ['ShuffleV2_x2.0', cifar, 5_521_860],
    ['ResNet18', cifar, 11_220_132],
    ['ResNet34', cifar, 21_328_292],
    ['ResNet50', cifar, 23_705_252],
    ['mobilenet_v1', imagenet, 4_231_976],
    ['torchvision.mobilenet_v2', imagenet, 3_504_872],
    ['transformers.mobilenet_v2_0.35', imagenet, 1_677_128],
    ['transformers.mobilenet_v2_0.75', imagenet, 2_636_424],
    ['transformers.mobilenet_v2_1.0', imagenet, 3_504_872],
    ['transformers.mobilenet_v2_1.4', imagenet, 6_108_776],
    ['torchvision.mobilenet_v3_small', imagenet, 2_542_856],
    ['torchvision.mobilenet_v3_large', imagenet, 5_483_032],
    ['timm.mobilenetv3_small_100', imagenet, 2_542_856],
    ['timm.mobilenetv3_large_100', imagenet, 5_483_032],
    ['timm.mobilenetv4_conv_small', imagenet, 3_774_024],
    ['timm.mobilenetv4_conv_medium', imagenet, 9_715_512],
    ['torchvision.shufflenet_v2_x0_5', imagenet, 1_366_792],
    ['torchvision.shufflenet_v2_x1_0', imagenet, 2_278_604],
    ['torchvision.shufflenet_v2_x1_5', imagenet, 3_503_624],
    ['torchvision.shufflenet_v2_x2_0', imagenet, 7_393_996],
    ['torchvision.squeezenet1_1', imagenet, 1_235_496],
    ['timm.convnext_atto', imagenet, 3_695_520],
    ['torchvision.convnext_tiny', imagenet, 28_589_128],
    ['timm.vit_base_patch16_224', imagenet, 86_567_656],
    ['timm.mobilenetv2_035', imagenet, 1_677_128],
    ['timm.mobilenetv2_050', imagenet, 1_968_680],
    ['timm.mobilenetv2_075', imagenet, 2_636_424],
    ['timm.mobilenetv2_100', imagenet, 3_504_872],
    ['timm.mobilenetv2_110d', imagenet, 4_516_520],
    ['timm.mobilenetv2_120d', imagenet, 5_831_144],
    ['timm.mobilenetv2_140', imagenet, 6_108_776],
    ['efficientnet_lite0', imagenet, 4_652_008],
    ['efficientnet_lite1', imagenet, 5_416_680],
    ['efficientnet_lite2', imagenet, 6_092_072],
    ['efficientnet_lite3', imagenet, 8_197_096],
    ['efficientnet_lite4', imagenet, 13_006_568],
    ['timm.tf_efficientnet_lite0', imagenet, 4_652_008],
    ['timm.tf_efficientnet_lite1', imagenet, 5_416_680],
    ['timm.tf_efficientnet_lite2', imagenet, 6_092_072],
    ['timm.tf_efficientnet_lite3', imagenet, 8_197_096],
    ['timm.tf_efficientnet_lite4', imagenet, 13_006_568],
    ['timm.efficientnet_lite0', imagenet, 4_652_008],
    ['torchvision.resnet18', imagenet, 11_689_512],
    ['torchvision.resnet34', imagenet, 21_797_672],
    ['torchvision.resnet50', imagenet, 25_557_032],
    ['timm.vit_tiny_patch16_224', imagenet, 5_717_416],
    ['timm.vit_small_patch16_224', imagenet, 22_050_664],
    ['timm.deit_tiny_patch16_224', imagenet, 5_717_416],
    ['timm.deit_small_patch16_224', imagenet, 22_050_664],
    // As deit_tiny and deit_small, with a token 192 or 384, its position, and a head of 1000 · 192 + 1000 or 1000 · 384 + 1000.
    ['timm.deit_tiny_distilled_patch16_224', imagenet, 5_910_800],
    ['timm.deit_small_distilled_patch16_224', imagenet, 22_436_432],
    ['torchvision.vit_b_16', imagenet, 86_567_656],
    // A token 192, positions 65·192, patches 48·192 + 192; twelve blocks of 4·192 + 12·192² + 9·192; norm 2·192; head 192·100 + 100.
    ['vit_tiny_patch4_32', cifar, 5_380_132],
    // A token 128, positions 65·128, patches 48·128 + 128; six blocks of 4·128 + 12·128² + 9·128; norm 2·128; head 128·100 + 100.
    ['vit_micro_patch4_32', cifar, 1_217_508],
  ] as const;

  it.each(counts)('%s has as many as its original', (name, options, count) => {
    expect(trainableCount(buildNetwork(name, options))).toBe(count);
  });

  it('are stated here for every registered network', () => {
    expect(counts.map(([name]) => name).sort()).toEqual(Object.keys(networks).sort());
  });

  it("resnet8's state is named and shaped as PyTorch's", () => {
    const spec = stateSpec(buildNetwork('resnet8', cifar)).map(({ name, shape }) => `${name} [${shape}]`);
    expect(spec.slice(0, 6)).toEqual([
      'conv1.weight [16,3,3,3]',
      'bn1.weight [16]',
      'bn1.bias [16]',
      'bn1.running_mean [16]',
      'bn1.running_var [16]',
      'layer1.0.conv1.weight [16,16,3,3]',
    ]);
    expect(spec).toContain('layer2.0.downsample.0.weight [32,16,1,1]');
    expect(spec.slice(-2)).toEqual(['fc.weight [100,64]', 'fc.bias [100]']);
  });
});

describe('buildNetwork', () => {
  it.each(Object.keys(networks))('%s takes 28-pixel grey images, or says that they make no whole patches', async (name) => {
    const build = (): Network => buildNetwork(name, { inputShape: { height: 28, width: 28, channels: 1 }, classes: 10 });
    const patch = networks[name]({ inputShape: { height: 448, width: 448, channels: 1 }, classes: 10 }).nodes.find(
      (node) => node.op === 'conv2d' && node.kernel >= 16,
    );
    if (name.includes('convnext')) expect((await errorOf(build)).message).toContain('the images are too small for this network');
    else if (patch) expect((await errorOf(build)).message).toMatch(/^.* cannot take images of 28x28 pixels and 1 channels: .*patches/);
    else {
      const { nodes, output } = build();
      expect(nodes[output].shape).toEqual([10]);
    }
  });

  it('refuses images that a network has no place for, in one line', async () => {
    const error = await errorOf(() => buildNetwork('vgg8', { inputShape: { height: 7, width: 32, channels: 3 }, classes: 2 }));
    expect(error.message).toBe(
      'vgg8 cannot take images of 7x32 pixels and 3 channels: a 2x2 window does not fit a feature map of 1x8 pixels (padding 0): the images are too small for this network',
    );
  });

  it.each(['resnet9', '', 'constructor'])('refuses the unknown network "%s" and names the known ones', async (name) => {
    const error = await errorOf(() => buildNetwork(name, { inputShape: { height: 8, width: 8, channels: 1 }, classes: 2 }));
    expect(error.message).toMatch(new RegExp(`^unknown network "${name}"; allowed: resnet8, .*torchvision\\.resnet50`));
  });
});
