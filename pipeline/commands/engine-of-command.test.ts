import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeCifarFolder } from '../testing/cifar-folder.ts';
import { runCli } from '../testing/run-cli.ts';
import { temporaryFolder } from '../testing/temporary-folder.ts';

describe('an engine that can not be had', { concurrent: true }, () => {
  /** A machine whose cache is empty and whose wheel of TensorFlow is not where it was said to be. */
  const train = async (engine: string, folder: string): ReturnType<typeof runCli> => {
    writeCifarFolder(join(folder, 'images'), { train: 30, test: 10 });
    return runCli(
      [
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
        '1',
        '--warmup-epochs',
        '0',
        '--engine',
        engine,
        '--out',
        join(folder, 'teacher.safetensors'),
      ],
      folder,
      { SLD_EDGE_CACHE: join(folder, 'cache'), SLD_EDGE_TENSORFLOW_WHEEL: join(folder, 'none.whl') },
    );
  };

  it('ends the command in one clear line where it was asked for by name: nothing is trained on another', async ({ onTestFinished }) => {
    const folder = temporaryFolder(onTestFinished);
    const { status, stderr } = await train('tensorflow', folder);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^error: engine tensorflow: .*none\.whl/);
    expect(status).toBe(1);
    expect(readdirSync(folder)).not.toContain('runs');
    expect(readdirSync(folder)).not.toContain('teacher.safetensors');
  });

  it('is left by auto with its reason, and the one used instead is named', async ({ onTestFinished }) => {
    const folder = temporaryFolder(onTestFinished);
    const { status, stderr } = await train('auto', folder);
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/^engine tensorflow can't be used: .*none\.whl.*\. Using wasm instead; npm run doctor tells what is missing$/m);
    expect(stderr).toMatch(/^engine: WebAssembly/m);
  });
});
