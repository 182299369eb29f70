import type { WebgpuBackend } from '../../../pipeline/engines/webgpu/backend.ts';
import { openEngine } from './open-engine.ts';
import { createPairSide } from './pair-step.ts';
import { tell } from './results.ts';

/** Steps between two reads of the losses, as in training (`Engine.stepsPerRead`). */
const STEPS_OF_A_READ = 20;

export interface RateOptions {
  pair: string;
  batchSize: number;
  /** Timed steps, at most: fewer where `seconds` are over before, whole reads. */
  steps: number;
  seconds: number;
  warmUp: number;
}

/** Images a second of whole steps, the teacher's and the uploads included; then one step kernel by kernel. */
export async function ratePart({ pair, batchSize, steps, seconds, warmUp }: RateOptions): Promise<void> {
  const engine = await openEngine();
  const backend = engine.tf.backend() as unknown as WebgpuBackend;
  const side = createPairSide(engine, pair, batchSize);
  const firstBegan = performance.now();
  await side.read([side.step()]);
  const firstStepMs = performance.now() - firstBegan;
  for (let i = 0; i < warmUp; i++) await side.read([side.step()]);

  const before = { ...engine.counts! };
  const began = performance.now();
  let done = 0;
  let hostMs = 0;
  while (done < steps && performance.now() - began < 1000 * seconds) {
    const count = Math.min(STEPS_OF_A_READ, steps - done);
    const queueing = performance.now();
    const losses = Array.from({ length: count }, () => side.step());
    hostMs += performance.now() - queueing;
    await side.read(losses);
    done += count;
  }
  const msPerStep = (performance.now() - began) / done;
  const { dispatches, submits } = engine.counts!;
  const bytes = (engine.tf.memory() as { numBytesAllocatedInGPU?: number }).numBytesAllocatedInGPU ?? 0;

  backend.startProfile();
  const losses = side.step();
  const kernels = await backend.endProfile();
  await side.read([losses]);
  tell({
    kind: 'rate',
    value: {
      pair,
      batchSize,
      steps: done,
      msPerStep,
      imagesPerSecond: (1000 * batchSize) / msPerStep,
      hostMsPerStep: hostMs / done,
      dispatches: (dispatches - before.dispatches) / done,
      submits: (submits - before.submits) / done,
      bytes,
      firstStepMs,
      kernels,
    },
  });
}
