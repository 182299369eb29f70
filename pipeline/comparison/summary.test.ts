import { describe, expect, it } from 'vitest';
import { madeResult } from '../testing/made-results.ts';
import type { CellFailure, CellResult } from './cell-result.ts';
import { caveats, conclusion, nextSteps } from './conclusion.ts';
import { defaultBaseline, summarise } from './summary.ts';
import type { ProbabilityFigures } from '../evaluation/probability-figures.ts';
import { cellsCsv, markdownTable, methodsCsv, comparisonText } from './tables.ts';

const grid = { methods: ['ce', 'kd', 'sld'], seeds: [1, 2, 3] };
const made = (label: string, validation: number[], test: number[]): CellResult[] =>
  test.map((testTop1, i) => madeResult({ label, seed: i + 1, validationTop1: validation[i], testTop1 }));

/** Against kd, sld: +0.04, +0.02, +0.03; ce: 0, -0.10, +0.10. */
const results = [
  ...made('ce', [0.3, 0.4, 0.5], [0.5, 0.4, 0.6]),
  ...made('kd', [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
  ...made('sld', [0.51, 0.52, 0.53], [0.54, 0.52, 0.53]),
];

describe('summarise', () => {
  const { methods, wanted, finished } = summarise(grid, 'kd', results, []);
  const [ce, kd, sld] = methods;

  it('gives mean and sample standard deviation of each method', () => {
    expect([wanted, finished]).toEqual([9, 9]);
    expect(ce.figures!.testTop1).toMatchObject({ n: 3, mean: 0.5 });
    expect(ce.figures!.testTop1.sd).toBeCloseTo(0.1, 12);
    expect(kd.figures!.testTop1).toEqual({ n: 3, mean: 0.5, sd: 0 });
    expect(sld.figures!.validationTop1.mean).toBeCloseTo(0.52, 12);
    expect(sld.figures!.validationTop1.sd).toBeCloseTo(0.01, 12);
    expect(ce.figures!.teacherAgreement).toBeUndefined();
    expect(sld.figures!.teacherAgreement!.mean).toBeCloseTo(0.6, 12);
  });

  it('takes differences seed by seed, with the interval of a paired t-test', () => {
    const { test, validation, seeds } = sld.difference!;
    expect(seeds).toEqual([1, 2, 3]);
    expect(test.perSeed.map((d) => Math.round(1000 * d))).toEqual([40, 20, 30]);
    expect(test.mean).toBeCloseTo(0.03, 12);
    expect(test.sd).toBeCloseTo(0.01, 12);
    // 4.30265 · 0.01 / √3
    expect(test.interval![0]).toBeCloseTo(0.03 - 0.0248414, 6);
    expect(test.interval![1]).toBeCloseTo(0.03 + 0.0248414, 6);
    expect(validation.mean).toBeCloseTo(0.02, 12);
    expect(kd.difference).toBeUndefined();
  });

  it('pairs only seeds that both finished, and counts what failed', () => {
    const failure: CellFailure = { label: 'kd', seed: 2, key: '{}', diverged: true, reason: 'the loss is NaN' };
    const summary = summarise(
      grid,
      'kd',
      results.filter(({ label, seed }) => !(label === 'kd' && seed === 2)),
      [failure],
    );
    expect(summary.finished).toBe(8);
    expect(summary.methods[1]).toMatchObject({ seeds: [1, 3], failedSeeds: [2] });
    expect(summary.methods[2].difference).toMatchObject({ seeds: [1, 3], test: { n: 2 } });
    expect(summary.methods[2].difference!.test.interval).toBeUndefined();
    expect(summary.methods[2].figures!.testTop1.n).toBe(3);
  });

  it('has no figures of a method without a finished training', () => {
    const summary = summarise(grid, 'kd', made('kd', [0.5], [0.5]), []);
    expect(summary.methods[2]).toEqual({ label: 'sld', seeds: [], failedSeeds: [] });
    expect(summary.methods[1].figures!.testTop1).toEqual({ n: 1, mean: 0.5 });
  });

  it('takes kd as baseline, else ce, else the first', () => {
    expect(defaultBaseline(['ce', 'sld', 'kd'])).toBe('kd');
    expect(defaultBaseline(['sld', 'ce'])).toBe('ce');
    expect(defaultBaseline(['sld{studentSwap=false}', 'sld'])).toBe('sld{studentSwap=false}');
  });
});

describe('tables', () => {
  const summary = summarise(grid, 'kd', results, []);

  it('state means, spreads, differences and intervals', () => {
    const [head, , ce, kd, sld] = comparisonText(summary).split('\n');
    expect(head.split(/\s{2,}/)).toEqual([
      'method',
      'n',
      'validation top-1',
      'test top-1',
      'test vs kd (points)',
      '95 % interval',
      'test loss',
      'ECE',
      'time per run',
    ]);
    expect(ce.split(/\s{2,}/)).toEqual([
      'ce',
      '3',
      '40.00 ± 10.00 %',
      '50.00 ± 10.00 %',
      '0.00 ± 10.00',
      '-24.84 to +24.84',
      '0.500 ± 0.100',
      '0.050 ± 0.000',
      '4 s',
    ]);
    expect(kd.split(/\s{2,}/)).toEqual([
      'kd',
      '3',
      '50.00 ± 0.00 %',
      '50.00 ± 0.00 %',
      'baseline',
      '0.500 ± 0.000',
      '0.050 ± 0.000',
      '4 s',
    ]);
    expect(sld).toContain('53.00 ± 1.00 %');
    expect(sld).toContain('+3.00 ± 1.00');
    expect(sld).toContain('+0.52 to +5.48');
  });

  it('are Markdown with as many cells in every row', () => {
    const lines = markdownTable(summary).split('\n');
    expect(lines).toHaveLength(5);
    expect(new Set(lines.map((line) => line.split('|').length)).size).toBe(1);
  });

  it('say why there is no interval', () => {
    expect(comparisonText(summarise({ ...grid, seeds: [1, 2] }, 'kd', results, []))).toContain('none: n = 2 < 3');
    expect(
      comparisonText(
        summarise(grid, 'kd', [...made('kd', [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]), ...made('sld', [0.5, 0.5, 0.5], [0.75, 0.75, 0.75])], []),
      ),
    ).toContain('none: differences all equal');
  });

  it('are CSV at full precision, quoted where a label has commas', () => {
    const label = 'sld{a=1,b="x"}';
    const text = methodsCsv(
      summarise({ methods: ['kd', label], seeds: [1] }, 'kd', [madeResult(), madeResult({ label, testTop1: 0.525 })], []),
    );
    const [head, kd, sld] = text.split('\r\n');
    expect(head.split(',').slice(0, 4)).toEqual(['method', 'n', 'failed', 'validation_top1_mean']);
    expect(kd.split(',').slice(0, 7)).toEqual(['kd', '1', '0', '0.5', '', '0.5', '']);
    expect(sld.startsWith('"sld{a=1,b=""x""}",1,0,0.5,,0.525,,')).toBe(true);
  });

  it('list every training, the failed with their reason', () => {
    const at = (temperature: number) => ({ temperature, calibrationError: 0.1 / temperature, brierScore: 0.25, riskAtCoverage: 0.125 });
    const made = { ...madeResult({ seed: 7 }), probabilities: [at(1), at(2)] as [ProbabilityFigures, ProbabilityFigures] };
    const rows = cellsCsv([made, madeResult({ seed: 8 })], [{ label: 'sld', seed: 7, key: '{}', diverged: true, reason: 'loss, NaN' }])
      .trimEnd()
      .split('\r\n');
    expect(rows[1]).toBe('kd,7,finished,0.5,0.7,0.5,0.7,0.5,0.05,0.25,0.125,2,0.05,0.25,0.125,0.6,2,4,20,an engine of the test,');
    // A result from before there were such figures.
    expect(rows[2]).toBe('kd,8,finished,0.5,0.7,0.5,0.7,0.5,0.05,,,,,,,0.6,2,4,20,an engine of the test,');
    expect(rows[3]).toBe(`sld,7,diverged${','.repeat(18)}"loss, NaN"`);
    expect(rows[3].split(',')).toHaveLength(rows[0].split(',').length + 1);
  });
});

describe('conclusion', () => {
  const of = (cells: CellResult[], seeds = grid.seeds, methods = grid.methods, failures: CellFailure[] = []): string =>
    conclusion(summarise({ methods, seeds }, 'kd', cells, failures));

  it('says that the interval leaves out 0', () => {
    expect(of(results)).toBe(
      'sld, the best of 2 compared with it, is 3.00 points of test top-1 above kd (53.00 ± 1.00 % against 50.00 ± 0.00 %); over 3 paired seeds the 95 % interval of that difference is +0.52 to +5.48 points, which leaves out 0: unlikely to be chance of the seeds.',
    );
  });

  it('says that it holds 0', () => {
    const close = [...made('kd', [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]), ...made('sld', [0.5, 0.5, 0.5], [0.6, 0.4, 0.56])];
    expect(of(close, [1, 2, 3], ['kd', 'sld'])).toMatch(
      /^sld is 2\.00 points .* is -\d.* to \+\d.*, which holds 0 \(2 of 3 seeds have that sign\): these runs do not tell the two apart\.$/,
    );
  });

  it('claims nothing of one or two seeds', () => {
    expect(of(results, [1])).toMatch(/; from one seed alone nothing can be said of how much of that is chance\.$/);
    expect(of(results, [1, 2])).toMatch(/; 2 paired seeds are too few for an interval \(3 are the least\), so take it as a hint\.$/);
  });

  it('says so where nothing beats the baseline, where there is none, and where nothing finished', () => {
    expect(of([...made('kd', [0.5], [0.5]), ...made('sld', [0.5], [0.4])])).toMatch(
      /^No method is above kd \(50\.00 % test top-1\): the nearest, sld, differs by -10\.00 points; from one seed/,
    );
    expect(of(made('sld', [0.5], [0.4]))).toMatch(/^sld reaches 40\.00 % test top-1 \(1 seed\); without a finished baseline/);
    expect(of([])).toBe('No training is finished yet.');
    expect(of([], [1], ['kd'], [{ label: 'kd', seed: 1, key: '{}', diverged: true, reason: 'x' }])).toMatch(/^No training finished/);
  });

  it('has caveats for subsets and unfinished grids, and next steps with the student chosen by validation', () => {
    const partial = [
      madeResult({ changes: { configuration: { ...madeResult().configuration, trainLimit: 40, quick: true } } }),
      madeResult({ label: 'sld', validationTop1: 0.6, testTop1: 0.1 }),
    ];
    const summary = summarise(grid, 'kd', partial, []);
    const text = caveats(summary, partial).join('\n');
    expect(text).toMatch(/quick run on a subset/);
    expect(text).toMatch(/Trained on 40 images only/);
    expect(text).toMatch(/2 of 9 trainings are finished/);
    // √(0.5 · 0.5 / 40)
    expect(text).toMatch(/standard error of 7\.91 points/);
    const steps = nextSteps(summary, partial, ({ label }) => `runs/${label}`).join('\n');
    expect(steps).toContain('npm run package -- --student runs/sld/student.safetensors');
    expect(steps).toMatch(/Undecided: sld against kd\. Repeat the command with more seeds \(--seeds 5\)/);
  });
});
