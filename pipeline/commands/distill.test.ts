/** The stages as a user runs them, in processes of their own: a teacher, a distillation, one killed and resumed, and what the other commands make of the results. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPackages } from '../packaging/check/check-models-folder.ts';
import { readSafetensors } from '../weights/safetensors.ts';
import { acquireLock } from '../support/file-lock.ts';
import { writeCifarFolder } from '../testing/cifar-folder.ts';
import { cachedTensorflow } from '../testing/engines.ts';
import { runCli, startCli, type CliResult } from '../testing/run-cli.ts';
import { runLineIn } from '../testing/run-line-in.ts';
import { readCheckpoint } from '../training/checkpoint.ts';
import { configurationFrom } from '../configuration/from-line.ts';
import { runFolderOf } from '../configuration/run-folder-name.ts';

const COUNTS = { train: 40, validation: 10, test: 30 };

const tensorflow = await cachedTensorflow();
const root = mkdtempSync(join(tmpdir(), 'sld-edge-stages-'));
const data = `cifar10:${join(root, 'images')}`;
const teacher = join(root, 'teacher.safetensors');
const small = ['--data', data, '--validation-count', String(COUNTS.validation), '--batch-size', '20', '--seed', '7', '--name', 'tiny'];

const RUN = runFolderOf(configurationFrom({ data, teacher, validationCount: COUNTS.validation, batchSize: 20, seed: 7, name: 'tiny' }));

/** The last line of `--json`. */
const json = <T>({ stdout, stderr, status }: Omit<CliResult, 'signal'>): T => {
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
};

beforeAll(async () => {
  writeCifarFolder(join(root, 'images'), { train: COUNTS.train + COUNTS.validation, test: COUNTS.test });
  const made = json<{ checkpoint: string; history: unknown[] }>(
    await runCli(
      [
        'teacher',
        ...small,
        '--student',
        'resnet14',
        '--epochs',
        '1',
        '--warmup-epochs',
        '0',
        '--engine',
        'wasm',
        '--out',
        teacher,
        '--json',
      ],
      root,
    ),
  );
  expect(made.checkpoint).toBe(teacher);
  expect(made.history).toHaveLength(1);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface DistillReport {
  package: string;
  student: string;
  test: { top1: number; count: number };
  verification: { variants: { variant: string; pass: boolean }[] };
  pass: boolean;
}

describe.each([
  // Enough epochs that the first checkpoint comes long before the last.
  ['wasm', '', 3, 'auto', ['float32', 'uint8', 'integer']],
  // Integers are not the engine's, and take the longest.
  ['tensorflow', tensorflow.missing, 10, 'float32,uint8', ['float32', 'uint8']],
] as const)('distill on %s%s', (engine, missing, epochs, asked, variants) => {
  const cwdOf = (name: string): string => join(root, `${engine}-${name}`);
  const args = [
    'distill',
    ...small,
    '--teacher',
    teacher,
    '--epochs',
    String(epochs),
    '--engine',
    engine,
    '--variants',
    asked,
    '--max-drop',
    '100',
    '--models',
    'packages',
    '--json',
  ];
  let report: DistillReport;
  let killed: CliResult;

  beforeAll(async () => {
    if (missing) return;
    for (const name of ['whole', 'killed']) mkdirSync(cwdOf(name), { recursive: true });
    const [whole, interrupted] = await Promise.all([runCli(args, cwdOf('whole')), killedAfterAnEpoch()]);
    report = json<DistillReport>(whole);
    killed = interrupted;
  });

  /** A run that gets SIGKILL as soon as its first checkpoint is there. */
  async function killedAfterAnEpoch(): Promise<CliResult> {
    const { child, result } = startCli(args, cwdOf('killed'));
    const watch = setInterval(() => {
      if (existsSync(join(cwdOf('killed'), RUN, 'checkpoint.safetensors'))) child.kill('SIGKILL');
    }, 5);
    return result.finally(() => clearInterval(watch));
  }

  it.skipIf(missing !== '')('leaves a run, a student and a verified package, and nothing half-written', async () => {
    expect(report).toMatchObject({ pass: true, test: { count: COUNTS.test } });
    expect(report.verification.variants.map(({ variant, pass }) => [variant, pass])).toEqual(variants.map((variant) => [variant, true]));
    expect(readdirSync(cwdOf('whole')).sort()).toEqual(['packages', 'runs']);
    expect(readdirSync(join(cwdOf('whole'), RUN)).sort()).toEqual([
      'checkpoint.safetensors',
      'configuration.json',
      'metrics.jsonl',
      'report.html',
      'student.safetensors',
    ]);
    const { manifests } = await checkPackages(join(cwdOf('whole'), 'packages'));
    expect(manifests).toMatchObject([
      {
        name: 'tiny',
        labels: Array.from({ length: 10 }, (_, i) => `kind ${i}`),
        provenance: { seed: 7, epochs, teacher: { network: 'resnet14' } },
      },
    ]);
    const metrics = readFileSync(join(cwdOf('whole'), RUN, 'metrics.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { epoch: number; tensors: number });
    expect(metrics.map(({ epoch }) => epoch)).toEqual(Array.from({ length: epochs }, (_, i) => i + 1));
    expect(new Set(metrics.map(({ tensors }) => tensors)).size).toBe(1);
  });

  /** Tries what a user may type after an interruption, before `--resume`. */
  async function expectRefusals(cwd: string, epochsDone: number): Promise<void> {
    const lastLine = async (...more: string[]): Promise<string | undefined> =>
      (await runLineIn(cwd, [...args, ...more])).stderr.trimEnd().split('\n').at(-1);
    expect(await lastLine()).toBe(
      `error: an unfinished run is in ${RUN} (epoch ${epochsDone} of ${epochs}): continue it with --resume, or start over with --restart`,
    );
    expect(await lastLine('--resume', '--learning-rate', '0.01')).toMatch(
      /^error: the run in .* has another configuration \(learningRate: 0\.05 there, 0\.01 now\)/,
    );
  }

  it.skipIf(missing !== '')('killed by SIGKILL and resumed gives the same weights, bit for bit', async () => {
    const cwd = cwdOf('killed');
    const checkpoint = join(cwd, RUN, 'checkpoint.safetensors');
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    const { epochsDone } = readCheckpoint(checkpoint)!;
    expect(epochsDone).toBeGreaterThanOrEqual(1);
    expect(epochsDone).toBeLessThan(epochs);
    expect(existsSync(join(cwd, 'packages'))).toBe(false);

    if (engine === 'wasm') await expectRefusals(cwd, epochsDone);
    const resumed = json<DistillReport>(await runCli([...args, '--resume'], cwd));
    expect(resumed.pass).toBe(true);
    expect(resumed.test).toEqual(report.test);
    const [whole, again] = [cwdOf('whole'), cwd].map((folder) => readSafetensors(join(folder, RUN, 'student.safetensors')).tensors);
    expect([...again.keys()]).toEqual([...whole.keys()]);
    for (const [name, { data }] of whole)
      expect(Buffer.from(again.get(name)!.data.buffer).equals(Buffer.from(data.buffer)), name).toBe(true);
    // And so the packages hold the same graphs.
    const graphs = await Promise.all(
      [cwdOf('whole'), cwd].map(async (folder) => (await checkPackages(join(folder, 'packages'))).manifests[0].variants),
    );
    expect(graphs[1]).toEqual(graphs[0]);
  });
});

describe('the stages alone, on what a run left', () => {
  const cwd = join(root, 'wasm-whole');
  const student = join(cwd, RUN, 'student.safetensors');
  const packageFolder = (): string => {
    const [version] = readdirSync(join(cwd, 'packages', 'tiny'));
    return join(cwd, 'packages', 'tiny', version);
  };

  it('a second run in the same folder is refused in one line while the first works there', async () => {
    await using lock = await acquireLock(join(cwd, RUN, '.lock'));
    for (const more of [['--resume'], ['--restart']]) {
      const { status, stderr } = await runLineIn(cwd, [
        'distill',
        ...small,
        '--teacher',
        teacher,
        '--epochs',
        '3',
        '--engine',
        'wasm',
        ...more,
      ]);
      expect(status).toBe(1);
      expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
        /^error: runs\/.* is in use by process \d+ on host .*: wait until it ends, or give this run another --name or --seed$/,
      );
    }
    lock.assertHeld();
  });

  it('evaluate measures the package as its manifest states, on a folder of test images alone', async () => {
    const manifest = (await checkPackages(join(cwd, 'packages'))).manifests[0];
    const testOnly = join(root, 'test-only');
    writeCifarFolder(testOnly, { train: 0, test: COUNTS.test });
    const measured = json<object>(await runCli(['evaluate', '--model', packageFolder(), '--data', `cifar10:${testOnly}`, '--json'], cwd));
    expect(measured).toEqual({ ...manifest.variants.integer!.accuracy, backend: 'wasm', probabilities: expect.any(Array) as unknown });
    const uint8 = json<object>(
      await runCli(['evaluate', '--model', packageFolder(), '--variant', 'uint8', '--data', `cifar10:${testOnly}`, '--json'], cwd),
    );
    expect(uint8).toEqual({ ...manifest.variants.uint8!.accuracy, backend: 'tfjs-wasm', probabilities: expect.any(Array) as unknown });
  });

  it('evaluate measures a teacher and a student as their makers did', async () => {
    const evaluate = async (model: string) =>
      json<{ top1: number; count: number; backend: string }>(
        await runCli(['evaluate', '--model', model, '--data', data, '--backend', 'wasm', '--json'], cwd),
      );
    expect(await evaluate(teacher)).toMatchObject({
      backend: 'wasm',
      count: COUNTS.test,
      top1: Number(readSafetensors(teacher).metadata.testTop1),
    });
    const { test } = JSON.parse(readSafetensors(student).metadata.record) as { test: object };
    expect(await evaluate(student)).toMatchObject(test);
  });

  it('evaluate refuses a data set of other classes instead of measuring nonsense', async () => {
    const others = join(root, 'others');
    writeCifarFolder(others, { train: 0, test: 10 });
    writeFileSync(join(others, 'batches.meta.txt'), Array.from({ length: 10 }, (_, i) => `other ${i}\n`).join(''));
    const { status, stderr } = await runLineIn(cwd, ['evaluate', '--model', packageFolder(), '--data', `cifar10:${others}`]);
    expect(status).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^error: .* has the labels kind 0, .*; cifar10 has other 0, /);
  });

  it('package makes the same graphs, goldens and figures again', async () => {
    json(await runCli(['package', '--student', student, '--models', 'packaged', '--json'], cwd));
    const [first, again] = await Promise.all(
      ['packages', 'packaged'].map(async (models) => (await checkPackages(join(cwd, models))).manifests[0]),
    );
    // The version may be another: provenance names the source's state, which may have changed since.
    for (const key of ['name', 'variants', 'goldens', 'samples', 'calibration', 'metrics', 'labels'] as const)
      expect(again[key], key).toEqual(first[key]);
  });

  it('package --abstain-error makes a package that withholds answers, and evaluate says how many', async () => {
    const made = json<{
      package: string;
      variants: { uint8: { calibration: { abstainThreshold: number; abstain: { test: { coverage: number; error: number } } } } };
    }>(
      await runCli(
        ['package', '--student', student, '--models', 'withholding', '--variants', 'float32,uint8', '--abstain-error', '0.95', '--json'],
        cwd,
      ),
    );
    const { abstainThreshold, abstain } = made.variants.uint8.calibration;
    expect(abstainThreshold).toBeGreaterThanOrEqual(0);
    const measured = json<{ coverage: number; errorOfAnswers: number }>(
      await runCli(['evaluate', '--model', made.package, '--data', data, '--json'], cwd),
    );
    expect(measured.coverage).toBeCloseTo(abstain.test.coverage, 5);
    expect(measured.errorOfAnswers).toBeCloseTo(abstain.test.error, 5);
  });

  it('quantize measures every layer, chooses a mix by a budget, and writes graphs and page', async () => {
    interface Report {
      variants: { variant: string; weightBytes: number; count: number }[];
      layers: { name: string; chosen: string; choices: { encoding: string; rule?: string }[] }[];
      gate: { drop: number };
    }
    const report = json<Report>(
      await runCli(
        [
          'quantize',
          '--student',
          student,
          '--budget-bytes',
          '60000',
          '--max-drop',
          '100',
          '--images',
          '8',
          '--points',
          '1',
          '--out',
          'graphs',
          '--json',
        ],
        cwd,
      ),
    );
    const names = report.variants.map(({ variant }) => variant);
    expect(names.slice(0, 8)).toEqual(['float32', 'float16', 'uint8', 'int8', 'int4 plain', 'int4', 'int4g32 plain', 'int4g32']);
    expect(names.at(-1)).toBe('chosen mix');
    expect(report.layers).toHaveLength(11);
    expect(report.layers[0].choices.map(({ encoding, rule }) => [encoding, rule ?? ''].join(' ').trim())).toEqual([
      'float32',
      'float16',
      'int8 least-error',
      'int4 learned',
      'int4g32 learned',
    ]);
    for (const folder of ['float32', 'uint8', 'mixed'])
      expect(
        readdirSync(join(cwd, 'graphs', folder))
          .sort()
          .slice(0, 1),
      ).toEqual(['model.json']);
    const { weightBytes } = report.variants.at(-1)!;
    expect(weightBytes).toBeLessThanOrEqual(60_000);
    expect(readFileSync(join(cwd, 'graphs', 'mixed', 'weights-1of1.bin'))).toHaveLength(weightBytes);
    expect(readFileSync(join(cwd, 'graphs', 'report.html'), 'utf8')).toMatch(/^<!doctype html>[\s\S]*<svg role="img"/);
  });

  it('quantize refuses a budget that no mix keeps, and says how small the smallest is', async () => {
    const { status, stderr } = await runCli(
      ['quantize', '--student', student, '--budget-bytes', '1000', '--images', '4', '--points', '0', '--json'],
      cwd,
    );
    expect(status).toBe(2);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^error: --budget-bytes: no mix has at most 1000 bytes: the smallest has \d+, of float16, int8, int4, int4g32 and float32$/,
    );
  });

  it('package inspect, verify and diff tell what the package is, that it is whole, and that it is itself', async () => {
    const folder = packageFolder();
    const { manifests } = await checkPackages(join(cwd, 'packages'));
    const inspected = json<object>(await runLineIn(cwd, ['package', 'inspect', folder, '--json']));
    expect(inspected).toMatchObject({
      name: 'tiny',
      version: manifests[0].version,
      variants: manifests[0].variants,
      provenance: manifests[0].provenance,
    });
    expect((await runLineIn(cwd, ['package', 'inspect', folder])).stdout).toMatch(/^tiny@[0-9a-f]{12}: resnet8 for cifar10\n/);

    const verified = json<{ pass: boolean; checks: { what: string; status: string }[] }>(
      await runCli(['package', 'verify', folder, '--json'], cwd),
    );
    expect(verified.pass).toBe(true);
    for (const backend of ['tfjs-wasm', 'interpreter', 'wasm', 'onnx'])
      expect(verified.checks).toContainEqual(expect.objectContaining({ what: `goldens on ${backend}`, status: 'pass' }));
    expect(verified.checks.find(({ what }) => what === 'goldens on tensorflow')!.status).toBe(tensorflow.missing ? 'skip' : 'pass');

    expect((await runLineIn(cwd, ['package', 'diff', folder, folder])).stdout).toMatch(/: the same content\n$/);
  });

  it('package verify fails on a damaged package with the name of the file', async () => {
    const file = join(packageFolder(), 'onnx/model.onnx');
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(1));
    const { status, stderr } = await runLineIn(cwd, ['package', 'verify', packageFolder()]);
    writeFileSync(file, whole);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^FAIL file onnx\/model\.onnx: .* expected \d+ bytes, got \d+ bytes\.$/m);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^FAIL: .* 1 failed: onnx\/model\.onnx$/);
  });

  it('verify passes, and fails on a damaged package with the name of the file', async () => {
    const verified = json<{ pass: boolean; packages: { onnx: { pass: boolean } }[] }>(
      await runCli(['verify', '--models', 'packages', '--data', data, '--json'], cwd),
    );
    expect(verified).toMatchObject({ pass: true, packages: [{ onnx: { pass: true } }] });

    const card = join(packageFolder(), 'card.md');
    const whole = readFileSync(card);
    writeFileSync(card, 'another card');
    const failed = await runLineIn(cwd, ['verify', '--models', 'packages', '--data', data]);
    writeFileSync(card, whole);
    expect(failed.status).toBe(1);
    expect(failed.stderr.trimEnd().split('\n').at(-1)).toMatch(/^error: .*card\.md/);
  });
});
