import { describe, expect, it } from 'vitest';
import type { MeasuredMix, MixReport } from './mixed/compare-mixes.ts';
import type { Choice, MeasuredUnit } from './mixed/layer-damage.ts';
import { millinats, quantizationReport, type QuantizationReportInput } from './report.ts';
import { sizeChart } from '../support/charts/size-chart.ts';

const row = (
  variant: string,
  kind: MeasuredMix['kind'],
  weightBytes: number,
  top1: number,
  more: Partial<MeasuredMix> = {},
): MeasuredMix => ({
  variant,
  kind,
  weightBytes,
  top1,
  opens: 'our loader',
  top5: 0.9,
  count: 1000,
  agreementWithFloat32: 0.95,
  drop: 100 * (0.633 - top1),
  dropStandardError: 0.2,
  ...more,
});

const choices: Choice[] = [
  { encoding: 'float32', bytes: 400, damage: 0, relativeError: 0 },
  { encoding: 'int4', bytes: 60, damage: 0.0123, relativeError: 0.11 },
];
const unit = (name: string, factor = 1): MeasuredUnit => ({
  name,
  tensors: [],
  storages: [{ encoding: 'float32' }, { encoding: 'int4' }],
  choices: choices.map((choice) => ({ ...choice, damage: factor * choice.damage })),
});

const report: MixReport = {
  variants: [
    row('float32', 'uniform', 1_110_168, 0.633, { opens: 'stock tfjs' }),
    row('uint8 plain', 'plain', 279_900, 0.631),
    row('uint8', 'uniform', 279_800, 0.632, { opens: 'stock tfjs' }),
    row('int4', 'uniform', 143_100, 0.12),
    row('mix of 249 kB', 'mix', 248_500, 0.637),
    row('mix of 142 kB', 'mix', 141_900, 0.555),
    row('integers', 'integer', 285_000, 0.629, { opens: 'integer runtime' }),
    row('chosen mix', 'chosen', 190_720, 0.63),
  ],
  units: [unit('mild'), unit('delicate <b>', 10)],
  chosen: [choices[1], choices[0]],
  mix: new Map(),
  stored: undefined as never,
  choice: {
    by: 'max-drop',
    validation: { drop: 0.32, dropStandardError: 0.18, agreementWithFloat32: 0.9, count: 5000 },
    tried: [{ steps: 3, bytes: 190_720, holds: true }],
  },
  float32Logits: new Float32Array(0),
};
const input: QuantizationReportInput = {
  title: 'resnet20: size against accuracy',
  subject: 'made by hand',
  report,
  maxDrop: 0.5,
  calibrationCount: 256,
  gate: { pass: true },
  command: 'npm run quantize -- --model x',
};

describe('quantizationReport', () => {
  const html = quantizationReport(input);

  it('is one page without scripts or anything to fetch, and escapes what it is given', () => {
    expect(html).toMatch(/^<!doctype html>/);
    expect(html).not.toMatch(/<script|<link|<img|\ssrc=|url\(|https?:/i);
    expect(html).toContain('delicate &#60;b&#62;');
  });

  it('says in its first line what was gained and what it cost', () => {
    expect(html).toContain(
      "191 kB of weights instead of 1.11 MB (5.8 times smaller): top-1 63.00 % of 1,000 test images, 0.30 points below float32's 63.30 % (± 0.20); 95.00 % of the answers are the same.",
    );
  });

  it('says how the mix was chosen, and whether it holds', () => {
    expect(html).toContain(
      'at most 0.5 points (it is 0.32 ± 0.18 points on 5,000 validation images); 1 mix was measured on them. On the test images, which had no say in it, top-1 dropped 0.30 ± 0.20 points.',
    );
    expect(quantizationReport({ ...input, gate: { pass: false } })).toContain('That is <b>more</b> than the 0.5 points that are allowed.');
    const budget = {
      ...input,
      budgetBytes: 200_000,
      report: { ...report, choice: { ...report.choice, by: 'budget' as const, tried: [] } },
    };
    expect(quantizationReport(budget)).toContain('least expected damage within 200,000 bytes');
  });

  it('has every variant in the table, the chosen one stressed', () => {
    expect(html).toContain(
      '<th scope="row">uint8</th><td>stock tfjs</td><td>279,800</td><td>25.20 %</td><td>63.20 %</td><td>0.10 ± 0.20</td><td>90.00 %</td><td>95.00 %</td>',
    );
    expect(html).toMatch(/<tr class="best"><th scope="row">chosen mix<\/th>/);
  });

  it('lists layers, the worst first, with what was chosen for each', () => {
    expect(html.indexOf('delicate')).toBeLessThan(html.indexOf('mild'));
    expect(html).toContain('<th scope="row">mild</th><td>400</td><td>12</td><td>int4</td><td>60</td><td>11.00 %</td>');
  });

  it('draws every variant, what broke at the bottom with its figure', () => {
    for (const { variant } of report.variants) expect(html).toContain(`<title>${variant}: `);
    expect(html).toContain('>int4 12.0 %</text>');
  });
});

it.each([
  [0, '0.0'],
  [1e-7, '< 0.001'],
  [0.0000123, '0.012'],
  [0.0123, '12'],
  [0.0996, '100'],
  [0.25, '250'],
])('%f nats are %s thousandths', (nats, text) => {
  expect(millinats(nats)).toBe(text);
});

describe('sizeChart', () => {
  const point = (name: string, bytes: number, accuracy: number): { name: string; bytes: number; accuracy: number } => ({
    name,
    bytes,
    accuracy,
  });

  it('puts sizes of the same factor at the same distance, and larger accuracies higher', () => {
    const chart = sizeChart('chart', [
      { name: 'line', style: 0, line: true, points: [point('a', 400_000, 0.6), point('b', 100_000, 0.5), point('c', 200_000, 0.55)] },
    ]);
    const [b, c, a] = /points="([^"]+)"/
      .exec(chart)![1]
      .split(' ')
      .map((pair) => pair.split(',').map(Number));
    expect(c[0] - b[0]).toBeCloseTo(a[0] - c[0], 0);
    expect(c[1] - b[1]).toBeCloseTo(a[1] - c[1], 0);
    expect(a[1]).toBeLessThan(b[1]);
    for (const size of ['100 kB', '200 kB']) expect(chart).toContain(`>${size}</text>`);
  });

  it('draws one point alone', () => {
    expect(sizeChart('chart', [{ name: 'one', style: 0, labelled: true, points: [point('only', 1000, 0)] }])).not.toContain('NaN');
  });

  it('keeps names of points that lie together apart', () => {
    const chart = sizeChart('chart', [
      {
        name: 'all',
        style: 0,
        labelled: true,
        points: [point('first', 1000, 0.5), point('second', 1001, 0.5), point('third', 1002, 0.5), point('far', 5000, 0.9)],
      },
    ]);
    const places = [...chart.matchAll(/<text x="([\d.]+)" y="([\d.]+)" fill="currentColor">(first|second|third)/g)].map(
      ([, x, y]) => `${x} ${y}`,
    );
    expect(new Set(places).size).toBe(3);
  });
});
