import { describe, expect, it } from 'vitest';
import { searchOutcome } from '../comparison/search.ts';
import { errorOf } from '../testing/error-of.ts';
import { parseRows } from './comparison-row.ts';
import { parseSearch, searchedRows } from './search-space.ts';

describe('parseSearch', () => {
  it('doubles over a range, and takes a list as it is', () => {
    expect(parseSearch('learningRate=0.0125..0.1, kdWeight=[0.9,9],views=["weak","both"]')).toEqual({
      learningRate: [0.0125, 0.025, 0.05, 0.1],
      kdWeight: [0.9, 9],
      views: ['weak', 'both'],
    });
    expect(parseSearch('learningRate=0.1..0.3').learningRate).toEqual([0.1, 0.2]);
    expect(parseSearch('learningRate=1e-3..1e-3').learningRate).toEqual([0.001]);
  });

  it.each(['', 'learningRate', 'learningRate=0.1', 'learningRate=0.1..0.05', 'learningRate=0..1', 'kdWeight=[]', 'kdWeight=[1'])(
    'refuses %j in one line',
    async (text) => {
      expect((await errorOf(() => parseSearch(text))).message).toMatch(/^--search expects NAME=FROM\.\.TO .* got "/);
    },
  );

  it('refuses a name twice', async () => {
    expect((await errorOf(() => parseSearch('epochs=1..2,epochs=[3]'))).message).toBe('--search states "epochs" twice');
  });
});

describe('searchedRows', () => {
  const labels = (rows: string, space: string): string[][] =>
    searchedRows(parseRows(rows), parseSearch(space)).map(({ candidates }) => candidates.map(({ label }) => label));

  it('tries for each row what is an option of its method or a setting, and what it does not state itself', () => {
    expect(labels('ce,kd,kd{learningRate=0.1}', 'learningRate=0.01..0.02,kdWeight=[1,9]')).toEqual([
      ['ce{learningRate=0.01}', 'ce{learningRate=0.02}'],
      [
        'kd{kdWeight=1,learningRate=0.01}',
        'kd{kdWeight=9,learningRate=0.01}',
        'kd{kdWeight=1,learningRate=0.02}',
        'kd{kdWeight=9,learningRate=0.02}',
      ],
      ['kd{kdWeight=1,learningRate=0.1}', 'kd{kdWeight=9,learningRate=0.1}'],
    ]);
  });

  it.each([
    ['ce', 'kdWeight=[1,2]', /^--search: "kdWeight" is neither option nor setting of a row/],
    ['kd', 'data=["cifar10"]', /^--search: "data" is neither option nor setting of a row/],
    ['kd{kdWeight=1}', 'kdWeight=[1,2]', /^--search: "kdWeight" is neither .* or every row of which it is states it$/],
    ['kd', 'kdWeight=[-1]', /^--search: option "kdWeight" of method kd is -1; allowed: a number from 0$/],
    ['kd', 'epochs=[0]', /^--search: setting "epochs" expects a whole number from 1, got 0$/],
    ['kd,kd{epochs=2}', 'epochs=[2,3]', /^--search: "kd\{epochs=2\}" would be tried for two rows$/],
  ])('refuses for %s the space %s', async (rows, space, message) => {
    expect((await errorOf(() => labels(rows, space))).message).toMatch(message);
  });
});

describe('searchOutcome', () => {
  const search = {
    seed: 4,
    rows: [
      { row: 'kd', tried: ['a', 'b', 'c'] },
      { row: 'ce', tried: ['d'] },
    ],
  };
  const result = (label: string, seed: number, top1: number) => ({ label, seed, validation: { top1 } as never });

  it('chooses by validation under its own seed, the first of equals', () => {
    const { rows } = searchOutcome(search, [result('a', 4, 0.2), result('b', 4, 0.3), result('c', 4, 0.3), result('a', 5, 0.9)]);
    expect(rows[0]).toEqual({
      row: 'kd',
      chosen: 'b',
      tried: [
        { label: 'a', validationTop1: 0.2 },
        { label: 'b', validationTop1: 0.3 },
        { label: 'c', validationTop1: 0.3 },
      ],
    });
  });

  it('passes over what has no result, and takes the first while none has one', () => {
    expect(searchOutcome(search, [result('c', 4, 0)]).rows[0].chosen).toBe('c');
    expect(searchOutcome(search, []).rows.map(({ chosen }) => chosen)).toEqual(['a', 'd']);
  });
});
