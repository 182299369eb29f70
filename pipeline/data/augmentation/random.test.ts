import { describe, expect, it } from 'vitest';
import { createRandom, shuffle } from './index.ts';

describe('createRandom', () => {
  it('gives the numbers of a second implementation (sfc32 in arbitrary-precision integers)', () => {
    const random = createRandom(7, 3, 12345, 1);
    const words = [2727144421, 437175142, 2432355796, 1997131473];
    expect(words.map(() => random.next())).toEqual(words.map((word) => word / 2 ** 32));
  });

  it('is the same after reseed, whatever was drawn before', () => {
    const random = createRandom(1);
    random.next();
    random.reseed(7, 3, 12345, 1);
    expect(random.next()).toBe(2727144421 / 2 ** 32);
  });

  it('tells (0) from (0, 0) and the order of keys', () => {
    const first = [[], [0], [0, 0], [1, 2], [2, 1]].map((keys) => createRandom(...keys).next());
    expect(new Set(first).size).toBe(5);
  });

  it('neighbouring keys give unrelated, evenly spread first numbers', () => {
    const bins = new Uint32Array(10);
    for (let sample = 0; sample < 20_000; sample++) bins[Math.floor(createRandom(0, 0, sample, 0).next() * 10)]++;
    // 2000 expected, standard deviation 42.
    for (const count of bins) expect(Math.abs(count - 2000)).toBeLessThan(200);
  });

  it('integer(n) reaches every number equally often', () => {
    const random = createRandom(5);
    const counts = new Uint32Array(14);
    for (let i = 0; i < 14_000; i++) counts[random.integer(14)]++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(random.integer(1)).toBe(0);
  });

  it('refuses keys and bounds that are not whole numbers in range', () => {
    expect(() => createRandom(-1)).toThrow(/0…4294967295; came -1/);
    expect(() => createRandom(0.5)).toThrow(RangeError);
    expect(() => createRandom(2 ** 32)).toThrow(RangeError);
    expect(() => createRandom(0).integer(0)).toThrow(/came 0/);
  });
});

describe('shuffle', () => {
  it('is a permutation that seed and epoch determine', () => {
    const order = shuffle(1000, 1, 2);
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(shuffle(1000, 1, 2)).toEqual(order);
    expect(shuffle(1000, 1, 3)).not.toEqual(order);
    expect(shuffle(1000, 2, 2)).not.toEqual(order);
  });

  it('gives all six orders of three equally often', () => {
    const counts = new Map<string, number>();
    for (let epoch = 0; epoch < 6000; epoch++) {
      const order = shuffle(3, 9, epoch).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(6);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });

  it('handles nothing and one', () => {
    expect(shuffle(0, 0, 0).length).toBe(0);
    expect([...shuffle(1, 0, 0)]).toEqual([0]);
  });
});
