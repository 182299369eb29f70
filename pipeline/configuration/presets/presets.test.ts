import { describe, expect, it } from 'vitest';
import { datasets } from '../../data/sets/index.ts';
import { createDistiller, distillers } from '../../distillers/index.ts';
import { networks } from '../../networks/index.ts';
import { errorOf } from '../../testing/error-of.ts';
import { recipeOf } from '../../training/recipe.ts';
import { configure } from '../configure.ts';
import { describeConfiguration } from '../describe.ts';
import { defaults } from '../settings.ts';
import { presetNamed, presetOfTeacher, presetOptions, presets } from './index.ts';
import { howToGetTeacher } from './teacher-hint.ts';

describe.each(Object.entries(presets))('preset %s', (name, preset) => {
  const configuration = configure(presetNamed(name));

  it('is a whole configuration of names that there are, and says what it is for', () => {
    expect(configuration.preset).toBe(name);
    expect(Object.keys(networks)).toContain(configuration.student);
    expect(Object.keys(distillers)).toContain(configuration.method);
    expect(Object.keys(datasets)).toContain(configuration.data);
    expect(createDistiller(configuration.method, configuration, configuration.methodOptions).needsTeacher).toBe(
      configuration.teacher !== '',
    );
    expect(preset.about).toMatch(/^\S.*\S$/);
  });

  it('states what differs from the defaults, and takes the rest from them', () => {
    for (const [key, value] of Object.entries(configuration)) {
      if (!['preset', 'name', 'method', ...Object.keys(preset.settings)].includes(key) && key !== 'methodOptions')
        expect(value, key).toEqual(defaults[key as keyof typeof defaults]);
    }
  });

  it('has options for methods that there are, within their ranges', () => {
    for (const method of Object.keys(preset.methodOptions ?? {}))
      expect(() => createDistiller(method, configuration, presetOptions(name, method))).not.toThrow();
    for (const method of Object.keys(distillers))
      expect(configure(presetNamed(name, method))).toMatchObject({ method, methodOptions: presetOptions(name, method) });
  });
});

describe('the published pairs', () => {
  const pairs = Object.keys(presets).filter((name) => /^(cifar100|imagenet)\/.*-/.test(name));

  it('are those of the published configurations', () => {
    expect(pairs).toHaveLength(16);
    expect(pairs).toEqual(expect.arrayContaining(['imagenet/resnet34-resnet18', 'imagenet/resnet50-mobilenet_v1']));
    for (const pair of [
      'resnet56-resnet20',
      'resnet110-resnet32',
      'resnet32x4-resnet8x4',
      'wrn_40_2-wrn_16_2',
      'wrn_40_2-wrn_40_1',
      'vgg13-vgg8',
    ])
      expect(pairs).toContain(`cifar100/${pair}`);
    for (const pair of [
      'resnet32x4-ShuffleV1',
      'resnet32x4-ShuffleV2',
      'ResNet50-MobileNetV2',
      'vgg13-MobileNetV2',
      'wrn_40_2-ShuffleV1',
      'wrn_40_2-vgg8',
    ])
      expect(pairs).toContain(`cifar100/${pair}`);
  });

  it.each(pairs)('%s has a preset that trains its teacher, by labels alone on the same data', (pair) => {
    const { teacher, data, imageSize } = configure(presetNamed(pair));
    const maker = presetOfTeacher(teacher);
    expect(maker).toBeDefined();
    expect(configure(presetNamed(maker!))).toMatchObject({
      name: teacher,
      data,
      imageSize,
      method: 'ce',
      teacher: '',
      schedule: 'step',
      warmupEpochs: 0,
    });
  });

  it.each(pairs.filter((pair) => pair.startsWith('cifar100/')))(
    '%s: 240 epochs of 64 images, drops at 150, 180, 210 and the gate at 150, which scale with --epochs',
    (pair) => {
      const recipe = recipeOf(configure(presetNamed(pair)));
      expect(recipe).toMatchObject({
        epochs: 240,
        batchSize: 64,
        warmupEpochs: 0,
        schedule: { kind: 'step', milestones: [150, 180, 210], factor: 0.1 },
      });
      const short = configure(presetNamed(pair), { epochs: 24 });
      expect(recipeOf(short).schedule).toEqual({ kind: 'step', milestones: [15, 18, 21], factor: 0.1 });
      expect(createDistiller(short.method, short, short.methodOptions).options.gammaEpoch).toBe(15);
      expect(configure(presetNamed(pair))).toMatchObject({ momentum: 0.9, weightDecay: 5e-4, nesterov: false, optimizer: 'sgd' });
    },
  );

  it('learn at the published rates', () => {
    const rate = (pair: string): number => configure(presetNamed(pair)).learningRate;
    expect(rate('cifar100/resnet32x4-resnet8x4')).toBe(0.025);
    expect(rate('cifar100/wrn_40_2-ShuffleV1')).toBe(0.01);
    expect(rate('cifar100/resnet32x4-ShuffleV1')).toBe(0.009);
    expect(rate('cifar100/vgg13-MobileNetV2')).toBe(0.008);
    expect(rate('cifar100/resnet56')).toBe(0.05);
  });

  it.each(pairs.filter((pair) => pair.endsWith('.published')))('%s has SLD as it ran: no student swap', (pair) => {
    const { methodOptions, ...published } = configure(presetNamed(pair));
    const { methodOptions: ours, ...same } = configure(presetNamed(pair.replace('.published', '')));
    expect({ ...published, preset: same.preset }).toEqual(same);
    expect(methodOptions).toEqual({ ceWeight: ours.ceWeight, kdWeight: ours.kdWeight, studentSwap: false });
  });

  it('on ImageNet: 100 epochs of 512 images at 0.2, drops at 30, 60, 90, the gate at the first', () => {
    const configuration = configure(presetNamed('imagenet/resnet34-resnet18'));
    expect(configuration).toMatchObject({
      imageSize: 224,
      weightDecay: 1e-4,
      learningRate: 0.2,
      batchSize: 512,
      methodOptions: { ceWeight: 0.5, kdWeight: 0.5 },
    });
    expect(recipeOf(configuration).schedule).toMatchObject({ milestones: [30, 60, 90] });
    expect(createDistiller('sld', configuration, configuration.methodOptions).options).toMatchObject({
      gammaEpoch: 30,
      scheduleEpochs: 100,
    });
    expect(createDistiller('dkd', { epochs: 100 }, presetOptions('imagenet/resnet34-resnet18', 'dkd')).options).toMatchObject({
      lossWarmupEpochs: 1,
      beta: 0.5,
      temperature: 1,
    });
  });
});

describe('presetNamed', () => {
  it('only quick says that it is no real result', () => {
    expect(Object.keys(presets).filter((name) => configure(presetNamed(name)).quick)).toEqual(['quick']);
  });

  it.each(['qiuck', '', 'toString'])('refuses the unknown preset "%s" and names the known ones', async (name) => {
    expect((await errorOf(() => presetNamed(name))).message).toBe(
      `unknown preset "${name}"${name === 'qiuck' ? '; did you mean quick?' : ''}; allowed: ${Object.keys(presets).join(', ')}`,
    );
  });

  it('no preset trains a teacher of another name', () => {
    expect(presetOfTeacher('resnet20.fashion-mnist')).toBe('teacher');
    expect(presetOfTeacher('resnet56.cifar100')).toBe('cifar100/resnet56');
    expect(presetOfTeacher('elsewhere.onnx')).toBeUndefined();
  });
});

describe('howToGetTeacher', () => {
  it('names the command that trains it and the public file', () => {
    expect(howToGetTeacher('resnet56.cifar100')).toBe(
      "train it by npm run teacher -- --preset cifar100/resnet56, or give MDistiller's published one by --teacher PATH/resnet56_vanilla/ckpt_epoch_240.pth --teacher-network resnet56",
    );
    expect(howToGetTeacher('resnet34.imagenet')).toMatch(
      /^train it by npm run teacher -- --preset imagenet\/resnet34, or give torchvision's weights by .* --teacher-network torchvision\.resnet34$/,
    );
    expect(howToGetTeacher('resnet20.fashion-mnist')).toBe('train it by npm run teacher -- --preset teacher');
    expect(howToGetTeacher('elsewhere.onnx')).toBeUndefined();
  });
});

describe('describeConfiguration', () => {
  it('shows every setting and option once, and marks what is not the default', () => {
    const configuration = configure(presetNamed('cifar100/resnet56-resnet20'), { methodOptions: { studentSwap: false }, seed: 7 });
    const distiller = createDistiller('sld', configuration, configuration.methodOptions);
    const lines = describeConfiguration(configuration, distiller);
    expect(lines[0]).toBe('configuration: preset cifar100/resnet56-resnet20; * is not the default');
    for (const key of Object.keys(configuration).filter((key) => !['preset', 'methodOptions'].includes(key))) {
      const settings = lines.slice(1).flatMap((line) => line.slice(12).split(', '));
      expect(
        settings.filter((setting) => setting.replace('*', '').startsWith(`${key} `)),
        key,
      ).toHaveLength(1);
    }
    const options = lines.find((line) => line.trimStart().startsWith('options'))!;
    for (const option of Object.keys(distiller.options)) expect(options).toContain(`${option} `);
    expect(options).toContain('*studentSwap false');
    expect(options).toContain(', kdWeight 0.9');
    expect(lines.join('\n')).toMatch(/\*seed 7/);
    expect(lines.join('\n')).toContain('milestones [0.625 0.75 0.875] (after epochs 150 180 210)');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(280);
  });
});
