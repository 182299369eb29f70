/** A checkpoint that can't be written: by a write that fails as on a full disk, and on a full disk. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { writeCifarFolder } from '../testing/cifar-folder.ts';
import { errorOf } from '../testing/error-of.ts';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { readCheckpoint } from './checkpoint.ts';
import { openRunFolder, type RunFolder } from './run-folder.ts';
import type { EpochReport } from './train.ts';

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  return { ...fs, writeSync: vi.fn(fs.writeSync) };
});

const open = (path: string, resume = false): RunFolder =>
  openRunFolder({ path, key: '{"epochs":3}', configuration: {}, seed: 7, resume, restart: false });
const report = (epoch: number): EpochReport => ({
  epoch,
  losses: { total: 1 },
  trainingTop1: 0.5,
  validationTop1: 0.25,
  learningRate: 0.1,
  imagesPerSecond: 10,
  seconds: 1,
  tensors: 3,
});
const record = (run: RunFolder, epoch: number): void => {
  const state = new Map([['w', { shape: [1], data: Float32Array.of(epoch) }]]);
  run.recordEpoch(report(epoch), { model: state, optimizer: state, epochsDone: epoch });
};

/** The write that is so many writes away fails. */
function failWrite(away: number, code: string, message: string): void {
  const real = vi.mocked(writeSync).getMockImplementation()!;
  let calls = 0;
  vi.mocked(writeSync).mockImplementation(((...args: Parameters<typeof writeSync>) => {
    if (++calls === away) throw Object.assign(new Error(`${code}: ${message}, write`), { code });
    return real(...args);
  }) as typeof writeSync);
  onTestFinished(() => void vi.mocked(writeSync).mockImplementation(real));
}

describe('a checkpoint that can not be written', () => {
  // The first write is that of the metrics, the others are the checkpoint's.
  it.each([
    [1, 'ENOSPC', 'no space left on device', 'free some disk space'],
    [2, 'ENOSPC', 'no space left on device', 'free some disk space'],
    [4, 'EDQUOT', 'disk quota exceeded', 'free some disk space'],
    [3, 'EIO', 'i/o error', 'make that possible'],
  ])('keeps the one before when write %i fails with %s, and says what to do', async (away, code, message, remedy) => {
    const path = join(temporaryFolder(), 'run');
    const run = open(path);
    record(run, 1);
    const before = readFileSync(run.checkpointPath);
    failWrite(away, code, message);
    const error = await errorOf(() => record(run, 2));
    expect(error.message).toBe(
      `epoch 2 can't be saved in ${path} (${code}: ${message}, write); the checkpoint of epoch 1 is kept: ${remedy}, then continue with --resume`,
    );
    expect(readFileSync(run.checkpointPath).equals(before)).toBe(true);
    expect(readdirSync(path).sort()).toEqual(['checkpoint.safetensors', 'configuration.json', 'metrics.jsonl']);

    const resumed = open(path, true);
    expect(resumed.resumeFrom?.epochsDone).toBe(1);
    expect(resumed.history.map(({ epoch }) => epoch)).toEqual([1]);
    record(resumed, 2);
    expect(readCheckpoint(run.checkpointPath)?.epochsDone).toBe(2);
  });

  it('says that nothing is saved yet in the first epoch', async () => {
    const path = join(temporaryFolder(), 'run');
    const run = open(path);
    failWrite(2, 'ENOSPC', 'no space left on device');
    expect((await errorOf(() => record(run, 1))).message).toBe(
      `epoch 1 can't be saved in ${path} (ENOSPC: no space left on device, write); no epoch is saved yet: free some disk space, then start again`,
    );
    expect(open(path).resumeFrom).toBeUndefined();
  });

  it('ends a command on a full disk in one line, and --resume goes on when there is space', async ({ skip, task }) => {
    const folder = temporaryFolder();
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    // A ResNet-8 with its velocities takes 0.63 MB: one fits, a second beside it does not.
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      // Where .ci/summary.mjs reads it.
      Object.assign(task.meta, { skipped: 'no small file system can be mounted here: run as root to test a full disk' });
      skip('no small file system can be mounted here');
    }
    onTestFinished(() => void execFileSync('umount', [disk]));
    writeCifarFolder(join(folder, 'images'), { train: 30, test: 10 });
    const args = [
      'teacher',
      '--data',
      `cifar10:${join(folder, 'images')}`,
      '--validation-count',
      '10',
      '--batch-size',
      '20',
      '--student',
      'resnet8',
      '--epochs',
      '2',
      '--warmup-epochs',
      '0',
      '--engine',
      'wasm',
      '--out',
      join(folder, 'teacher.safetensors'),
    ];
    const full = await runCli(args, disk);
    expect(full.stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^error: epoch 2 can't be saved in runs\/\S+ \(ENOSPC: no space left on device, write\); the checkpoint of epoch 1 is kept: free some disk space, then continue with --resume$/,
    );
    expect(full.status).toBe(1);

    execFileSync('mount', ['-o', 'remount,size=16m', disk], { stdio: 'ignore' });
    const resumed = await runCli([...args, '--resume'], disk);
    expect(resumed.status, resumed.stderr).toBe(0);
    expect(resumed.stderr).toMatch(/^resuming after epoch 1 of 2/m);
  });
});
