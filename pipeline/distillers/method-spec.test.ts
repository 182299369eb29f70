import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { distillers } from './index.ts';
import { methodLabel, parseMethodSpec, parseOptions } from './method-spec.ts';

describe('parseMethodSpec', () => {
  it.each(Object.keys(distillers))('takes %s alone', (method) => {
    expect(parseMethodSpec(method)).toEqual({ method, methodOptions: {}, label: method });
    expect(parseMethodSpec(`${method}{}`).label).toBe(method);
  });

  it('takes options as pairs or as JSON, and labels equal methods alike', () => {
    const spec = parseMethodSpec('sld{temperatures=[1, 4],studentSwap=false}');
    expect(spec).toEqual({
      method: 'sld',
      methodOptions: { temperatures: [1, 4], studentSwap: false },
      label: 'sld{studentSwap=false,temperatures=[1,4]}',
    });
    expect(parseMethodSpec(' sld{ studentSwap = false , temperatures = [1,4] } ').label).toBe(spec.label);
    expect(parseMethodSpec('sld{{"temperatures":[1,4],"studentSwap":false}}').label).toBe(spec.label);
    expect(parseMethodSpec(spec.label)).toEqual(spec);
    expect(methodLabel('kd', {})).toBe('kd');
    expect(parseMethodSpec('kd{views="both"}').label).toBe('kd{views=both}');
  });

  it.each([
    ['sdl', /^unknown method "sdl"; allowed: ce, /],
    ['', /^expected a method as name or name\{option=value,option=value\}, got ""$/],
    ['sld{studentSwap=false', /^expected a method as name/],
    ['sld{studentSwap}', /^expected options as key=value,key=value .* got "studentSwap"$/],
    ['sld{studentSwap=no}', /^option "studentSwap" of method sld is "no"; allowed: true or false$/],
    ['kd{views=neither}', /^option "views" of method kd is "neither"; allowed: one of weak, strong, both$/],
    ['kd{kdWeight=0,5}', /^expected options .* got "5"$/],
    ['sld{studentSwap="no"}', /^option "studentSwap" of method sld is "no"; allowed: true or false$/],
    ['kd{studentSwap=false}', /^unknown option "studentSwap" of method kd; allowed: views, temperature, ceWeight, kdWeight$/],
    ['kd{kdWeight=1,kdWeight=2}', /^option "kdWeight" is stated twice/],
    ['ce{ceWeight=1}', /^unknown option "ceWeight" of method ce; allowed: views$/],
  ])('refuses %j in one line', async (text, message) => {
    expect((await errorOf(() => parseMethodSpec(text))).message).toMatch(message);
  });
});

describe('parseOptions', () => {
  it('reads pairs and JSON', () => {
    expect(parseOptions('')).toEqual({});
    expect(parseOptions('gammaFraction=null,kdWeight=1e-1')).toEqual({ gammaFraction: null, kdWeight: 0.1 });
    expect(parseOptions('views=both,data="true"')).toEqual({ views: 'both', data: 'true' });
    expect(parseOptions('{"gammaFraction":0.5}')).toEqual({ gammaFraction: 0.5 });
  });

  it.each(['{', '{"a":}', 'a', '=1', 'a=', 'a=1;b=2'])('refuses %j', async (text) => {
    expect((await errorOf(() => parseOptions(text))).message).toMatch(
      /^expected options as key=value,key=value \(values as in JSON, or a word\) or as a JSON object, got /,
    );
  });
});
