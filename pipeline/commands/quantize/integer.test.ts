/** `quantize --to integer` as a user runs it, in a process of its own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createIntegerRunner, firstDifference, readIntegerProgram, type IntegerGoldens } from '@sld-edge/runtime/integer';
import { openDataset } from '../../data/sets/index.ts';
import { buildNetwork } from '../../networks/index.ts';
import { logitsOf } from '../../evaluation/logits.ts';
import { writeSafetensors } from '../../weights/safetensors.ts';
import { writeCifarFolder } from '../../testing/cifar-folder.ts';
import { relativeDifference } from '../../support/difference.ts';
import { randomState } from '../../testing/random-state.ts';
import { runCli } from '../../testing/run-cli.ts';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { accuracy, agreement } from '../../evaluation/accuracy.ts';

interface Report {
  variants: {
    variant: string;
    top1: number;
    count: number;
    agreementWithFloat32: number;
    weightBytes?: number;
    bytes?: number;
    agreementWithIntegers?: number;
  }[];
  gate: { count: number; allowed: number; pass: boolean };
}

function modelIn(folder: string, network: string): string {
  writeCifarFolder(join(folder, 'images'), { train: 30, test: 20 });
  const path = join(folder, 'model.safetensors');
  const built = buildNetwork(network, { inputShape: { height: 32, width: 32, channels: 3 }, classes: 10 });
  writeSafetensors(path, randomState(built), { network, normalisation: '{"mean":[0.4,0.5,0.6],"std":[0.3,0.2,0.25]}' });
  return path;
}

describe('quantize --to integer', () => {
  it('measures integers beside float32, and writes a program that gives what was measured', async () => {
    const root = temporaryFolder();
    const args = [
      'quantize',
      '--to',
      'integer',
      '--model',
      modelIn(root, 'resnet8'),
      '--data',
      'cifar10:images',
      '--validation-count',
      '5',
      '--images',
      '16',
      '--threads',
      '2',
      '--max-drop',
      '100',
      '--out',
      'program',
      '--json',
    ];
    const one = JSON.parse((await runCli(args, root)).stdout) as Report;
    expect(one.gate).toMatchObject({ count: 5, allowed: 100, pass: true });
    expect(one.variants.map(({ variant }) => variant)).toEqual(['float32', '8-bit weights', 'integers', 'int8 ONNX']);
    expect(one.variants.map(({ count }) => count)).toEqual([20, 20, 20, 20]);
    const program = await readIntegerProgram(
      JSON.parse(readFileSync(join(root, 'program', 'program.json'), 'utf8')),
      readFileSync(join(root, 'program', 'weights.bin')),
    );
    const goldens = JSON.parse(readFileSync(join(root, 'program', 'goldens.json'), 'utf8')) as IntegerGoldens;
    expect(
      await firstDifference(createIntegerRunner(program), program, goldens, readFileSync(join(root, 'program', 'pixels.bin'))),
    ).toBeUndefined();
    const { test } = await openDataset(`cifar10:${join(root, 'images')}`);
    const logits = createIntegerRunner(program).logits(test.images.range(0, 20));
    expect(accuracy(logits, test.labels, 10).top1).toBe(one.variants[2].top1);
    const model = readFileSync(join(root, 'program', 'model-int8.onnx'));
    const byOnnx = await logitsOf({ kind: 'onnx', model }, test.images, {
      height: 32,
      width: 32,
      channels: 3,
      fit: 'cover',
      filter: 'triangle',
      mean: [0.4, 0.5, 0.6],
      std: [0.3, 0.2, 0.25],
    });
    expect(one.variants[3]).toMatchObject({
      top1: accuracy(byOnnx, test.labels, 10).top1,
      agreementWithIntegers: agreement(byOnnx, logits, 10),
      bytes: model.length,
    });
    expect(relativeDifference(byOnnx, logits)).toBeLessThan(0.2);
    // A byte a weight, and 7 for each output's bias, multiplier and shift.
    expect(one.variants[2].weightBytes).toBeGreaterThan(75_000);
    expect(one.variants[2].weightBytes).toBeLessThan(85_000);
  });

  it('refuses a transformer in one line, and says why', async () => {
    const root = temporaryFolder();
    const { status, stderr } = await runCli(
      [
        'quantize',
        '--to',
        'integer',
        '--model',
        modelIn(root, 'vit_micro_patch4_32'),
        '--data',
        'cifar10:images',
        '--validation-count',
        '5',
      ],
      root,
    );
    expect(status).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
      /^error: vit_micro_patch4_32 has no integer variant: its operation classToken \(".+"\) makes sequences, whose layers have no integer form$/,
    );
  });

  it('says whether integers cost more than is allowed, and ends accordingly', async () => {
    const root = temporaryFolder();
    const { status, stderr } = await runCli(
      [
        'quantize',
        '--to',
        'integer',
        '--model',
        modelIn(root, 'resnet8'),
        '--data',
        'cifar10:images',
        '--validation-count',
        '5',
        '--images',
        '4',
        '--max-drop',
        '0',
        '--out',
        'program',
        '--json',
      ],
      root,
    );
    const failed = stderr.includes('FAIL: ');
    expect(stderr).toMatch(/(pass|FAIL): top-1 dropped -?\d+\.\d\d ± \d+\.\d\d points on 5 validation images, allowed 0$/m);
    expect(status).toBe(failed ? 1 : 0);
    // Nothing is written of what costs too much.
    expect(existsSync(join(root, 'program'))).toBe(!failed);
  });
});
