/** The same step in PyTorch on the same GPU, where the machine has both: `bench/pytorch/step.py` lies in the bundle. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeSafetensors } from '../../../pipeline/weights/safetensors.ts';
import { makeSample } from '../../../bench/training/sample.ts';
import { LEARNING_RATE, SGD } from './pair-step.ts';
import { pairCase } from './pairs.ts';
import { tell, type PeerRate } from './results.ts';

export interface PeerOptions {
  python: string;
  /** `cuda`, or `cpu` to try the part without a GPU. */
  device: string;
  pair: string;
  batchSize: number;
  steps: number;
}

const WARM_UP = 10;

export async function pytorchPart(folder: string, { python, device, pair, batchSize, steps }: PeerOptions): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'sld-edge-gpu-'));
  const child = spawn(python, ['-u', '-W', 'ignore', join(folder, 'step.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.on('error', (error) => process.stderr.write(`${python}: ${error.message}\n`));
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <T>(request: object): Promise<T> => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const answer = await lines.next();
    if (answer.done) throw new Error('PyTorch ended');
    return JSON.parse(answer.value) as T;
  };
  try {
    const measured = pairCase(pair, batchSize);
    const sample = makeSample(measured);
    const files = {
      weights: join(work, 'student.safetensors'),
      teacherWeights: join(work, 'teacher.safetensors'),
      images: join(work, 'images.f32'),
      labels: join(work, 'labels.i32'),
    };
    writeSafetensors(files.weights, sample.state);
    writeSafetensors(files.teacherWeights, sample.teacher!.state);
    writeFileSync(files.images, sample.images);
    writeFileSync(files.labels, sample.labels);
    const { input, classes, student, teacher } = measured;
    for (const precision of ['fp32', 'default'] as const) {
      for (const channelsLast of [false, true]) {
        tell({
          kind: 'peerDescription',
          value: await ask({ command: 'start', threads: 1, compile: false, device, tf32: precision === 'default', channelsLast }),
        });
        await ask({ command: 'case', student, teacher, input: [input.height, input.width, input.channels], classes, sgd: SGD, ...files });
        await ask({ command: 'steps', count: WARM_UP, learningRate: LEARNING_RATE });
        const { ms } = await ask<{ ms: number[] }>({ command: 'steps', count: steps, learningRate: LEARNING_RATE });
        const msPerStep = ms.reduce((sum, value) => sum + value, 0) / ms.length;
        const value: PeerRate = { pair, batchSize, precision, channelsLast, msPerStep, imagesPerSecond: (1000 * batchSize) / msPerStep };
        tell({ kind: 'peer', value });
      }
    }
  } finally {
    child.stdin.end();
    child.kill();
    rmSync(work, { recursive: true, force: true });
  }
}
