/** Run by `probeWebgpu`: computes what is known and says in one line of JSON which adapter it was and whether it is right. */
import type { Tensor4D } from '@tensorflow/tfjs-core';
import type { Tfjs } from '../engine.ts';
import { createBackend } from './backend.ts';
import { openAdapter, type AdapterSummary } from './dawn.ts';
import type { WebgpuProbe } from './probe.ts';

async function probe(): Promise<WebgpuProbe> {
  let summary: AdapterSummary | undefined;
  try {
    const { adapter, ...rest } = await openAdapter();
    summary = rest;
    const tf = (await import('@tensorflow/tfjs')) as unknown as Tfjs;
    await createBackend(tf, adapter);
    // Small tensors that lie on the host are computed there otherwise.
    tf.env().set('WEBGPU_CPU_FORWARD', false);
    // [[1,2],[3,4]] · [[5,6],[7,8]] = [[19,22],[43,50]]
    const product = await tf
      .matMul(
        tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
        tf.tensor2d([
          [5, 6],
          [7, 8],
        ]),
      )
      .data();
    // A 3×3 box filter on a 3×3 image of 1…9, zero padding: the sum of each pixel's neighbourhood.
    const image = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
    const sums = await tf.conv2d(image, tf.ones([3, 3, 1, 1]) as Tensor4D, 1, 'same').data();
    const checks: [string, ArrayLike<number>, number[]][] = [
      ['matMul', product, [19, 22, 43, 50]],
      ['conv2d', sums, [12, 21, 16, 27, 45, 33, 24, 39, 28]],
    ];
    const wrong = checks.find(([, got, expected]) => expected.length !== got.length || expected.some((value, i) => got[i] !== value));
    if (wrong)
      return {
        ok: false,
        message: `${wrong[0]} on ${summary.description} gave ${Array.from(wrong[1]).join(' ')}, expected ${wrong[2].join(' ')}`,
        adapter: summary,
      };
    return { ok: true, message: `matMul and conv2d are right on ${summary.description}`, adapter: summary };
  } catch (error) {
    return { ok: false, message: (error as Error).message.split('\n')[0], ...(summary && { adapter: summary }) };
  }
}

process.stdout.write(`${JSON.stringify(await probe())}\n`, () => process.exit());
