import { describe, expect, it } from 'vitest';
import { imagesInMemory } from '../data/sets/image-source.ts';
import { accuracy } from '../evaluation/accuracy.ts';
import { logitsOf } from '../evaluation/logits.ts';
import { freeze } from '../networks/freeze.ts';
import { buildNetwork, networks } from '../networks/index.ts';
import { stateSpec } from '../networks/state.ts';
import { wasmEngine } from '../testing/engines.ts';
import { errorOf } from '../testing/error-of.ts';
import { randomState } from '../testing/random-state.ts';
import { tinyRunData } from '../testing/tiny-data.ts';
import type { Flip } from '../data/augmentation/index.ts';
import { featureNetwork, headOf } from './backbone.ts';
import { featuresOf, fixedViews, PLAIN } from './features.ts';
import { describeFitting, fittingWeights } from './fitting-weights.ts';
import { trainHead } from './train-head.ts';

const engine = await wasmEngine();
const { tf } = engine;

describe('the head', () => {
  it.each(Object.keys(networks))('of %s is its last linear layer', (name) => {
    const size = /^(torchvision|timm|vit|deit|efficientnet)/.test(name) && !name.endsWith('_32') ? 224 : 32;
    const network = buildNetwork(name, { inputShape: { height: size, width: size, channels: 3 }, classes: 7 });
    if (name.includes('squeezenet'))
      return expect(() => headOf(network)).toThrow(/its head can't be replaced, which must be a linear layer$/);
    if (name.includes('distilled')) return expect(() => headOf(network)).toThrow(/ends in average: its head can't be replaced, /);
    const head = headOf(network);
    const shapes = Object.fromEntries(stateSpec(network).map(({ name, shape }) => [name, shape]));
    expect(shapes[head.weight]).toEqual([7, head.features]);
    expect(shapes[head.bias]).toEqual([7]);
  });

  it('gone, the network answers what the head is given', () => {
    const network = buildNetwork('resnet8', { inputShape: { height: 8, width: 8, channels: 3 }, classes: 4 });
    const frozen = featureNetwork(network, randomState(network));
    expect(frozen.classes).toBe(64);
    expect(frozen.nodes.at(-1)!.name).toBe(frozen.output);
    expect(frozen.nodes.some(({ op }) => op === 'linear')).toBe(false);
  });
});

describe('trainHead', () => {
  const data = tinyRunData({ channels: 3 });
  const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });
  const state = randomState(network);

  it('learns the classes on features of a random backbone, whose own weights stay', async () => {
    const lines: string[] = [];
    const head = await trainHead({
      tf,
      network,
      state,
      data,
      augmentation: { flip: 'horizontal' },
      seed: 1,
      say: (line) => void lines.push(line),
    });
    for (const [name, { data: values }] of state) if (!name.startsWith('fc.')) expect(head.state.get(name)!.data).toEqual(values);
    const logits = await logitsOf(
      { kind: 'network', network: freeze(network, head.state), tf },
      data.validation.images,
      data.preprocessing,
    );
    expect(head.validationTop1).toBeGreaterThan(0.8);
    expect(accuracy(logits, data.validation.labels, 3).top1).toBeCloseTo(head.validationTop1, 12);
    expect(lines[0]).toMatch(/^head of resnet8 on cached features: top-1 validation \d+\.\d\d % of 12, L2 strength [\d.e-]+ chosen there$/);
  });

  it('sees images at the size of the network where that is another', async () => {
    const large = buildNetwork('resnet8', { inputShape: { height: 16, width: 16, channels: 3 }, classes: 3 });
    const preprocessing = { ...data.preprocessing, height: 16, width: 16, scale: 1 / 255, channelOrder: 'rgb' as const };
    const head = await trainHead({
      tf,
      network: large,
      state,
      data,
      preprocessing,
      augmentation: { flip: 'none' },
      seed: 1,
      say: () => {},
    });
    const options = { size: data.inputShape };
    const logits = await logitsOf(
      { kind: 'network', network: freeze(large, head.state), tf },
      data.validation.images,
      preprocessing,
      options,
    );
    expect(accuracy(logits, data.validation.labels, 3).top1).toBeCloseTo(head.validationTop1, 12);
  });
});

describe('fittingWeights', () => {
  const shape = { height: 8, width: 8, channels: 3 };
  const source = buildNetwork('resnet14', { inputShape: shape, classes: 100 });
  const weights = randomState(source);

  it('takes what fits by name and shape, and says what starts afresh and what is left over', () => {
    const network = buildNetwork('resnet8', { inputShape: shape, classes: 3 });
    const fitting = fittingWeights(network, weights, 'resnet14.pth', [1]);
    expect(fitting.fresh.map(({ name }) => name)).toEqual(['fc.weight', 'fc.bias']);
    expect(fitting.taken).toHaveLength(stateSpec(network).length - 2);
    expect(fitting.state.get('conv1.weight')!.data).toEqual(weights.get('conv1.weight')!.data);
    expect(fitting.unused).toHaveLength(weights.size - stateSpec(network).length);
    expect(describeFitting(network, 'resnet14.pth', fitting)).toEqual([
      expect.stringMatching(/^resnet8 starts from resnet14\.pth: \d+ of its \d+ entries \([\d,]+ numbers\) are taken from there$/),
      'starting afresh: fc.weight ([100,64] there, [3,64] here), fc.bias ([100] there, [3] here), 195 numbers',
      expect.stringMatching(/^not used of resnet14\.pth: layer1\.1\.conv1\.weight, .* more$/),
    ]);
  });

  it('sums the weights of colour channels for grey images, which are then answered as grey in three channels', async () => {
    const grey = tinyRunData({ channels: 1 });
    const network = buildNetwork('resnet14', { inputShape: grey.inputShape, classes: 100 });
    const colour = { ...grey.preprocessing, channels: 3 as const, mean: [0.4, 0.4, 0.4], std: [0.2, 0.25, 0.5] };
    const factors = colour.std.map((std) => 0.25 / std);
    const fitting = fittingWeights(network, weights, 'resnet14.pth', [1], factors);
    expect(fitting.summed).toEqual(['conv1.weight']);
    expect(describeFitting(network, 'resnet14.pth', fitting)).toContain(
      'grey images: the weights of the three colour channels of conv1.weight are summed',
    );
    const { images } = grey.validation;
    const expected = await logitsOf({ kind: 'network', network: freeze(source, weights), tf }, images, colour, { size: grey.inputShape });
    const got = await logitsOf({ kind: 'network', network: freeze(network, fitting.state), tf }, images, grey.preprocessing);
    expect(Math.max(...got.map((value, i) => Math.abs(value - expected[i])))).toBeLessThan(1e-4 * Math.max(...expected.map(Math.abs)));
  });

  it('refuses weights of another family', async () => {
    const other = buildNetwork('vgg8', { inputShape: { ...shape, height: 32, width: 32 }, classes: 3 });
    expect((await errorOf(() => fittingWeights(other, weights, 'resnet14.pth', [1]))).message).toMatch(
      /^none of the \d+ weights of resnet14\.pth fits vgg8 by name and shape/,
    );
  });
});

it('fixed views are the image as it is, and the mirror images that training may see', () => {
  const text = (flip: Flip): string[] =>
    fixedViews({ flip }, 1).map((view) =>
      view.kind === 'crop' ? 'crop' : `${view.leftRight ? 'left-right' : ''}${view.upDown ? 'up-down' : ''}`,
    );
  expect(text('none')).toEqual(['']);
  expect(text('horizontal')).toEqual(['', 'left-right']);
  expect(text('vertical')).toEqual(['', 'up-down']);
  expect(text('both')).toEqual(['', 'left-right', 'up-down', 'left-rightup-down']);
});

describe('fixed views with resized crops', () => {
  const resizedCrop = { scale: [0.25, 0.25], aspect: [1, 1] } as const;

  it('are twice as many crops besides, each with draws of its own', () => {
    const views = fixedViews({ flip: 'horizontal', resizedCrop }, 5);
    expect(views.map((view) => (view.kind === 'crop' ? view.keys : view.kind))).toEqual(['whole', 'whole', [5, 0], [5, 1], [5, 2], [5, 3]]);
  });

  it('give features of a quarter of the image, the same again for the same seed', async () => {
    const data = tinyRunData({ channels: 3 });
    const network = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });
    const backbone = featureNetwork(network, randomState(network));
    const source = {
      tf,
      backbone,
      stored: data.inputShape,
      preprocessing: { ...data.preprocessing, scale: 1 / 255, channelOrder: 'rgb' as const },
    };
    const of = (seed: number) => featuresOf(source, data.validation, fixedViews({ flip: 'none', resizedCrop }, seed)[1]);
    const [one, again, other, whole] = [await of(1), await of(1), await of(2), await featuresOf(source, data.validation, PLAIN)];
    expect(again).toEqual(one);
    expect(other).not.toEqual(one);
    expect(whole).not.toEqual(one);
  });

  it('are cut from the larger pictures where there are some', async () => {
    const { inputShape, preprocessing, validation } = tinyRunData({ channels: 3 });
    const { height, width } = inputShape;
    const twice = { height: 2 * height, width: 2 * width };
    const black = imagesInMemory(new Uint8Array(validation.count * 3 * twice.height * twice.width), 3 * twice.height * twice.width);
    const network = buildNetwork('resnet8', { inputShape, classes: 3 });
    const backbone = featureNetwork(network, randomState(network));
    const source = { tf, backbone, stored: inputShape, preprocessing: { ...preprocessing, scale: 1 / 255, channelOrder: 'rgb' as const } };
    const crop = fixedViews({ flip: 'none', resizedCrop }, 1)[1];
    const of = await featuresOf(source, { ...validation, larger: { ...twice, images: black } }, crop);
    const rows = Array.from({ length: validation.count }, (_, i) => of.subarray(64 * i, 64 * (i + 1)));
    for (const row of rows) expect(row).toEqual(rows[0]);
  });
});
