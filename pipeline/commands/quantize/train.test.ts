/** `quantize --train` as a user runs it, in a process of its own. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildNetwork } from '../../networks/index.ts';
import { readStudentRecord } from '../../packaging/student.ts';
import { readSafetensors, writeSafetensors } from '../../weights/safetensors.ts';
import { writeCifarFolder } from '../../testing/cifar-folder.ts';
import { randomState } from '../../testing/random-state.ts';
import { runCli } from '../../testing/run-cli.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';

interface Report {
  student: string;
  variants: { variant: string; top1: number; count: number; drop: number }[];
  gate: { drop: number };
}

/** A network that sees the data as they are, and data of 20 training images beside 10 of validation. */
async function prepare(folder: string): Promise<void> {
  writeCifarFolder(join(folder, 'images'), { train: 30, test: 20 });
  const network = buildNetwork('resnet8', { inputShape: { height: 32, width: 32, channels: 3 }, classes: 10 });
  const path = join(folder, 'model.safetensors');
  writeSafetensors(path, randomState(network), { network: 'resnet8', normalisation: '{"mean":[0.5,0.5,0.5],"std":[0.2,0.2,0.2]}' });
  const refused = await runCli([...COMMAND, '--epochs', '1'], folder);
  expect(refused.status).toBe(2);
  // The refusal says how the data are prepared.
  const prepared = JSON.parse(
    /the data are prepared as (\[.*\]): a student is trained on with the data that it was made of$/m.exec(refused.stderr)![1],
  ) as [number, number, number, number[], number[]];
  writeSafetensors(path, randomState(network), {
    network: 'resnet8',
    normalisation: JSON.stringify({ mean: prepared[3], std: prepared[4] }),
  });
}

const COMMAND = [
  'quantize',
  '--train',
  '--model',
  'model.safetensors',
  '--data',
  'cifar10:images',
  '--teacher',
  'model.safetensors',
  '--validation-count',
  '10',
  '--batch-size',
  '4',
  '--train-limit',
  '16',
  '--images',
  '16',
  '--engine',
  'wasm',
  '--out',
  'trained',
  '--json',
];

describe('quantize --train', () => {
  it('refuses a student of other data, trains one of these, and leaves what quantize --to integer makes the same program of', async () => {
    const root = temporaryFolder();
    await prepare(root);
    const { stdout, stderr, status } = await runCli(
      [...COMMAND, '--to', 'integer', '--epochs', '1', '--learning-rate', '1e-5', '--max-drop', '100'],
      root,
    );
    expect(status, stderr).toBe(0);
    const report = JSON.parse(stdout) as Report;
    expect(report.variants.map(({ variant }) => variant)).toEqual([
      'float32',
      '8-bit weights, plainly rounded',
      'integers, plainly rounded',
      '8-bit weights, trained for it',
      'integers, trained for it',
    ]);
    expect(report.variants.map(({ count }) => count)).toEqual([20, 20, 20, 20, 20]);

    const path = join(root, report.student);
    expect(readStudentRecord(path).history).toHaveLength(1);
    const start = readSafetensors(join(root, 'model.safetensors')).tensors;
    const trained = readSafetensors(path).tensors;
    expect([...trained.keys()].sort()).toEqual([...start.keys()].sort());

    const again = await runCli(
      [
        'quantize',
        '--to',
        'integer',
        '--max-drop',
        '100',
        '--model',
        report.student,
        '--data',
        'cifar10:images',
        '--validation-count',
        '10',
        '--json',
      ],
      root,
    );
    const { variants } = JSON.parse(again.stdout) as Report;
    expect(variants.map(({ variant }) => variant)).toEqual(['float32', '8-bit weights', 'integers', 'int8 ONNX']);
    expect([variants[0].top1, variants[2].top1]).toEqual([report.variants[3].top1, report.variants[4].top1]);
  });

  it('trains 4-bit weights and their steps, and says whether the result is near enough', async () => {
    const root = temporaryFolder();
    await prepare(root);
    const refused = await runCli([...COMMAND, '--learn-steps'], root);
    expect(refused.stderr).toContain('--learn-steps goes with --bits 4, got 8: other weights have the step of their largest weight');
    expect(refused.status).toBe(2);
    const { stdout, stderr, status } = await runCli(
      [...COMMAND, '--bits', '4', '--learn-steps', '--epochs', '1', '--learning-rate', '1e-5', '--max-drop', '0'],
      root,
    );
    const report = JSON.parse(stdout) as Report;
    expect(report.variants.map(({ variant }) => variant)).toEqual([
      'float32',
      '8-bit weights, plainly rounded',
      '4-bit weights, plainly rounded',
      '4-bit weights, trained for it',
    ]);
    const pass = report.gate.drop <= 1e-9;
    expect(stderr).toMatch(new RegExp(`^${pass ? 'pass' : 'FAIL'}: top-1 dropped .* points on 10 validation images, allowed 0$`, 'm'));
    expect(status).toBe(pass ? 0 : 1);
    // 15 levels a channel.
    const { data, shape } = readSafetensors(join(root, report.student)).tensors.get('layer1.0.conv1.weight')!;
    const size = data.length / shape[0];
    for (let o = 0; o < shape[0]; o++) expect(new Set(data.subarray(o * size, (o + 1) * size)).size).toBeLessThanOrEqual(15);
  });
});
