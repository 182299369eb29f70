import { describe, expect, it } from 'vitest';
import { editDistance, nearest } from './nearest.ts';
import { number, numbers, oneName, optional, path, someNames, text, toggle, whole, type ValueKind } from './value.ts';

const taken = (value: ValueKind<unknown>, typed: string): unknown => {
  const read = value.parse(typed);
  return read !== undefined && value.holds(read) ? read : 'refused';
};

describe('kinds of values', () => {
  it.each<[string, ValueKind<unknown>, string, unknown[], string[]]>([
    ['number from', number(0.5, { from: 0 }), 'a number from 0', ['0', '1e-3', '7'], ['-1', '', 'x', 'Infinity', 'NaN', '1,5']],
    ['number above and to', number(0.5, { above: 0, to: 1 }), 'a number above 0 to 1', ['0.1', '1'], ['0', '1.1']],
    ['number below', number(0, { from: 0, below: 1 }), 'a number from 0 to below 1', ['0', '0.99'], ['1', '-0.1']],
    ['whole number', whole(3, { from: 1, to: 4 }), 'a whole number from 1 to 4', ['1', '4'], ['0', '5', '1.5', '']],
    [
      'numbers',
      numbers([0.5], { above: 0, below: 1 }),
      'numbers above 0 to below 1 with commas between',
      ['0.5', '0.1, 0.9'],
      ['', '0.5,', '0,0.5', 'x'],
    ],
    ['switch', toggle(false), 'true or false', ['true', 'false'], ['yes', '']],
    ['name', oneName('a', ['a', 'b']), 'one of a, b', ['a', 'b'], ['c', 'A', '']],
    ['names', someNames(['a'], ['a', 'b']), 'some of a, b with commas between', ['a', 'b, a'], ['', 'a,c', 'a,']],
    ['text', text('x'), 'text', ['', 'anything'], []],
    ['pattern', text('x', 'letters', /^[a-z]+$/), 'letters', ['abc'], ['', 'A', 'a1']],
    ['path', path(''), 'a path', ['a/b'], ['']],
    ['optional', optional(whole(1, { from: 1 })), 'a whole number from 1', ['2'], ['0', '']],
  ])('%s', (_name, value, allowed, good, bad) => {
    expect(value.allowed).toBe(allowed);
    expect(value.holds(value.default)).toBe(true);
    for (const typed of good) expect(taken(value, typed as string), String(typed)).not.toBe('refused');
    for (const typed of bad) expect(taken(value, typed), typed).toBe('refused');
  });

  it('are not taken for another kind', () => {
    for (const value of [null, {}, [], 'x', true]) {
      expect(number(0, {}).holds(value)).toBe(false);
      expect(whole(0, {}).holds(value)).toBe(false);
    }
    expect(numbers([1], {}).holds(['1'])).toBe(false);
    expect(toggle(true).holds('true')).toBe(false);
  });
});

describe('nearest', () => {
  it('counts letters that differ', () => {
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('qiuck', 'quick')).toBe(1);
    expect(editDistance('abc', 'abc')).toBe(0);
  });

  it('finds a name written wrong, in any case, and nothing far away', () => {
    expect(nearest('mobilenetv2', ['MobileNetV2', 'resnet8'])).toBe('MobileNetV2');
    expect(nearest('distil', ['distill', 'deploy'])).toBe('distill');
    expect(nearest('resnet', ['MobileNetV2', 'wrn_40_2'])).toBeUndefined();
    expect(nearest('', ['a'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
