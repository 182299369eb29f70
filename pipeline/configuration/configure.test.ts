import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { firstDifferingSetting, trainingKey } from '../training/run-key.ts';
import { omit } from '../support/setting.ts';
import { recipeOf } from '../training/recipe.ts';
import { configure } from './configure.ts';
import { presetNamed } from './presets/index.ts';
import { defaults, runSettings } from './settings.ts';

describe('configure', () => {
  it('lets later layers win, and names the package by its data set unless told otherwise', () => {
    const configuration = configure({ epochs: 7, seed: 3 }, { epochs: 9 });
    expect(configuration).toEqual({ ...defaults, epochs: 9, seed: 3, name: 'fashion-mnist' });
    expect(configure({ quick: true }).name).toBe('fashion-mnist-quick');
    expect(configure({ data: 'cifar10:/some/where' }).name).toBe('cifar10');
    expect(configure({ name: 'mine', quick: true }).name).toBe('mine');
  });

  it('does not change the defaults, and can not be changed itself', () => {
    const configuration = configure({});
    expect(() => Object.assign(configuration, { epochs: 1 })).toThrow(TypeError);
    expect(defaults.epochs).toBe(4);
    expect(defaults.name).toBe('');
  });

  it('adds up options of the method, and starts anew with another method', () => {
    const first = { method: 'kd', methodOptions: { temperature: 2, kdWeight: 1 } };
    expect(configure(first, { methodOptions: { kdWeight: 3 } })).toMatchObject({
      method: 'kd',
      methodOptions: { temperature: 2, kdWeight: 3 },
    });
    expect(configure(first, { method: 'kd' }).methodOptions).toEqual({ temperature: 2, kdWeight: 1 });
    expect(configure(first, { method: 'sld' }).methodOptions).toEqual({});
    expect(configure(first, { methodOptions: { gammaFraction: 0 }, method: 'sld' }).methodOptions).toEqual({ gammaFraction: 0 });
    expect(defaults.methodOptions).toEqual({});
  });

  it('takes a method with its options as one piece of text', () => {
    const configuration = configure({ method: 'sld{studentSwap=false,kdWeight=2}' }, { methodOptions: { kdWeight: 3 } });
    expect(configuration).toMatchObject({ method: 'sld', methodOptions: { studentSwap: false, kdWeight: 3 } });
  });

  it('takes its own result again: what a package was made with', () => {
    const made = configure(presetNamed('long'), { name: 'x' });
    expect(configure(JSON.parse(JSON.stringify(made)) as Record<string, unknown>)).toEqual(made);
  });

  it.each([
    [{ epoch: 3 }, /^unknown setting "epoch"; allowed: preset, data, .*makeDefault$/],
    [{ toString: 'x' }, /^unknown setting "toString"/],
    [{ epochs: '3' }, /^setting "epochs" expects a whole number from 1, got "3"$/],
    [{ data: 3 }, /^setting "data" expects fashion-mnist, .*, got 3$/],
    [{ nesterov: 'yes' }, /^setting "nesterov" expects true or false, got "yes"$/],
    [{ milestones: 0.5 }, /^setting "milestones" expects numbers above 0 to below 1 with commas between, got 0.5$/],
    [{ maxDrop: null }, /^setting "maxDrop" expects a number from 0, got null$/],
    [{ learningRate: Infinity }, /^setting "learningRate" expects a number above 0, got Infinity$/],
    [{ weightDecay: NaN }, /^setting "weightDecay" expects a number from 0, got NaN$/],
    [{ epochs: 0 }, /^setting "epochs" expects a whole number from 1, got 0$/],
    [{ epochs: 2.5 }, /^setting "epochs" expects a whole number from 1, got 2.5$/],
    [{ batchSize: 1 }, /^setting "batchSize" expects a whole number from 2, got 1$/],
    [{ workers: 0 }, /^setting "workers" expects a whole number from 1, got 0$/],
    [{ replicas: -1 }, /^setting "replicas" expects a whole number from 0, got -1$/],
    [{ replicas: 3 }, /^setting "replicas" expects 0 or a divisor of the 64 of "batchSize", got 3$/],
    [{ validationCount: 0 }, /^setting "validationCount" expects a whole number from 1, got 0$/],
    [{ seed: -1 }, /^setting "seed" expects a whole number from 0 to 4294967295, got -1$/],
    [{ seed: 2 ** 32 }, /^setting "seed" expects a whole number from 0 to 4294967295, got 4294967296$/],
    [{ trainLimit: -1 }, /^setting "trainLimit" expects a whole number from 0, got -1$/],
    [{ learningRate: 0 }, /^setting "learningRate" expects a number above 0, got 0$/],
    [{ momentum: 1 }, /^setting "momentum" expects a number from 0 to below 1, got 1$/],
    [{ weightDecay: -1e-4 }, /^setting "weightDecay" expects a number from 0, got -0.0001$/],
    [{ maxDrop: -1 }, /^setting "maxDrop" expects a number from 0, got -1$/],
    [{ schedule: 'linear' }, /^setting "schedule" expects one of cosine, step, got "linear"$/],
    [{ name: '../escape' }, /^setting "name" expects lower-case letters, .*, got "..\/escape"$/],
    [{ name: 'Upper' }, /^setting "name" expects .* got "Upper"$/],
    [{ imageSize: 1.5 }, /^setting "imageSize" expects a whole number from 0, got 1.5$/],
    [{ cacheTeacher: -1 }, /^setting "cacheTeacher" expects a whole number from 0, got -1$/],
    [{ cacheTeacher: true }, /^setting "cacheTeacher" expects a whole number from 0, got true$/],
    [{ flip: 'diagonal' }, /^setting "flip" expects one of horizontal, vertical, both, none, got "diagonal"$/],
    [
      { cropScale: [1, 0.3] },
      /^setting "cropScale" expects two numbers above 0 to 1 with commas between, the smaller first, got \[1,0.3\]$/,
    ],
    [{ jitter: [0.4, 0.4, 0.4] }, /^setting "jitter" expects four numbers from 0 to 1 with commas between, the last at most 0.5, got/],
    [{ operations: ['rotate'] }, /^setting "operations" expects some of all, AutoContrast, .*, TranslateY with commas between, got/],
    [{ classWeights: 'even' }, /^setting "classWeights" expects one of none, balanced, got "even"$/],
    [{ optimizer: 'lion' }, /^setting "optimizer" expects one of sgd, adamw, got "lion"$/],
    [{ methodOptions: [] }, /^setting "methodOptions" expects options as .*, got \[\]$/],
    [{ methodOptions: null }, /^setting "methodOptions" expects options as .*, got null$/],
    [{ student: 'mobilenetv2' }, /^setting "student" expects one of resnet8, .*, got "mobilenetv2"; did you mean MobileNetV2\?$/],
    [{ method: 'sld{studentSwap=maybe}' }, /^option "studentSwap" of method sld is "maybe"; allowed: true or false$/],
    [{ method: 'sld{studentSwap}' }, /^expected options as key=value/],
    [{ milestones: [0.5, 1] }, /^setting "milestones" expects numbers above 0 to below 1 with commas between, got \[0.5,1\]$/],
    [{ milestones: ['0.5'] }, /^setting "milestones" expects .*, got \["0.5"\]$/],
    [{ stepFactor: 0 }, /^setting "stepFactor" expects a number above 0 to 1, got 0$/],
    [{ epochs: 2, warmupEpochs: 2 }, /^setting "warmupEpochs" expects a number from 0 to below the 2 of "epochs", got 2$/],
  ])('refuses %j in one line', async (layer, message) => {
    expect((await errorOf(() => configure(layer))).message).toMatch(message);
  });
});

describe('recipeOf', () => {
  it('turns fractions of the schedule into epochs', () => {
    const { schedule } = recipeOf(configure({ schedule: 'step', epochs: 48 }));
    expect(schedule).toEqual({ kind: 'step', milestones: [30, 36, 42], factor: 0.1 });
    expect(recipeOf(configure({ schedule: 'step', epochs: 240 })).schedule).toMatchObject({ milestones: [150, 180, 210] });
    expect(recipeOf(configure({})).schedule).toEqual({ kind: 'cosine' });
  });

  it('hands on what the trainer needs', () => {
    expect(recipeOf(configure({ momentum: 0.8, weightDecay: 0.01, nesterov: true, batchSize: 32 }))).toMatchObject({
      batchSize: 32,
      optimizer: { name: 'sgd', momentum: 0.8, weightDecay: 0.01, nesterov: true },
    });
  });
});

describe('trainingKey', () => {
  const key = (changes: object, engine = 'wasm', teacher = 'aa'): string => trainingKey(configure({ ...changes }), { engine, teacher });

  it.each([
    [{ workers: 3 }],
    [{ maxDrop: 9 }],
    [{ makeDefault: false }],
    [{ maxUnreadable: 0.5 }],
    [{ variants: 'float32' }],
    [{ abstainError: 0.1 }],
    [{ testLimit: 5 }],
    [{ name: 'other' }],
    [{ preset: 'other' }],
    [{ quick: true }],
    [{ engine: 'wasm' }],
    // Its content is in the teacher's identity.
    [{ teacherPreprocessing: 'x.json' }],
  ])('is the same under %j, which does not change the weights', (changes) => {
    expect(key(changes)).toBe(key({}));
  });

  it.each([
    [{ seed: 2 }],
    [{ epochs: 5 }],
    [{ learningRate: 0.1 }],
    [{ student: 'resnet20' }],
    [{ method: 'kd' }],
    [{ trainLimit: 100 }],
    [{ validationCount: 10 }],
    [{ schedule: 'step' }],
    [{ nesterov: true }],
    [{ data: 'cifar10' }],
    [{ cacheTeacher: 8 }],
    [{ methodOptions: { kdWeight: 1 } }],
    [{ classWeights: 'balanced' }],
    [{ flip: 'none' }],
    [{ imageSize: 64 }],
    [{ replicas: 2 }],
  ])('is another under %j', (changes) => {
    expect(key(changes)).not.toBe(key({}));
  });

  it('holds every setting that decides the weights, and no other', () => {
    const deciding = Object.entries(runSettings)
      .filter(([, { decides }]) => decides === 'weights')
      .map(([name]) => name);
    expect(Object.keys(JSON.parse(key({})) as object).sort()).toEqual([...deciding, 'engine'].sort());
  });

  it('of a run from before there was a setting means its default', () => {
    const before = omit(JSON.parse(key({})) as Record<string, unknown>, ['stochasticDepth']);
    expect(firstDifferingSetting(JSON.stringify(before), key({}))).toBeUndefined();
    expect(firstDifferingSetting(JSON.stringify(before), key({ stochasticDepth: 0.1 }))).toBe('stochasticDepth: 0 there, 0.1 now');
  });

  it('does not depend on the order of options; is another for another engine, and for a teacher of other weights under the same name', () => {
    expect(key({ methodOptions: { kdWeight: 1, ceWeight: 2 } })).toBe(key({ methodOptions: { ceWeight: 2, kdWeight: 1 } }));
    expect(key({}, 'tensorflow')).not.toBe(key({}));
    expect(key({}, 'wasm', 'bb')).not.toBe(key({}));
  });

  it('is another for a folder whose pictures changed', () => {
    const under = (content?: Record<string, string>): string =>
      trainingKey(configure({ data: 'folder:/pictures' }), { engine: 'wasm', teacher: '', ...(content && { content }) });
    expect(new Set([under(), under({ list: 'aa' }), under({ list: 'bb' })]).size).toBe(3);
  });

  it('is the same for the same content under another path, and takes the path of an older key for no difference', () => {
    const under = (data: string): string => trainingKey(configure({ data }), { engine: 'wasm', teacher: '', content: { list: 'aa' } });
    expect(under('folder:/mnt/a/pictures')).toBe(under('folder:/home/b'));
    const older = JSON.stringify({ ...(JSON.parse(under('folder:/a')) as object), data: 'folder:/a', teacherPreprocessing: '/a/x.json' });
    expect(firstDifferingSetting(older, under('folder:/b'))).toBeUndefined();
    expect(firstDifferingSetting(older, under('cifar10'))).toBe('data: "folder" there, "cifar10" now');
  });
});

describe('the name of a package', () => {
  it.each([
    ['cifar10', 'cifar10'],
    ['cifar10:/some/where', 'cifar10'],
    ['folder:/data/My Birds (2024)', 'my-birds-2024'],
    ['folder:/data/牛/', 'folder'],
    ['folder', 'folder'],
  ])('of %s is %s', (data, name) => {
    expect(configure({ data }).name).toBe(name);
  });
});
