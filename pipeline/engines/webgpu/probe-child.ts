/** Run by `probeWebgpu`: computes what is known and says in one line of JSON which adapter it was and whether it is right. */
import type { Tfjs } from '../engine.ts';
import { wrongAnswer } from '../known-answers.ts';
import { createBackend } from './backend.ts';
import { openAdapter, type AdapterSummary } from './dawn.ts';
import type { WebgpuProbe } from './probe.ts';

async function probe(): Promise<WebgpuProbe> {
  let summary: AdapterSummary | undefined;
  try {
    const { adapter, gpu: _, ...rest } = await openAdapter();
    summary = rest;
    const tf = (await import('@tensorflow/tfjs')) as unknown as Tfjs;
    await createBackend(tf, adapter);
    // Small tensors that lie on the host are computed there otherwise.
    tf.env().set('WEBGPU_CPU_FORWARD', false);
    const wrong = await wrongAnswer(tf);
    if (wrong) return { ok: false, message: `${wrong} (${summary.description})`, adapter: summary };
    return { ok: true, message: `matMul and conv2d are right on ${summary.description}`, adapter: summary };
  } catch (error) {
    return { ok: false, message: (error as Error).message.split('\n')[0], ...(summary && { adapter: summary }) };
  }
}

process.stdout.write(`${JSON.stringify(await probe())}\n`, () => process.exit());
