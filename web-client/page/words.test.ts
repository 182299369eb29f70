import { ERROR_CATALOGUE } from '@sld-edge/runtime';
import { describe, expect, it } from 'vitest';
import type { ClassifyResult } from '../inference/protocol.ts';
import { readDistrusted, rememberDistrusted } from './distrusted-adapters.ts';
import { ERROR_WORDS } from './error-words.ts';
import { formatBytes, formatMs, formatPercent } from './format.ts';
import { offlineWords } from './offline-badge.ts';
import { readParameters } from './parameters.ts';
import { spokenResult } from './result-view.ts';

describe('numbers', () => {
  it.each([
    [0.42, '0.4 ms'],
    [9.94, '9.9 ms'],
    [12.6, '13 ms'],
    [1340, '1.3 s'],
  ])('%d ms', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it.each([
    [0.9743, '97.4 %'],
    [0, '0.0 %'],
    [1, '100.0 %'],
    [0.99995, '> 99.9 %'],
    [0.0004, '< 0.1 %'],
  ])('fraction %d', (fraction, text) => {
    expect(formatPercent(fraction)).toBe(text);
  });

  it.each([
    [512, '512 B'],
    [98_304, '98 kB'],
    [2_400_000, '2.4 MB'],
    [10_700_000_000, '10.7 GB'],
  ])('%d bytes', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

it('has plain words for each code of the catalogue and for no other', () => {
  expect(Object.keys(ERROR_WORDS).sort()).toEqual(Object.keys(ERROR_CATALOGUE).sort());
});

describe('the spoken answer', () => {
  const predictions = ['Boot', 'Sandal', 'Sneaker', 'Bag', 'Coat', 'Dress'].map((label, index) => ({
    label,
    index,
    probability: [0.6, 0.2, 0.1, 0.05, 0.03, 0.02][index],
  }));
  const result = { predictions, abstained: false } as ClassifyResult;

  it('says the five likeliest classes', () => {
    expect(spokenResult(result)).toBe('Boot, 60.0 %. Then Sandal 20.0 %, Sneaker 10.0 %, Bag 5.0 %, Coat 3.0 %.');
  });

  it('says that the model is not sure where it should withhold its answer', () => {
    expect(spokenResult({ ...result, abstained: true })).toBe(
      'Boot, 60.0 %. The model is not sure. Then Sandal 20.0 %, Sneaker 10.0 %, Bag 5.0 %, Coat 3.0 %.',
    );
  });
});

describe('the offline badge', () => {
  it('never shows 100 % before everything is stored', () => {
    expect(offlineWords({ phase: 'downloading', doneBytes: 999, totalBytes: 1000 }).short).toBe('Saving for offline use: 99 %');
  });

  it('names the reason and what still works', () => {
    const words = offlineWords({ phase: 'failed', cause: 'quota', reason: 'no room' });
    expect(words.short).toBe('No room to save offline');
    expect(words.long).toBe('no room; the page works from memory until it is closed');
  });
});

describe('the address', () => {
  it('names model, variant and backends in order', () => {
    expect(readParameters('?model=m&variant=float32&backend=tfjs-webgpu,tfjs-wasm')).toEqual({
      model: 'm',
      variant: 'float32',
      backends: ['tfjs-webgpu', 'tfjs-wasm'],
    });
    expect(readParameters('?threads=3').threads).toBe(3);
    for (const wrong of ['0', '17', 'two', ''])
      expect(() => readParameters(`?threads=${wrong}`)).toThrow(`threads must be a whole number from 1 to 16; came "${wrong}"`);
    expect(readParameters('')).toEqual({ model: undefined, variant: undefined, backends: undefined });
  });

  it('says what the backend typescript is called now', () => {
    expect(() => readParameters('?backend=typescript')).toThrow('what was "typescript" is called "interpreter" now');
  });

  it('may not name a backend that browsers lack', () => {
    expect(() => readParameters('?backend=cuda')).toThrow(
      'in a browser there are: wasm, wasm-relaxed, wasm-scalar, webgpu, interpreter, tfjs-wasm, tfjs-webgpu',
    );
  });
});

describe('the memory of adapters', () => {
  const storageOf = (initial?: string): Storage => {
    let kept = initial ?? null;
    return { getItem: () => kept, setItem: (_key: string, value: string) => (kept = value) } as unknown as Storage;
  };

  it('keeps the last reason for an adapter and package', () => {
    const storage = storageOf();
    rememberDistrusted({ adapter: 'a', model: 'm@1', reason: 'first' }, storage);
    rememberDistrusted({ adapter: 'a', model: 'm@2', reason: 'other' }, storage);
    rememberDistrusted({ adapter: 'a', model: 'm@1', reason: 'second' }, storage);
    expect(readDistrusted(storage).map(({ model, reason }) => `${model} ${reason}`)).toEqual(['m@2 other', 'm@1 second']);
  });

  it('is empty where it is unreadable', () => {
    expect(readDistrusted(storageOf('{broken'))).toEqual([]);
    expect(readDistrusted(storageOf('{}'))).toEqual([]);
  });
});
