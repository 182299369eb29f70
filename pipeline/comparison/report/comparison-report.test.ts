import { describe, expect, it } from 'vitest';
import { summarise } from '../summary.ts';
import { madeResult, type MadeResult } from '../../testing/made-results.ts';
import { barChart, intervalChart } from '../../support/charts/bar-chart.ts';
import { comparisonReport } from './comparison-report.ts';
import { meanSeries } from './curves-section.ts';
import { heatMap, mostConfused } from '../../support/charts/heat-map.ts';
import { lineChart } from '../../support/charts/line-chart.ts';
import { reliabilityDiagram } from '../../support/charts/reliability-diagram.ts';
import { ticks } from '../../support/charts/svg.ts';

const three = (label: string, tops: number[], made: MadeResult = {}) =>
  tops.map((testTop1, i) => madeResult({ label, seed: i + 1, testTop1, validationTop1: testTop1, ...made }));

function report(
  cells = [
    ...three('ce', [0.5, 0.5, 0.5]),
    ...three('kd', [0.5, 0.52, 0.54], { swaps: [10, 8] }),
    ...three('sld', [0.6, 0.63, 0.61], { swaps: [10, 8] }),
  ],
): string {
  const methods = [...new Set(cells.map(({ label }) => label))];
  const summary = summarise({ methods, seeds: [1, 2, 3] }, 'kd', cells, [{ label: 'kd', seed: 9, key: '', diverged: true, reason: 'x' }]);
  return comparisonReport({
    title: 'tiny <&> "more"',
    summary,
    results: cells,
    command: "npm run compare -- --methods 'ce,<kd>'",
    folderOf: ({ label, seed }) => `runs/${label}.seed${seed}`,
  });
}

describe('comparisonReport', () => {
  const html = report();

  it('is one page without scripts or anything to fetch, and escapes what it is given', () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script|<link|<img|\ssrc=|url\(|https?:/i);
    expect(html).toContain('tiny &#60;&#38;&#62; &#34;more&#34;');
    expect(html).not.toMatch(/NaN|undefined|Infinity|\[object/);
  });

  it('begins with what came out and how sure one can be', () => {
    expect(html).toMatch(
      /<p class="lead">sld, the best of 2 compared with it, is 9\.33 points of test top-1 above kd \(61\.33 ± 1\.53 % against 52\.00 ± 2\.00 %\); over 3 paired seeds/,
    );
    expect(html.indexOf('class="lead"')).toBeLessThan(html.indexOf('<h2>'));
    expect(html).toContain('<h2>What to do next</h2>');
    expect(html).toContain('npm run package -- --student runs/sld.seed2/student.safetensors');
  });

  it('has every plot with its numbers behind it, and the command', () => {
    for (const label of [
      'Test top-1 by method',
      'Difference to kd',
      'Validation top-1 per epoch',
      'Losses of sld',
      'Confusion matrix of kd',
      'Reliability diagram of ce',
      'Share of samples',
      'by class',
    ])
      expect(html, label).toMatch(new RegExp(`<svg role="img" aria-label="[^"]*${label}`));
    for (const [, body] of html.matchAll(/<figure>(.*?)<\/figure>/gs)) expect(body).toMatch(/<svg role="img" aria-label="[^"]+"/);
    expect([...html.matchAll(/<summary>Numbers<\/summary>/g)].length).toBeGreaterThanOrEqual(9);
    expect(html).toContain("npm run compare -- --methods 'ce,&#60;kd&#62;'");
    expect(html).toContain('SHA-256 of a.bin');
  });

  it('adds up the confusion of all seeds', () => {
    // Of 3 · 10 images of class 0, 6 + 6.3 + 6.1 are right.
    expect(html).toContain('class 0 right: 18.4 of 30 (61.3 %)');
    expect(html).toMatch(/<summary>kd, 3 seeds together<\/summary>/);
    expect(html).toMatch(/<details open><summary>sld, 3 seeds together/);
  });

  it('draws what the teacher got wrong once for methods that saw the same, of those that have one', () => {
    expect(html).toContain('weak view 20 %');
    expect(html).toContain('strong view 22.5 %');
    // Class 3 takes all 9 an epoch of its 10 images.
    expect(html).toMatch(/<th scope="row">class 3<\/th><td>9\.0<\/td><td>10<\/td><td>90\.00 %<\/td>/);
    expect(report(three('ce', [0.5, 0.5, 0.5]))).not.toContain('How often the teacher was wrong');
  });

  it('does with one seed of one method, and with nothing', () => {
    const one = report(three('ce', [0.5]));
    expect(one).not.toMatch(/NaN|undefined|Infinity/);
    expect(one).toContain('nothing to compare it with');
    expect(
      comparisonReport({
        title: 't',
        summary: summarise({ methods: ['kd'], seeds: [1] }, 'kd', [], []),
        results: [],
        command: 'c',
        folderOf: () => '',
      }),
    ).toContain('No training is finished yet.');
  });

  it('marks a quick run', () => {
    expect(html).not.toContain('class="quick"');
    expect(report(three('kd', [0.5], { changes: { configuration: { ...madeResult().configuration, quick: true } } }))).toContain(
      'class="quick"',
    );
  });
});

describe('meanSeries', () => {
  it('is the mean of the seeds with one standard deviation to either side', () => {
    const cells = [
      [0.2, 0.4],
      [0.4, 0.8],
    ].map((curve, i) => madeResult({ seed: i + 1, curve }));
    const { values, band } = meanSeries('kd', cells, ({ validationTop1 }) => validationTop1);
    expect(values[0]).toBeCloseTo(0.3, 12);
    expect(values[1]).toBeCloseTo(0.6, 12);
    // Two values differ by √2 standard deviations.
    expect(band![1].high).toBeCloseTo(0.6 + 0.4 / Math.SQRT2, 12);
    expect(band![1].low).toBeCloseTo(0.6 - 0.4 / Math.SQRT2, 12);
    expect(meanSeries('kd', cells.slice(0, 1), ({ validationTop1 }) => validationTop1).band).toBeUndefined();
  });

  it('is shorter for a loss that begins later', () => {
    const cell = madeResult({ curve: [0.1, 0.2, 0.3] });
    cell.epochs[2].losses.studentSwap = 0.7;
    expect(meanSeries('studentSwap', [cell], ({ losses }) => losses.studentSwap).values).toEqual([0.7]);
  });
});

describe('barChart', () => {
  const draw = (bars: Parameters<typeof barChart>[1]) => barChart('Bars', bars, (value) => `${value}`);
  const widths = (svg: string): number[] => [...svg.matchAll(/<rect class="s\d" .*?width="([\d.]+)"/g)].map(([, width]) => Number(width));

  it('draws lengths in proportion, from 0', () => {
    const [first, second] = widths(
      draw([
        { name: 'a', value: 0.2, text: '' },
        { name: 'b', value: 0.8, text: '' },
      ]),
    );
    expect(second / first).toBeCloseTo(4, 2);
  });

  it('leaves room for error bars and dots beyond the mean', () => {
    const svg = draw([{ name: 'a', value: 0.5, error: 0.3, dots: [{ name: 'seed 1', value: 0.9 }], text: '0.5' }]);
    const [dot] = [...svg.matchAll(/<circle class="dot" cx="([\d.]+)"/g)].map(([, at]) => Number(at));
    const [, , width] = /viewBox="([^"]+)"/.exec(svg)![1].split(' ').map(Number);
    expect(dot).toBeLessThan(width);
    expect(svg).toContain('seed 1: 0.9');
  });

  it('draws nothing for 0, and no number that is none', () => {
    expect(widths(draw([{ name: 'a', value: 0, text: '0' }]))).toEqual([0]);
    expect(draw([{ name: 'a', value: 0, text: '0' }])).not.toMatch(/NaN|Infinity/);
  });
});

it('intervalChart draws an interval about its mean and the line of 0', () => {
  const svg = intervalChart(
    'Differences',
    [
      { name: 'a', mean: 2, interval: [1, 3], dots: [], text: '+2' },
      { name: 'b', mean: -1, dots: [], text: '-1' },
    ],
    String,
  );
  const [low, high] = /stroke-width="3" d="M([\d.]+) \d+H([\d.]+)/.exec(svg)!.slice(1).map(Number);
  const diamond = Number(/fill="currentColor" d="M([\d.]+)/.exec(svg)![1]);
  const zero = Number(/class="axis" stroke-width="1.5" x1="([\d.]+)"/.exec(svg)![1]);
  expect(diamond).toBeCloseTo((low + high) / 2, 0);
  expect(zero).toBeLessThan(low);
  expect((low - zero) / (high - zero)).toBeCloseTo(1 / 3, 1);
});

describe('heatMap', () => {
  const counts = [
    [8, 2, 0],
    [0, 5, 5],
    [1, 0, 9],
  ];
  const labels = ['cat', 'dog <&>', 'owl'];

  it('draws what there is, with a text on hovering', () => {
    const svg = heatMap('Confusion', counts, labels);
    expect([...svg.matchAll(/<rect class="(right|wrong)"/g)].map(([, kind]) => kind)).toEqual([
      'right',
      'wrong',
      'right',
      'wrong',
      'wrong',
      'right',
    ]);
    expect(svg).toContain('<title>cat taken for dog &#60;&#38;&#62;: 2 of 10 (20.0 %)</title>');
    expect(svg).toContain('<title>owl right: 9 of 10 (90.0 %)</title>');
  });

  it('of 100 classes stays within a screen and names some rows', () => {
    const many = Array.from({ length: 100 }, (_, i) => Array.from({ length: 100 }, (_, j) => Number(i === j)));
    const svg = heatMap(
      'Confusion',
      many,
      many.map((_, i) => `class ${i}`),
    );
    expect(Number(/viewBox="0 0 (\d+)/.exec(svg)![1])).toBeLessThan(900);
    expect(svg.match(/<rect class="right"/g)).toHaveLength(100);
    expect(svg).toContain('class 90');
  });

  it('lists the most confused pairs', () => {
    expect(mostConfused(counts, labels, 2)).toEqual([
      { truth: 'dog <&>', answer: 'owl', count: 5, share: 0.5 },
      { truth: 'cat', answer: 'dog <&>', count: 2, share: 0.2 },
    ]);
  });
});

it('reliabilityDiagram draws accuracy, the gap to confidence and the share of images of every bin that has some', () => {
  const bins = [
    { lower: 0, upper: 0.5, count: 0, correct: 0, confidence: 0 },
    { lower: 0.5, upper: 1, count: 4, correct: 2, confidence: 3 },
  ];
  const svg = reliabilityDiagram('Reliability', bins);
  expect(svg).toContain('50 to 100 % sure: right 50.0 %, mean confidence 75.0 %, 4 images');
  const heights = [...svg.matchAll(/height="([\d.]+)"/g)].map(([, height]) => Number(height));
  // Accuracy a half of the side of 210, the gap a quarter, the only bin in full.
  expect(heights.slice(-3)).toEqual([105, 52.5, 42]);
  expect(svg).not.toContain('NaN');
});

describe('lineChart with bands', () => {
  it('covers the band, and keeps the labels of many series apart and within', () => {
    const series = Array.from({ length: 8 }, (_, i) => ({
      name: `m${i}`,
      values: [0, 1 + i / 1000],
      band: [
        { low: -0.1, high: 0.1 },
        { low: 0.5, high: 1.5 },
      ],
    }));
    const svg = lineChart('Many', series, (value) => value.toFixed(1));
    expect(svg.match(/<path /g)).toHaveLength(8);
    const at = [...svg.matchAll(/<text x="[\d.]+" y="([\d.]+)" fill/g)].map(([, y]) => Number(y)).sort((a, b) => a - b);
    for (let i = 1; i < at.length; i++) expect(at[i] - at[i - 1]).toBeGreaterThanOrEqual(12);
    const [, , , height] = /viewBox="([^"]+)"/.exec(svg)![1].split(' ').map(Number);
    expect(at[0]).toBeGreaterThan(0);
    expect(at.at(-1)!).toBeLessThan(height);
  });
});

it('ticks are round and lie within', () => {
  expect(ticks(0, 1, 5).map((tick) => tick.toFixed(1))).toEqual(['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']);
  expect(ticks(0.13, 0.61, 5).map((tick) => tick.toFixed(1))).toEqual(['0.2', '0.3', '0.4', '0.5', '0.6']);
  expect(ticks(-3, 7, 4)).toEqual([0, 5]);
});
