/** A comparison as a user runs it, in processes of its own: killed, continued, repeated, refused, reported again. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellResult } from '../comparison/cell-result.ts';
import type { ComparisonSummary } from '../comparison/summary.ts';
import { writeCifarFolder } from '../testing/cifar-folder.ts';
import { errorOf } from '../testing/error-of.ts';
import { runCli, startCli, type CliResult } from '../testing/run-cli.ts';
import { runLineIn } from '../testing/run-line-in.ts';
import { parseLine } from '../configuration/command-line.ts';
import * as command from './compare.ts';
import { parseSeeds } from './compare.ts';

const root = mkdtempSync(join(tmpdir(), 'sld-edge-compare-'));
const KD = 'kd{temperature=2}';
const KD_FOLDER = 'kd-temperature-2-f372b5';
const folder = join('runs', 'compare', 'tiny.resnet8.default');
/** `kd.seed1`: the folder of the second method, whose options are in its name as a hash. */
const cellOf = (name: string): string => join(root, folder, name.replace(/^kd/, KD_FOLDER));
const small = [
  '--data',
  `cifar10:${join(root, 'images')}`,
  '--validation-count',
  '10',
  '--batch-size',
  '20',
  '--warmup-epochs',
  '0',
  '--engine',
  'wasm',
  '--name',
  'tiny',
];
const args = [
  'compare',
  ...small,
  '--teacher',
  join(root, 'teacher.safetensors'),
  '--epochs',
  '2',
  '--methods',
  `ce,${KD}`,
  '--seeds',
  '2',
  '--json',
];

interface Report {
  folder: string;
  conclusion: string;
  summary: ComparisonSummary;
  pass: boolean;
}

const json = <T>({ stdout, stderr, status }: Omit<CliResult, 'signal'>): T => {
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
};
const lastLine = ({ stderr }: Pick<CliResult, 'stderr'>): string | undefined => stderr.trimEnd().split('\n').at(-1);
const result = (name: string): CellResult => JSON.parse(readFileSync(join(cellOf(name), 'result.json'), 'utf8')) as CellResult;

let killed: CliResult;
let finishedBefore: string[];
let report: Report;
let said: string;

beforeAll(async () => {
  writeCifarFolder(join(root, 'images'), { train: 50, test: 30 });
  json(
    await runCli(
      ['teacher', ...small, '--epochs', '1', '--student', 'resnet14', '--out', join(root, 'teacher.safetensors'), '--json'],
      root,
    ),
  );
  // Killed within the second cell, after its first epoch.
  const { child, result: outcome } = startCli(args, root);
  const watch = setInterval(() => {
    if (existsSync(join(cellOf('kd.seed1'), 'checkpoint.safetensors'))) child.kill('SIGKILL');
  }, 5);
  killed = await outcome.finally(() => clearInterval(watch));
  finishedBefore = readdirSync(join(root, folder)).filter((name) => existsSync(join(cellOf(name), 'result.json')));
  const stamp = statSync(join(cellOf('ce.seed1'), 'result.json')).mtimeMs;
  const continued = await runCli(args, root);
  said = continued.stderr;
  report = json<Report>(continued);
  expect(statSync(join(cellOf('ce.seed1'), 'result.json')).mtimeMs).toBe(stamp);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('compare', () => {
  it('killed by SIGKILL goes on: the finished cell is kept, the started one continued', () => {
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    expect(finishedBefore).toContain('ce.seed1');
    expect(finishedBefore.length).toBeLessThan(4);
    expect(said).toMatch(/\d of 4 cells are there already/);
    if (!finishedBefore.includes(`${KD_FOLDER}.seed1`)) expect(said).toMatch(/kd\{temperature=2\} seed 1: resuming after epoch [12] of 2/);
  });

  it('finishes every method under every seed, seed by seed, and says it in a table and files', () => {
    expect(report.pass).toBe(true);
    expect(report.summary).toMatchObject({ baseline: 'ce', wanted: 4, finished: 4, failures: [] });
    expect(report.summary.methods.map(({ label, seeds }) => [label, seeds])).toEqual([
      ['ce', [1, 2]],
      [KD, [1, 2]],
    ]);
    expect(said.indexOf(`${KD} seed 1:`)).toBeLessThan(said.indexOf('ce seed 2:'));
    expect(said).toMatch(/method +n +validation top-1 +test top-1/);
    for (const file of ['summary.json', 'methods.csv', 'cells.csv', 'table.md', 'report.html', 'grid.json'])
      expect(existsSync(join(root, folder, file)), file).toBe(true);
    const html = readFileSync(join(root, folder, 'report.html'), 'utf8');
    expect(html).toContain('npm run compare -- ');
    expect(html).not.toMatch(/NaN|undefined|https?:/);
  });

  it('summarises what the cells say', () => {
    const tops = [1, 2].map((seed) => result(`kd.seed${seed}`).test.top1);
    const kd = report.summary.methods[1].figures!;
    expect(kd.testTop1.mean).toBeCloseTo((tops[0] + tops[1]) / 2, 12);
    expect(kd.testTop1.sd).toBeCloseTo(Math.abs(tops[0] - tops[1]) / Math.SQRT2, 12);
    const differences = [1, 2].map((seed) => result(`kd.seed${seed}`).test.top1 - result(`ce.seed${seed}`).test.top1);
    expect(report.summary.methods[1].difference!.test.perSeed).toEqual(differences);
  });

  it('keeps of each cell what reports need, measured consistently', () => {
    const cell = result('kd.seed2');
    expect(cell).toMatchObject({
      label: KD,
      seed: 2,
      configuration: { method: 'kd', methodOptions: { temperature: 2 }, seed: 2 },
      network: { name: 'resnet8' },
      teacher: { network: 'resnet14' },
      imagesPerEpoch: 40,
    });
    expect(cell.epochs).toHaveLength(2);
    expect(cell.validation.top1).toBeCloseTo(cell.epochs[1].validationTop1, 12);
    expect(cell.epochs[0].teacherSwaps!.byClass.reduce((sum, count) => sum + count, 0)).toBe(cell.epochs[0].teacherSwaps!.weak);
    const right = cell.confusion.reduce((sum, row, i) => sum + row[i], 0);
    expect(right / 30).toBeCloseTo(cell.test.top1, 12);
    expect(cell.reliability.reduce((sum, { count }) => sum + count, 0)).toBe(30);
    expect(cell.reliability.reduce((sum, { correct }) => sum + correct, 0)).toBe(right);
    expect(cell.trainingCounts.reduce((sum, count) => sum + count, 0)).toBe(40);
    expect(cell.teacherAgreement).toBeGreaterThanOrEqual(0);
    expect(result('ce.seed1').teacher).toBeNull();
    expect(result('ce.seed1').teacherAgreement).not.toBeNull();
    expect(readdirSync(cellOf('kd.seed2'))).toContain('student.safetensors');
  });

  it('searches on validation images under the first seed, and trains the winner under the others', async () => {
    const out = join(root, 'searched');
    const typed = [...small, '--epochs', '1', '--methods', 'ce', '--seeds', '2', '--search', 'learningRate=[1e-9,0.05]', '--out', out];
    const searched = json<Report>(await runCli(['compare', ...typed, '--json'], root));
    const [{ chosen, tried }] = searched.summary.search!.rows;
    expect(tried.map(({ label }) => label)).toEqual(['ce{learningRate=1e-9}', 'ce{learningRate=0.05}']);
    const best = tried.reduce((best, one) => (one.validationTop1! > best.validationTop1! ? one : best));
    expect(chosen).toBe(best.label);
    expect(searched.summary).toMatchObject({ baseline: chosen, wanted: 2, finished: 2, methods: [{ label: chosen, seeds: [1, 2] }] });
    expect(readdirSync(out).filter((name) => name.includes('.seed'))).toHaveLength(3);
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('What was tried');
    // Repeated, it chooses the same and trains nothing.
    const again = await runCli(['compare', ...typed, '--json'], root);
    expect(json<Report>(again).summary).toEqual(searched.summary);
    expect(again.stderr).toContain('2 of 2 cells are there already');
    const reported = json<Report>(await runCli(['compare', '--report-only', '--out', out, '--json'], root));
    expect(reported.summary).toEqual(searched.summary);
  });

  it('repeated trains nothing, and shows the same', async () => {
    const again = await runCli(args, root);
    expect(again.stderr).toContain('4 of 4 cells are there already');
    expect(again.stderr).not.toContain('training resnet8');
    expect(json<Report>(again).summary).toEqual(report.summary);
  });

  it('reports again from the folder alone, against another baseline', async () => {
    const { summary } = json<Report>(await runLineIn(root, ['compare', '--report-only', '--out', folder, '--baseline', KD, '--json']));
    expect(summary.baseline).toBe(KD);
    expect(summary.methods[0].difference!.test.perSeed[0]).toBeCloseTo(-report.summary.methods[1].difference!.test.perSeed[0], 12);
  });

  it('says in a dry run what there is and how long the rest would take, and writes nothing', async () => {
    const before = readdirSync(join(root, folder));
    const dry = await runLineIn(root, [...args, '--seeds', '1,2,5', '--dry-run']);
    const { cells, secondsLeft } = json<{ cells: { label: string; seed: number; state: string }[]; secondsLeft: number }>(dry);
    expect(cells.map(({ state }) => state)).toEqual([...Array<string>(4).fill('finished'), 'new', 'new']);
    expect(secondsLeft).toBeGreaterThan(0);
    expect(readdirSync(join(root, folder))).toEqual(before);
  });

  it('refuses to mix trainings of other settings, naming the setting', async () => {
    const refused = await runLineIn(root, [...args, '--learning-rate', '0.01']);
    expect(refused.status).toBe(1);
    expect(lastLine(refused)).toMatch(
      /^error: .*ce\.seed1 and 3 more was made with other settings \(learningRate: 0\.05 there, 0\.01 now\): repeat its flags, choose another --out, or start such cells over with --restart$/,
    );
    expect(result('ce.seed1').configuration.learningRate).toBe(0.05);
  });

  it('records a training that diverges, goes on with the others, and exits with 1', async () => {
    const diverging = [
      'compare',
      ...small,
      '--teacher',
      join(root, 'teacher.safetensors'),
      '--epochs',
      '2',
      '--methods',
      'kd{kdWeight=1e38},ce',
      '--seeds',
      '1',
      '--out',
      'diverging',
      '--json',
    ];
    const failed = await runCli(diverging, root);
    expect(failed.status).toBe(1);
    const { summary, pass } = JSON.parse(failed.stdout) as Report;
    expect(pass).toBe(false);
    expect(summary).toMatchObject({ finished: 1, failures: [{ label: 'kd{kdWeight=1e+38}', seed: 1, diverged: true }] });
    expect(summary.failures[0].reason).toMatch(/the loss is .* training diverged/);
    expect(readFileSync(join(root, 'diverging', 'report.html'), 'utf8')).toContain('Failed trainings');
    const again = await runCli(diverging, root);
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('2 of 2 cells are there already');
  });

  it.each([
    [['--methods', 'ce,sdl'], /^--methods: unknown method "sdl"; allowed: ce, kd/],
    [['--methods', 'ce,ce'], /^--methods: method "ce" is stated twice$/],
    [['--methods', 'sld{studentSwap=maybe}'], /^--methods: option "studentSwap" of method sld is "maybe"; allowed: true or false$/],
    [['--methods', 'ce,kd', '--operations', 'Rotate'], /^--operations has no effect: the method ce has no strong view, which it is for$/],
    [['--methods', 'ce,sld', '--operations', 'Rotat'], /^--operations expects some of all, /],
    [['--baseline', 'dkd'], /^--baseline dkd is none of the methods; allowed: ce, kd, sld$/],
    [['--report-only', '--epochs', '3', '--out', 'x'], /^--epochs has no effect: --report-only trains nothing$/],
    [['--report-only'], /^--report-only expects --out FOLDER/],
    [['--report-only', '--out', join(root, 'nowhere')], /nowhere holds no comparison \(no grid\.json\)/],
  ])('refuses %j in one line', async (typed, message) => {
    expect((await errorOf(async () => command.run(parseLine('compare', command, typed)))).message).toMatch(message);
  });

  it('has no flag for what the grid states', async () => {
    expect((await errorOf(() => parseLine('compare', command, ['--seed', '3']))).message).toMatch(
      /^compare has no flag --seed; did you mean seeds\?/,
    );
  });
});

describe('parseSeeds', () => {
  it('takes how many or which', () => {
    expect(parseSeeds('3')).toEqual([1, 2, 3]);
    expect(parseSeeds('1,2,5')).toEqual([1, 2, 5]);
    expect(parseSeeds('=2')).toEqual([2]);
    expect(parseSeeds('=0')).toEqual([0]);
    expect(parseSeeds('0, 4294967295')).toEqual([0, 4294967295]);
  });

  it.each(['', '=', '==2', '2=', '0', '1001', '-1', '1.5', '1,,2', 'two', '1,4294967296', '2,2'])('refuses %j', async (text) => {
    expect((await errorOf(() => parseSeeds(text))).message).toMatch(/^--seeds (expects|names a seed twice)/);
  });
});
