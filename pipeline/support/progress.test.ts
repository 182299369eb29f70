import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProgress, duration, percent, type Progress } from './progress.ts';

describe('duration', () => {
  it.each([
    [0, '0 s'],
    [499, '0 s'],
    [75_000, '75 s'],
    [99_400, '99 s'],
    [99_600, '1 min 40 s'],
    [725_000, '12 min 05 s'],
    [5_999_000, '99 min 59 s'],
    [6_000_000, '1 h 40 min'],
    [7_380_000, '2 h 03 min'],
  ])('%i ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe('percent', () => {
  it.each([
    [0, '0.00 %'],
    [0.12345, '12.35 %'],
    [0.9, '90.00 %'],
    [1, '100.00 %'],
  ])('%f is %s', (fraction, text) => {
    expect(percent(fraction)).toBe(text);
  });
});

describe('createProgress', () => {
  let written: string[];
  beforeEach(() => {
    written = [];
    vi.useFakeTimers({ toFake: ['performance'] });
  });
  afterEach(() => void vi.useRealTimers());

  const create = (isTTY: boolean): Progress =>
    createProgress('training', { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream);

  it('away from a terminal writes a plain line now and then, with the time that is left', () => {
    const progress = create(false);
    for (let second = 1; second <= 40; second++) {
      vi.advanceTimersByTime(1000);
      progress.update(second / 80, `epoch ${second}`);
    }
    // After 7.5 s, then every 15 s: at 8, 23 and 38 s, with 72, 57 and 42 s to go.
    expect(written).toEqual([
      'training 10 % epoch 8, 72 s left\n',
      'training 28 % epoch 23, 57 s left\n',
      'training 47 % epoch 38, 42 s left\n',
    ]);
  });

  it('tells no time that is left before a hundredth is done', () => {
    const progress = create(false);
    vi.advanceTimersByTime(15_000);
    progress.update(0.001, 'unpacking');
    vi.advanceTimersByTime(15_000);
    progress.update(0.01, 'unpacking');
    expect(written).toEqual(['training 0 % unpacking, … left\n', 'training 1 % unpacking, 49 min 30 s left\n']);
  });

  it('away from a terminal writes no control characters at the end, and no empty line', () => {
    const progress = create(false);
    progress.done();
    progress.done('epoch 1 is done');
    expect(written).toEqual(['epoch 1 is done\n']);
  });

  it('on a terminal redraws one line, ten times a second at most', () => {
    const progress = create(true);
    progress.update(0, 'begin');
    progress.update(0.1, 'too soon');
    vi.advanceTimersByTime(10_000);
    progress.update(0.25, 'later');
    progress.done('done');
    expect(written).toEqual([
      `\r\x1b[2Ktraining ${'░'.repeat(24)} 0 % begin, … left`,
      `\r\x1b[2Ktraining ${'█'.repeat(6)}${'░'.repeat(18)} 25 % later, 30 s left`,
      '\r\x1b[2K',
      'done\n',
    ]);
  });
});
