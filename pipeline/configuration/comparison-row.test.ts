import { describe, expect, it } from 'vitest';
import { distillers } from '../distillers/index.ts';
import { errorOf } from '../testing/error-of.ts';
import { configurationsOf, parseRow, parseRows, rowSettings } from './comparison-row.ts';
import { presets } from './presets/index.ts';
import { runSettings } from './settings.ts';

describe('parseRow', () => {
  it('takes options of the method, then settings of the training', () => {
    expect(parseRow('kd{epochs=17,temperature=2,learningRate=0.1,schedule=step}')).toEqual({
      method: 'kd',
      methodOptions: { temperature: 2 },
      settings: { epochs: 17, learningRate: 0.1, schedule: 'step' },
      label: 'kd{epochs=17,learningRate=0.1,schedule=step,temperature=2}',
    });
    const row = parseRow('sld{milestones=[0.5,0.75],flip=none,views=weak}');
    expect(parseRow(row.label)).toEqual(row);
  });

  it.each([
    ['kd{learnRate=1}', /^unknown option "learnRate" of method kd; allowed: views, temperature, ceWeight, kdWeight$/],
    ['kd{learningRate=0}', /^setting "learningRate" expects a number above 0, got 0$/],
    ['kd{data=cifar10}', /^setting "data" is the same for all rows of a comparison: --data states it; a row may have /],
    ['kd{validationCount=50}', /^setting "validationCount" is the same for all rows/],
    ['kd{seed=2}', /^setting "seed" is the same for all rows/],
    ['kdd{epochs=2}', /^unknown method "kdd"/],
  ])('refuses %j in one line', async (text, message) => {
    expect((await errorOf(() => parseRow(text))).message).toMatch(message);
  });

  it.each(Object.entries(distillers))('no option of %s is called as a setting is: one word has one meaning', (_name, { options }) => {
    expect(Object.keys(options).filter((option) => Object.hasOwn(runSettings, option))).toEqual([]);
  });

  it('rows may differ in how they are trained, not in what they are trained on', () => {
    expect(rowSettings).toEqual(expect.arrayContaining(['learningRate', 'epochs', 'milestones', 'mixup', 'classWeights', 'batchSize']));
    for (const key of ['data', 'teacher', 'student', 'trainLimit', 'engine', 'seed', 'name']) expect(rowSettings).not.toContain(key);
  });
});

describe('parseRows', () => {
  it('splits at commas outside brackets', () => {
    expect(parseRows('ce,kd+ls, sld{studentSwap=false,temperatures=[1,2]},sld').map(({ label }) => label)).toEqual([
      'ce',
      'kd+ls',
      'sld{studentSwap=false,temperatures=[1,2]}',
      'sld',
    ]);
  });

  it('refuses the same row twice, however it is written', async () => {
    expect((await errorOf(() => parseRows('kd{epochs=1,kdWeight=2},ce,kd{kdWeight=2.0,epochs=1}'))).message).toBe(
      'method "kd{epochs=1,kdWeight=2}" is stated twice',
    );
    expect((await errorOf(() => parseRows('ce,'))).message).toMatch(/^expected a method/);
  });
});

describe('configurationsOf', () => {
  const of = (rows: string, given: Record<string, unknown> = {}) => configurationsOf(parseRows(rows), given);

  it('is the preset, then the flags, then the row', () => {
    const preset = 'cifar100/resnet56-resnet20';
    const rates = (rows: string, given = {}) => of(rows, { preset, ...given }).map(({ learningRate, epochs }) => [learningRate, epochs]);
    expect(rates('ce,kd,dkd,sld,mlkd')).toEqual([
      [0.05, 240],
      [0.05, 240],
      [0.05, 240],
      [0.025, 240],
      [0.025, 480],
    ]);
    expect(rates('kd,sld,mlkd', { epochs: 24 })).toEqual([
      [0.05, 24],
      [0.025, 24],
      [0.025, 24],
    ]);
    expect(rates('kd{learningRate=0.1},sld,kd{epochs=17}', { epochs: 10, learningRate: 0.02 })).toEqual([
      [0.1, 10],
      [0.02, 10],
      [0.02, 17],
    ]);
    expect(of('dkd,dkd{beta=3}', { preset }).map(({ methodOptions }) => methodOptions)).toEqual([{ beta: 2 }, { beta: 3 }]);
  });

  it('lowers a warm-up that nobody stated for a row of fewer epochs', () => {
    expect(of('kd,kd{epochs=1,batchSize=32}', { warmupEpochs: undefined }).map(({ warmupEpochs }) => warmupEpochs)).toEqual([0.5, 0.5]);
  });

  it('refuses a flag that no row uses, and a setting that its own row does not', async () => {
    expect(of('ce,sld', { operationCount: 1 })[0].operationCount).toBe(1);
    expect(of('ce,kd{views=both}', { operationCount: 1 })).toHaveLength(2);
    expect((await errorOf(() => of('ce,kd', { operationCount: 1 }))).message).toMatch(/^--operation-count has no effect: the method ce/);
    expect((await errorOf(() => of('sld,kd{operationCount=1}'))).message).toMatch(/^--operation-count has no effect: the method kd/);
    expect((await errorOf(() => of('sld,ce{nesterov=true,optimizer=adamw}'))).message).toMatch(/^--nesterov has no effect/);
  });

  it.each(Object.entries(presets).filter(([, { methodSettings }]) => methodSettings))(
    'preset %s has rates for methods that there are',
    (preset, { methodSettings }) => {
      const configurations = of(Object.keys(methodSettings!).join(','), { preset });
      for (const configuration of configurations) expect(configuration).toMatchObject(methodSettings![configuration.method]);
    },
  );
});
