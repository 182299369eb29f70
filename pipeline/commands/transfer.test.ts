/** From a folder of pictures and pretrained weights to a package, as a newcomer types it, in processes of their own. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildNetwork } from '../networks/index.ts';
import { writePictureFolder } from '../testing/picture-folder.ts';
import { randomState } from '../testing/random-state.ts';
import { runCli, type CliResult } from '../testing/run-cli.ts';
import { saveTeacher } from '../teachers/teacher.ts';
import { readSafetensors } from '../weights/safetensors.ts';

const SIDE = 40;
const root = mkdtempSync(join(tmpdir(), 'sld-edge-transfer-'));
const folder = join(root, 'colours');
const weights = join(root, 'pretrained.safetensors');
const env = { SLD_EDGE_CACHE: join(root, 'cache') };
const cli = (...args: string[]): Promise<CliResult> => runCli(args, root, env);
/** A working folder in which nobody trained a teacher yet. */
const untouched = join(root, 'untouched');
const small = ['--engine', 'wasm', '--batch-size', '8'];

const json = <T>({ status, stdout, stderr }: CliResult): T => {
  if (status !== 0) throw new Error(`status ${status}: ${stderr}`);
  return JSON.parse(stdout) as T;
};

beforeAll(async () => {
  await writePictureFolder(folder, SIDE, { train: 14, test: 6 });
  const network = buildNetwork('resnet8', { inputShape: { height: 32, width: 32, channels: 3 }, classes: 10 });
  const made = { height: 32, width: 32, channels: 3 as const, fit: 'cover' as const, cropRatio: 0.875, filter: 'triangle' as const };
  saveTeacher(
    weights,
    network,
    randomState(network),
    {
      labels: Array.from({ length: 10 }, (_, i) => `kind ${i}`),
      preprocessing: { ...made, mean: [0.5, 0.5, 0.5], std: [0.25, 0.25, 0.25] },
    },
    {},
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('teacher --from', () => {
  it('gives the weights a head for the classes of a folder, and says what to type next', async () => {
    const result = await cli('teacher', '--data', folder, '--from', weights, ...small, '--json');
    const made = json<{ checkpoint: string; validationTop1: number; test: { top1: number } }>(result);
    expect(result.stderr).toMatch(/resnet8 starts from .*pretrained\.safetensors: \d+ of its \d+ entries/);
    expect(result.stderr).toMatch(/starting afresh: fc\.weight \(\[10,64\] there, \[3,64\] here\), fc\.bias/);
    expect(result.stderr).toMatch(/head of resnet8 on cached features: top-1 validation/);
    expect(result.stderr).toMatch(
      /next: npm run distill -- --data folder:.* --image-size 32 --crop-ratio 0\.875 --teacher resnet8\.colours\n/,
    );
    expect(made.checkpoint).toBe(join('runs', 'teachers', 'resnet8.colours.safetensors'));
    expect(made.test.top1).toBeGreaterThan(0.9);
    const { tensors, metadata } = readSafetensors(join(root, made.checkpoint));
    expect(tensors.get('conv1.weight')!.data).toEqual(readSafetensors(weights).tensors.get('conv1.weight')!.data);
    expect(JSON.parse(metadata.labels)).toEqual(['blue', 'green', 'red']);
    expect(JSON.parse(metadata.preprocessing)).toMatchObject({ height: 32, cropRatio: 0.875 });
    expect(JSON.parse(metadata.configuration)).toMatchObject({ from: 'pretrained.safetensors' });
  });

  it('trains the whole network after its head where asked, and keeps the best epoch', async () => {
    const out = join(root, 'tuned.safetensors');
    const result = await cli('teacher', '--data', folder, '--from', weights, '--fine-tune', '2', ...small, '--out', out, '--json');
    expect(json<{ history: unknown[] }>(result).history).toHaveLength(2);
    const [before, after] = [weights, out].map((file) => readSafetensors(file).tensors);
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
  });

  it('refuses what is for pretrained weights alone', async () => {
    const { status, stderr } = await cli('teacher', '--data', folder, '--fine-tune', '2');
    expect([status, stderr]).toEqual([2, 'error: --fine-tune has no effect: it is for --from\n']);
  });
});

interface Distilled {
  package: string;
  pass: boolean;
  test: { top1: number };
}

describe('distill of a folder with nothing else but its weights', () => {
  it('plans, trains a teacher, distils, packages and verifies', async () => {
    mkdirSync(untouched);
    const args = ['distill', '--data', folder, '--from', weights, '--epochs', '1', ...small, '--max-drop', '100', '--json'];
    const result = await runCli(args, untouched, env);
    const { pass, package: made, test } = json<Distilled>(result);
    expect(pass).toBe(true);
    expect(test.top1).toBeGreaterThan(0.5);
    expect(existsSync(join(untouched, made, 'manifest.json'))).toBe(true);
    expect(result.stderr).toMatch(/plan for colours: 60 images of 3 classes, shorter side 40 pixels; about .* of the 10 of --minutes/);
    expect(result.stderr).toMatch(/5 quantize, package, verify; 8 bits may cost 100 points on 4 validation images/);
    expect(result.stderr).toMatch(/^done in .*, about .* were planned: models\/colours\//m);
    const verified = await runCli(['verify', '--model', made, '--data', folder, '--json'], untouched, env);
    expect(json<{ pass: boolean }>(verified).pass).toBe(true);
  });
});
