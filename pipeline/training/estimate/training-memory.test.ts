import { describe, expect, it } from 'vitest';
import { freeze } from '../../networks/freeze.ts';
import { GraphBuilder } from '../../networks/graph.ts';
import { buildNetwork } from '../../networks/index.ts';
import { networkHandle } from '../../teachers/teacher-handle.ts';
import { errorOf } from '../../testing/error-of.ts';
import { randomState } from '../../testing/random-state.ts';
import { MEMORY_SHARE, microBatchFor } from './fit-to-memory.ts';
import { largestHeld, trainingMemory } from './training-memory.ts';

const inputShape = { height: 4, width: 4, channels: 3 };

/** Values of an image: 48 of the image, 16·8 twice, 8, 2. */
function tiny() {
  const g = new GraphBuilder();
  const conv = g.relu(g.conv(g.input(inputShape), 'conv', 8, { kernel: 3, bias: true }));
  return g.network('tiny', { inputShape, classes: 2 }, g.linear(g.globalAveragePool(conv), 'fc', 2));
}

describe('trainingMemory', () => {
  const request = { network: tiny(), views: 2, batchSize: 8, microBatch: 0, replicas: 2 };

  it('counts what layers keep of a part in all replicas', () => {
    const bytes = 1.6 * 4 * (48 + 128 + 128 + 8 + 2);
    expect(trainingMemory(request).layersBytes).toBeCloseTo(bytes * 2 * 4 * 2, 6);
    expect(trainingMemory({ ...request, microBatch: 3 }).layersBytes).toBeCloseTo(bytes * 2 * 2 * 2, 6);
  });

  it('counts weights for each replica, and the teacher where one is asked', () => {
    const resnet = buildNetwork('resnet8', { inputShape: { height: 8, width: 8, channels: 3 }, classes: 2 });
    const teacher = networkHandle(freeze(resnet, randomState(resnet)), {} as never);
    const [alone, taught] = [trainingMemory(request), trainingMemory({ ...request, teacher })];
    expect(alone.weightsBytes).toBe(8 * 4 * (27 * 8 + 8 + 16 + 2) * 2);
    expect(alone.teacherBytes).toBe(0);
    const weights = teacher.network.nodes
      .flatMap(({ constants }) => Object.values(constants))
      .reduce((sum, { data }) => sum + data.length, 0);
    expect(taught.teacherBytes).toBe(3 * 4 * weights * 2);
    // Its pass of four images holds more than the student's layers keep.
    expect(taught.layersBytes).toBe(4 * 2 * 2 * 4 * largestHeld(teacher.network));
  });
});

describe('largestHeld', () => {
  it('is that of the widest place, with its output once more for its own intermediates', () => {
    const network = freeze(tiny(), randomState(tiny()));
    // The image, the convolution with its ReLU, and that again.
    expect(largestHeld(network)).toBe(48 + 128 + 128);
  });
});

describe('microBatchFor', () => {
  const network = buildNetwork('resnet20', { inputShape: { height: 32, width: 32, channels: 3 }, classes: 10 });
  const request = { network, views: 2, batchSize: 64, microBatch: 0, replicas: 2 };
  const limitFor = (microBatch: number): number => trainingMemory({ ...request, microBatch }).totalBytes / MEMORY_SHARE;

  it('is 0, the whole share, where that fits, and what is stated', () => {
    expect(microBatchFor(request, limitFor(0))).toBe(0);
    expect(microBatchFor({ ...request, microBatch: 5 }, 0)).toBe(5);
  });

  it('is the largest divisor of the share that fits', () => {
    expect(microBatchFor(request, limitFor(0) - 1)).toBe(16);
    expect(microBatchFor(request, limitFor(5))).toBe(4);
    expect(microBatchFor(request, limitFor(1))).toBe(1);
  });

  it('refuses what does not fit one image at a time, and says what to type', async () => {
    expect((await errorOf(() => microBatchFor(request, 1e8))).message).toMatch(
      /^training resnet20 at 32x32 needs \S+ GB even one image at a time, and may take 0\.05 GB, half of the memory here: --replicas 1, --batch-size 32 or smaller images \(--image-size\) need less; --micro-batch 1 tries it nevertheless$/,
    );
  });
});
