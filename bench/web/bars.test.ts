import { describe, expect, it } from 'vitest';
import { fastestOfOurs, judge } from './bars.ts';
import type { BenchedNetwork } from './networks.ts';

const network = (family: BenchedNetwork['family']): BenchedNetwork => ({ size: 32, channels: 3, classes: 10, family });
const time = (subject: 'wasm' | 'wasm-relaxed' | 'tfjs-wasm' | 'ORT-web int8' | 'LiteRT int8', minMs: number, threads = 1) => ({
  subject,
  threads,
  minMs,
});

describe('the bars of bench:web', () => {
  const one = [time('wasm', 4), time('wasm-relaxed', 3), time('tfjs-wasm', 6), time('ORT-web int8', 4.4), time('LiteRT int8', 4)];

  it('are held by the fastest of our backends', () => {
    expect(fastestOfOurs(one, 1)!.subject).toBe('wasm-relaxed');
    expect(judge(network('ResNet'), 1e6, one)).toEqual([
      { ratio: 'wasm-relaxed / LiteRT int8', value: 0.75, bar: 0.75, isCeiling: true, met: true },
      { ratio: 'ORT-web int8 / wasm-relaxed', value: 4.4 / 3, bar: 1.5, isCeiling: false, met: false },
      { ratio: 'tfjs-wasm / wasm-relaxed', value: 2, bar: 2, isCeiling: false, met: true },
    ]);
  });

  it('of ShuffleNetV2 are held against TensorFlow.js', () => {
    expect(judge(network('ShuffleNetV2'), 1e6, one)[0]).toMatchObject({
      ratio: 'wasm-relaxed / tfjs-wasm',
      value: 0.5,
      bar: 0.4,
      met: false,
    });
  });

  it('with threads compare with LiteRT’s threads, and with one thread where there is enough to compute', () => {
    const two = [...one, time('wasm', 1.5, 2), time('LiteRT int8', 2, 2)];
    expect(judge(network('ResNet'), 1e6, two).slice(3)).toMatchObject([
      { ratio: 'wasm (2 threads) / LiteRT int8 (2 threads)', value: 0.75, bar: 0.9, met: true },
    ]);
    expect(judge(network('ResNet'), 2e8, two).slice(4)).toMatchObject([{ ratio: 'wasm-relaxed / wasm (2 threads)', value: 2, met: true }]);
  });

  it('are none where nothing of ours was timed', () => {
    expect(judge(network('ResNet'), 1e6, one.slice(2))).toEqual([]);
  });
});
