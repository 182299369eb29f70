import { describe, expect, it } from 'vitest';
import { judgeServers, plot, workText } from './report.ts';
import type { Measured, Turn } from './turns.ts';

const turn = (processorMs: number): Turn => ({
  processorMs,
  answersPerSecond: 1000 / processorMs,
  p50Ms: processorMs,
  p99Ms: 2 * processorMs,
});

const measured = (contestant: string, connections: number, processorMs: number[]): Measured => ({
  contestant,
  connections,
  turns: processorMs.map(turn),
  answers: 10,
  others: {},
  residentBytes: 1e8,
  labels: ['a', 'b'],
});

describe('judgeServers', () => {
  const all = [
    measured('ours', 1, [1, 2, 9]),
    measured('peer', 1, [4, 4, 6]),
    measured('ours', 8, [3]),
    measured('peer', 8, [4]),
    measured('third', 8, [1]),
  ];

  it('compares turns of the same round, at each number of connections', () => {
    const bars = judgeServers(all, [{ ours: 'ours', other: 'peer', figure: 'processorMs', most: 0.6 }]);
    // 1/4, 2/4 and 9/6; minima 1 and 4.
    expect(bars).toMatchObject([
      { connections: 1, median: 0.5, ofMinima: 0.25, met: true },
      { connections: 8, median: 0.75, ofMinima: 0.75, met: false },
    ]);
  });

  it('holds throughput to at least its bar, and leaves out who was not measured', () => {
    expect(judgeServers(all, [{ ours: 'ours', other: 'peer', figure: 'answersPerSecond', least: 1.5 }]).map(({ met }) => met)).toEqual([
      true,
      false,
    ]);
    expect(judgeServers(all, [{ ours: 'ours', other: 'third', figure: 'processorMs', most: 5 }])).toMatchObject([
      { connections: 8, median: 3, met: true },
    ]);
  });
});

describe('workText and plot', () => {
  it('say who was refused, who gave another label first, and how long the bars are', () => {
    const other = { ...measured('peer', 1, [4]), others: { '503': 2 }, labels: ['a', 'c'] };
    const result = {
      work: 'mixed',
      pictures: '2 × scene',
      files: 2,
      bytes: 1e6,
      measured: [measured('ours', 1, [2]), other],
      bars: [],
      missing: [],
    };
    const text = workText(result);
    expect(text).toMatch(/peer +1 +4\.00 +4\.00 +250 .* 2 × 503 +1 of 2/);
    expect(plot([result])).toMatch(/ours, 1<\/text><rect [^>]*width="210\.0"[^]*peer, 1<\/text><rect [^>]*width="420\.0"/);
  });
});
