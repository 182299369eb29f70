import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { configure, defaults, presetNamed, recipeOf, trainingKey } from './index.ts';

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
    expect(configure(first, { methodOptions: { kdWeight: 3 } })).toMatchObject({ method: 'kd', methodOptions: { temperature: 2, kdWeight: 3 } });
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
    [{ epoch: 3 }, /^unknown setting "epoch"; allowed: preset, data, .*quick$/],
    [{ toString: 'x' }, /^unknown setting "toString"/],
    [{ epochs: '3' }, /^setting "epochs" expects a number, got "3"$/],
    [{ data: 3 }, /^setting "data" expects a string, got 3$/],
    [{ nesterov: 'yes' }, /^setting "nesterov" expects a boolean, got "yes"$/],
    [{ milestones: 0.5 }, /^setting "milestones" expects a list, got 0.5$/],
    [{ maxDrop: null }, /^setting "maxDrop" expects a number, got null$/],
    [{ learningRate: Infinity }, /^setting "learningRate" expects a number, got Infinity$/],
    [{ weightDecay: NaN }, /^setting "weightDecay" expects a number, got NaN$/],
    [{ epochs: 0 }, /^setting "epochs" is 0; allowed: whole numbers from 1$/],
    [{ epochs: 2.5 }, /^setting "epochs" is 2.5/],
    [{ batchSize: 1 }, /^setting "batchSize" is 1; allowed: whole numbers from 2$/],
    [{ workers: 0 }, /^setting "workers" is 0/],
    [{ replicas: -1 }, /^setting "replicas" is -1; allowed: whole numbers from 0$/],
    [{ replicas: 3 }, /^setting "replicas" is 3; allowed: divisors of the batch size 64$/],
    [{ validationCount: 0 }, /^setting "validationCount" is 0/],
    [{ seed: -1 }, /^setting "seed" is -1/],
    [{ seed: 2 ** 32 }, /^setting "seed" is 4294967296; allowed: whole numbers from 0 to 4294967295$/],
    [{ trainLimit: -1 }, /^setting "trainLimit" is -1/],
    [{ learningRate: 0 }, /^setting "learningRate" is 0; allowed: numbers above 0$/],
    [{ momentum: 1 }, /^setting "momentum" is 1; allowed: from 0 to below 1$/],
    [{ weightDecay: -1e-4 }, /^setting "weightDecay" is -0.0001/],
    [{ maxDrop: -1 }, /^setting "maxDrop" is -1; allowed: percentage points from 0$/],
    [{ schedule: 'linear' }, /^setting "schedule" is "linear"; allowed: cosine, step$/],
    [{ name: '../escape' }, /^setting "name" is "..\/escape"; allowed: lower-case letters/],
    [{ name: 'Upper' }, /^setting "name" is "Upper"/],
    [{ imageSize: 1.5 }, /^setting "imageSize" is 1.5; allowed: whole numbers from 0$/],
    [{ cacheTeacher: -1 }, /^setting "cacheTeacher" is -1; allowed: whole numbers from 0$/],
    [{ cacheTeacher: true }, /^setting "cacheTeacher" expects a number, got true$/],
    [{ flip: 'vertical' }, /^setting "flip" is "vertical"; allowed: horizontal, none$/],
    [{ classWeights: 'even' }, /^setting "classWeights" is "even"; allowed: none, balanced$/],
    [{ optimizer: 'lion' }, /^setting "optimizer" is "lion"; allowed: sgd/],
    [{ methodOptions: [] }, /^setting "methodOptions" expects a record, got \[\]$/],
    [{ methodOptions: null }, /^setting "methodOptions" expects a record, got null$/],
    [{ method: 'sld{studentSwap=maybe}' }, /^expected options as key=value/],
    [{ milestones: [0.5, 1] }, /^setting "milestones" is \[0.5,1\]; allowed: fractions of the schedule/],
    [{ milestones: ['0.5'] }, /^setting "milestones" is \["0.5"\]/],
    [{ stepFactor: 0 }, /^setting "stepFactor" is 0; allowed: above 0, to 1$/],
    [{ epochs: 2, warmupEpochs: 2 }, /^setting "warmupEpochs" is 2; allowed: from 0 to below epochs$/],
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
    expect(recipeOf(configure({ momentum: 0.8, weightDecay: 0.01, nesterov: true, batchSize: 32 }))).toMatchObject({ batchSize: 32, optimizer: { name: 'sgd', momentum: 0.8, weightDecay: 0.01, nesterov: true } });
  });
});

describe('trainingKey', () => {
  const key = (changes: object, engine = 'wasm', teacher = 'aa'): string => trainingKey(configure({ ...changes }), engine, teacher);

  it.each([[{ workers: 3 }], [{ maxDrop: 9 }], [{ testLimit: 5 }], [{ name: 'other' }], [{ preset: 'other' }], [{ quick: true }], [{ engine: 'wasm' }]])('is the same under %j, which does not change the weights', (changes) => {
    expect(key(changes)).toBe(key({}));
  });

  it.each([[{ seed: 2 }], [{ epochs: 5 }], [{ learningRate: 0.1 }], [{ student: 'resnet20' }], [{ method: 'kd' }], [{ trainLimit: 100 }], [{ validationCount: 10 }], [{ schedule: 'step' }], [{ nesterov: true }], [{ data: 'cifar10' }], [{ cacheTeacher: 8 }], [{ methodOptions: { kdWeight: 1 } }], [{ classWeights: 'balanced' }], [{ flip: 'none' }], [{ imageSize: 64 }], [{ replicas: 2 }], [{ teacherPreprocessing: 'x.json' }]])('is another under %j', (changes) => {
    expect(key(changes)).not.toBe(key({}));
  });

  it('leaves out what runs were before they could be told to be otherwise', () => {
    for (const name of ['replicas', 'stochasticDepth', 'flip']) expect(JSON.parse(key({ replicas: 1, stochasticDepth: 0, flip: 'horizontal' }))).not.toHaveProperty(name);
    expect(JSON.parse(key({ replicas: 2, stochasticDepth: 0.1 }))).toMatchObject({ replicas: 2, stochasticDepth: 0.1 });
  });

  it('does not depend on the order of options; is another for another engine, and for a teacher of other weights under the same name', () => {
    expect(key({ methodOptions: { kdWeight: 1, ceWeight: 2 } })).toBe(key({ methodOptions: { ceWeight: 2, kdWeight: 1 } }));
    expect(key({}, 'tensorflow')).not.toBe(key({}));
    expect(key({}, 'wasm', 'bb')).not.toBe(key({}));
  });

  it('is another for a folder whose pictures changed', () => {
    const under = (content?: Record<string, string>): string => trainingKey(configure({ data: 'folder:/pictures' }), 'wasm', '', content);
    expect(new Set([under(), under({ list: 'aa' }), under({ list: 'bb' })]).size).toBe(3);
  });
});

describe('the name of a package', () => {
  it.each([['cifar10', 'cifar10'], ['cifar10:/some/where', 'cifar10'], ['folder:/data/My Birds (2024)', 'my-birds-2024'], ['folder:/data/牛/', 'folder'], ['folder', 'folder']])('of %s is %s', (data, name) => {
    expect(configure({ data }).name).toBe(name);
  });
});
