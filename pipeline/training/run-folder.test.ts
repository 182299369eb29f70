import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../testing/error-of.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { lockRunFolder, openRunFolder, type RunFolder, type RunFolderOptions } from './run-folder.ts';
import type { EpochReport } from './train.ts';

const key = (changes: object = {}): string => JSON.stringify({ data: 'fashion-mnist', epochs: 3, learningRate: 0.05, ...changes });
const state = (value: number): Checkpoint['model'] => new Map([['w', { shape: [2], data: Float32Array.of(value, -value) }]]);
const report = (epoch: number): EpochReport => ({
  epoch,
  losses: { ce: 1 / epoch, total: 1 / epoch },
  trainingTop1: 0.5,
  validationTop1: 0.25,
  learningRate: 0.1,
  imagesPerSecond: 10,
  seconds: 1,
  tensors: 3,
});

const open = (path: string, changes: Partial<RunFolderOptions> = {}): RunFolder =>
  openRunFolder({ path, key: key(), configuration: { epochs: 3 }, seed: 7, resume: false, restart: false, ...changes });

const doEpoch = (run: RunFolder, epoch: number): void =>
  run.recordEpoch(report(epoch), { model: state(epoch), optimizer: state(-epoch), epochsDone: epoch });

/** A run that stopped after the second of three epochs. */
function interrupted(): string {
  const path = join(temporaryFolder(), 'run');
  const run = open(path);
  doEpoch(run, 1);
  doEpoch(run, 2);
  return path;
}

const metrics = (path: string): EpochReport[] =>
  readFileSync(join(path, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as EpochReport);

describe('checkpoint', () => {
  it('reads back everything that a resume needs, bit for bit', () => {
    const path = join(temporaryFolder(), 'checkpoint.safetensors');
    const checkpoint: Checkpoint = { model: state(1e-40), optimizer: state(0.1), epochsDone: 12, seed: 4294967295, configuration: key() };
    writeCheckpoint(path, checkpoint);
    expect(readCheckpoint(path)).toEqual(checkpoint);
  });

  it('is undefined where there is no file, and refused where the file is no checkpoint', async () => {
    const folder = temporaryFolder();
    expect(readCheckpoint(join(folder, 'none'))).toBeUndefined();
    writeFileSync(join(folder, 'cut'), 'abc');
    expect((await errorOf(() => readCheckpoint(join(folder, 'cut')))).message).toMatch(/cut is not a usable safetensors file: 3 bytes/);
  });
});

describe('run folder', () => {
  it('starts with the configuration on disk, and keeps a line and a checkpoint of each epoch', () => {
    const path = interrupted();
    expect(JSON.parse(readFileSync(join(path, 'configuration.json'), 'utf8'))).toEqual({ epochs: 3 });
    expect(metrics(path)).toEqual([report(1), report(2)]);
    expect(readCheckpoint(join(path, 'checkpoint.safetensors'))).toEqual({
      model: state(2),
      optimizer: state(-2),
      epochsDone: 2,
      seed: 7,
      configuration: key(),
    });
    expect(readdirSync(path).sort()).toEqual(['checkpoint.safetensors', 'configuration.json', 'metrics.jsonl']);
  });

  it('refuses an unfinished run unless it is told what to do', async () => {
    const path = interrupted();
    expect((await errorOf(() => open(path))).message).toBe(
      `an unfinished run is in ${path} (epoch 2 of 3): continue it with --resume, or start over with --restart`,
    );
  });

  it('does not overwrite an unfinished run of another configuration either', async () => {
    const path = interrupted();
    const before = readFileSync(join(path, 'checkpoint.safetensors'));
    const error = await errorOf(() => open(path, { key: key({ epochs: 1 }) }));
    expect(error.message).toMatch(/^an unfinished run is in .*\(epoch 2 of 3\).*--restart/);
    expect(readFileSync(join(path, 'checkpoint.safetensors')).equals(before)).toBe(true);
  });

  it('resumes from the checkpoint with the epochs done so far', () => {
    const path = interrupted();
    const run = open(path, { resume: true });
    expect(run.resumeFrom).toMatchObject({ epochsDone: 2, model: state(2), optimizer: state(-2) });
    expect(run.history).toEqual([report(1), report(2)]);
    doEpoch(run, 3);
    expect(metrics(path).map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  });

  it('refuses to resume under another configuration and names the difference', async () => {
    const path = interrupted();
    const before = readFileSync(join(path, 'checkpoint.safetensors'));
    const error = await errorOf(() => open(path, { resume: true, key: key({ learningRate: 0.1 }) }));
    expect(error.message).toBe(
      `the run in ${path} has another configuration (learningRate: 0.05 there, 0.1 now): repeat its flags, or start over with --restart`,
    );
    // One replica is not in the key.
    const replicas = await errorOf(() => open(path, { resume: true, key: key({ replicas: 2 }) }));
    expect(replicas.message).toContain('(replicas: 0 there, 2 now)');
    expect(readFileSync(join(path, 'checkpoint.safetensors')).equals(before)).toBe(true);
  });

  it('refuses to resume where there is nothing to resume', async () => {
    const path = join(temporaryFolder(), 'run');
    expect((await errorOf(() => open(path, { resume: true }))).message).toMatch(new RegExp(`^nothing to resume in ${path}`));
    expect((await errorOf(() => open(join(path, 'x'), { resume: true }))).message).toMatch(/^nothing to resume/);
  });

  it('starts over when told to, with a history of its own', () => {
    const path = interrupted();
    const run = open(path, { restart: true });
    expect(run.resumeFrom).toBeUndefined();
    expect(run.history).toEqual([]);
    doEpoch(run, 1);
    expect(metrics(path)).toEqual([report(1)]);
  });

  it('starts over where the run before was finished', () => {
    const path = interrupted();
    doEpoch(open(path, { resume: true }), 3);
    expect(open(path).resumeFrom).toBeUndefined();
  });

  it('drops lines of epochs after the checkpoint: that work is done again', () => {
    const path = interrupted();
    writeFileSync(join(path, 'metrics.jsonl'), [1, 2, 3].map((epoch) => `${JSON.stringify(report(epoch))}\n`).join(''));
    const run = open(path, { resume: true });
    expect(run.history.map(({ epoch }) => epoch)).toEqual([1, 2]);
    doEpoch(run, 3);
    expect(metrics(path).map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  });

  it('is one process’s alone: another is refused in one line, and one that lost it writes nothing more', async () => {
    const path = interrupted();
    const lock = await lockRunFolder(path, () => expect.unreachable('its owner lives'));
    expect((await errorOf(() => lockRunFolder(path, () => {}))).message).toMatch(
      /run is in use by process \d+ on host \S+ \(since [^)]+\): wait until it ends, or give this run another --name or --seed$/,
    );
    const run = open(path, { resume: true, lock });
    rmSync(join(path, '.lock'));
    const other = await lockRunFolder(path, () => {});
    expect((await errorOf(() => doEpoch(run, 3))).message).toMatch(/was taken over by process/);
    expect(metrics(path).map(({ epoch }) => epoch)).toEqual([1, 2]);
    await lock.release();
    other.assertHeld();
    await other.release();
  });

  it('never has a checkpoint without the line of its epoch: a resume after it would leave a gap', async () => {
    const path = join(temporaryFolder(), 'run');
    const run = open(path);
    mkdirSync(join(path, 'metrics.jsonl'));
    await errorOf(() => doEpoch(run, 1));
    expect(readCheckpoint(join(path, 'checkpoint.safetensors'))).toBeUndefined();
    rmSync(join(path, 'metrics.jsonl'), { recursive: true });
  });

  it('refuses a damaged checkpoint in one line and leaves it', async () => {
    const path = interrupted();
    writeFileSync(join(path, 'checkpoint.safetensors'), 'garbage, and more of it');
    expect((await errorOf(() => open(path, { resume: true }))).message).toMatch(/checkpoint\.safetensors is not a usable safetensors file/);
    expect(readFileSync(join(path, 'checkpoint.safetensors'), 'utf8')).toBe('garbage, and more of it');
  });
});
