/** A grid as cells: planned once, trained one by one, killed, moved, finished twice, gathered. */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CellResult } from '../../comparison/cell-result.ts';
import type { PlannedGrid } from '../../comparison/planned/plan.ts';
import { runPlannedCell } from '../../comparison/planned/run-planned-cell.ts';
import type { ComparisonSummary } from '../../comparison/summary.ts';
import { openFolderStore } from '../../store/folder-store.ts';
import type { Store } from '../../store/store.ts';
import { writeCifarFolder } from '../../testing/cifar-folder.ts';
import { errorOf } from '../../testing/error-of.ts';
import { runCli } from '../../testing/run-cli.ts';
import { runLineIn } from '../../testing/run-line-in.ts';

const root = mkdtempSync(join(tmpdir(), 'sld-edge-cells-'));
const grid = (): PlannedGrid => JSON.parse(readFileSync(join(root, 'out', 'grid.json'), 'utf8')) as PlannedGrid;
const small = ['--student', 'resnet8', '--replicas', '1', '--validation-count', '10', '--batch-size', '20', '--warmup-epochs', '0'];
const compare = (...more: string[]): string[] => [
  'compare',
  ...['--data', 'cifar10:images', ...small, '--engine', 'wasm', '--epochs', '2', '--methods', 'ce', ...more],
  '--json',
];
const cell = (n: number, ...more: string[]): string[] => [
  'compare',
  '--cell',
  String(n),
  '--grid',
  join('out', 'grid.json'),
  ...more,
  '--json',
];

interface Answer {
  status: number | null;
  stdout: string;
  stderr: string;
}

async function answerOf<T>(running: Promise<Answer>): Promise<T> {
  const { status, stdout, stderr } = await running;
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** Ends a training as a lost machine does: after its first checkpoint. */
function dying(store: Store): Store {
  return {
    ...store,
    async put(name, bytes) {
      await store.put(name, bytes);
      if (name.endsWith('checkpoint')) throw new Error('the machine went away');
    },
  };
}

/** A result without what a clock says. */
const withoutTimes = (result: CellResult): unknown =>
  JSON.parse(JSON.stringify(result, (key, value: unknown) => (/^(seconds|imagesPerSecond|tensors)$/.test(key) ? undefined : value)));
const resultIn = (folder: string): CellResult =>
  JSON.parse(readFileSync(join(root, folder, 'ce.seed2', 'result.json'), 'utf8')) as CellResult;

beforeAll(async () => {
  writeCifarFolder(join(root, 'images'), { train: 50, test: 30 });
  await answerOf(runLineIn(root, compare('--seeds', '2,7', '--plan', '--out', 'out')));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a planned grid', () => {
  it('names every cell with its configuration, key and inputs, and the code; nothing is trained', () => {
    const { id, code, cells } = grid();
    expect(id).toMatch(/^[0-9a-f]{12}$/);
    expect(code).toMatch(/^[0-9a-f]{64}$/);
    expect(cells.map(({ label, seed, configuration }) => [label, seed, configuration.seed])).toEqual([
      ['ce', 2, 2],
      ['ce', 7, 7],
    ]);
    for (const { configuration, key, inputs } of cells) {
      expect(configuration).toMatchObject({ method: 'ce', batchSize: 20, replicas: 1 });
      expect(JSON.parse(key)).toMatchObject({ data: 'cifar10', engine: 'wasm' });
      expect(Object.keys(inputs.data)).toContain('test_batch.bin');
      expect(inputs.teacher).toBe('');
    }
    expect(new Set(cells.map((planned) => planned.id)).size).toBe(2);
    expect(existsSync(join(root, 'out', 'store', 'grids', `${id}.json`))).toBe(true);
    expect(existsSync(join(root, 'out', 'ce.seed2'))).toBe(false);
  });

  it('goes on from the store’s checkpoint of a cell whose machine went away, on another that has the data elsewhere', async () => {
    const planned = grid();
    const store = dying(openFolderStore(join(root, 'out', 'store')));
    const places = { data: `cifar10:${join(root, 'images')}` };
    const lost = { grid: planned, cell: planned.cells[0], store, code: planned.code, software: {}, places, say: () => {} };
    expect((await errorOf(() => runPlannedCell(lost))).message).toBe('the machine went away');
    cpSync(join(root, 'images'), join(root, 'mounted', 'cifar'), { recursive: true });
    const running = runLineIn(root, cell(0, '--data', 'cifar10:mounted/cifar'));
    expect(await answerOf(running)).toMatchObject({ label: 'ce', seed: 2, outcome: 'trained' });
    expect((await running).stderr).toContain('resuming after epoch 1 of 2');
    expect(await answerOf(runLineIn(root, cell(0)))).toMatchObject({ outcome: 'there' });
  });

  it('is gathered as far as it is, as one machine would have made it, and goes on there', async () => {
    const gather = ['compare', '--gather', '--grid', grid().id, '--store', join('out', 'store'), '--out', 'gathered', '--json'];
    const { summary } = await answerOf<{ summary: ComparisonSummary }>(runLineIn(root, gather));
    expect(summary).toMatchObject({ wanted: 2, finished: 1, failures: [] });
    expect(existsSync(join(root, 'gathered', 'ce.seed2', 'student.safetensors'))).toBe(true);
    expect(readFileSync(join(root, 'gathered', 'report.html'), 'utf8')).toContain('npm run compare -- --data cifar10:images');
    await answerOf(runLineIn(root, compare('--seeds', '=2', '--out', 'local')));
    expect(withoutTimes(resultIn('gathered'))).toEqual(withoutTimes(resultIn('local')));
    expect((await runLineIn(root, compare('--seeds', '=2', '--out', 'gathered'))).stderr).toContain('1 of 1 cells are there already');
  });
});

describe('a cell that can not be trained here', () => {
  const statusAndLine = async (args: string[]): Promise<[number | null, string]> => {
    const { status, stderr } = await runLineIn(root, args);
    return [status, stderr.trimEnd().split('\n').at(-1)!];
  };

  it('ends with 1 where code or data are not the plan’s', async () => {
    const other = { ...grid(), code: 'f'.repeat(64) };
    writeFileSync(join(root, 'other.json'), JSON.stringify(other));
    expect(await statusAndLine(['compare', '--cell', '0', '--grid', 'other.json'])).toEqual([
      1,
      expect.stringMatching(/^error: the grid [0-9a-f]{12} was planned by other code \(ffffffffffff; here [0-9a-f]{12}\)/),
    ]);
    writeCifarFolder(join(root, 'fewer'), { train: 40, test: 30 });
    const moved = ['compare', '--cell', '0', '--grid', join('out', 'grid.json'), '--store', 'empty', '--data', 'cifar10:fewer'];
    expect(await statusAndLine(moved)).toEqual([1, expect.stringContaining("are not the plan's: their SHA-256 differ")]);
  });

  it('ends with 75 where the store does not answer', async () => {
    const env = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_REGION: 'x', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
    const { status, stderr } = await runCli(['compare', '--cell', '0', '--grid', grid().id, '--store', 's3://nobody/x'], root, env);
    expect(status).toBe(75);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^error: s3:\/\/nobody\/x: get grids\/.*ECONNREFUSED.*; try again$/);
  });

  it.each([
    [['--cell', '2', '--grid', 'out'], /^error: --cell expects 0 to 1, the cells of [0-9a-f]{12}; got 2$/],
    [['--cell', '0'], /^error: --cell expects --grid, the id of a grid in --store or the path of its grid.json$/],
    [['--cell', '0', '--grid', 'nowhere'], /^error: --grid nowhere is neither a file nor an id/],
    [['--cell', '0', '--grid', '0123456789ab'], /^error: --grid 0123456789ab is an id: --store says where/],
    [['--cell', '0', '--grid', 'out', '--epochs', '3'], /^error: --epochs has no effect beside --cell: the grid states it$/],
    [['--gather', '--grid', '0123456789ab', '--store', 'empty'], /^error: empty holds no grid 0123456789ab$/],
    [['--grid', 'out'], /^error: --grid has no effect: it is for --cell and --gather$/],
    [['--store', 'out'], /^error: --store has no effect: it is for --plan, --cell and --gather$/],
  ])('refuses %j in one line', async (typed, line) => {
    const { status, stderr } = await runLineIn(root, ['compare', ...typed]);
    expect(status).toBe(/holds no grid/.test(String(line)) ? 1 : 2);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(line);
  });
});
