import { describe, expect, it, onTestFinished } from 'vitest';
import { createRandom, drawMix, PUBLISHED, type Augmentation } from '../../data/augmentation/index.ts';
import { imagesInMemory } from '../../data/sets/image-source.ts';
import { imageSetHandle } from '../../data/sets/image-set.ts';
import type { EngineHandle } from '../../engines/engine.ts';
import { wasmHandle } from '../../engines/wasm.ts';
import { freeze } from '../../networks/freeze.ts';
import { buildNetwork } from '../../networks/index.ts';
import { networkHandle } from '../../teachers/teacher-handle.ts';
import { randomState } from '../../testing/random-state.ts';
import { tinyRunData } from '../../testing/tiny-data.ts';
import type { Views } from '../training.ts';
import { createBatchSource } from './batches.ts';
import type { ViewReply } from './view-maker.ts';

const data = tinyRunData();
const workerData: Views = {
  engine: wasmHandle,
  train: imageSetHandle(data.train),
  preprocessing: data.preprocessing,
  views: ['weak', 'strong'],
  seed: 3,
  viewSets: 0,
  augmentation: PUBLISHED,
};
const teacherNetwork = buildNetwork('resnet8', { inputShape: data.inputShape, classes: 3 });
const teacher = networkHandle(freeze(teacherNetwork, randomState(teacherNetwork)), data.preprocessing);

/** Five batches of unequal content, in an order that no worker count divides. */
const batches = Array.from({ length: 5 }, (_, i) => Uint32Array.from({ length: 4 }, (_, k) => (i * 11 + k * 5) % data.train.count));

async function replies(workers: number, epoch: number, changes: Partial<Views> = {}, wanted = batches): Promise<ViewReply[]> {
  const source = createBatchSource({ ...workerData, ...changes }, workers);
  try {
    const out: ViewReply[] = [];
    for await (const reply of source.epoch(epoch, wanted)) out.push(reply);
    return out;
  } finally {
    await source.close();
  }
}

describe('batch source', () => {
  it('gives the same views and the same teacher answers whatever the number of workers', async () => {
    const [one, three] = await Promise.all([replies(1, 1, { teacher }), replies(3, 1, { teacher })]);
    expect(one).toHaveLength(5);
    one.forEach(({ images, teacherLogits }, i) => {
      expect(images.length).toBe(2 * 4 * 64);
      expect(teacherLogits!.length).toBe(2 * 4 * 3);
      expect(three[i].images).toEqual(images);
      expect(three[i].teacherLogits).toEqual(teacherLogits);
    });
  });

  it('gives an image the same views in whatever company it comes', async () => {
    const indices = [3, 8, 1, 40];
    const [together, alone] = await Promise.all([
      replies(1, 1, {}, [Uint32Array.from(indices)]),
      replies(
        1,
        1,
        {},
        indices.map((index) => Uint32Array.of(index)),
      ),
    ]);
    const imageOf = ({ images }: ViewReply, at: number): number[] => [...images.subarray(at * 64, (at + 1) * 64)];
    indices.forEach((_, i) => {
      expect(imageOf(together[0], i), 'weak').toEqual(imageOf(alone[i], 0));
      expect(imageOf(together[0], indices.length + i), 'strong').toEqual(imageOf(alone[i], 1));
    });
  });

  it('draws other views in another epoch, under another seed, and for the strong view', async () => {
    const [first, second, otherSeed, weakOnly] = await Promise.all([
      replies(1, 1),
      replies(1, 2),
      replies(1, 1, { seed: 4 }),
      replies(1, 1, { views: ['weak'] }),
    ]);
    expect(second[0].images).not.toEqual(first[0].images);
    expect(otherSeed[0].images).not.toEqual(first[0].images);
    const half = first[0].images.length / 2;
    expect(first[0].images.subarray(half)).not.toEqual(first[0].images.subarray(0, half));
    // Weak first: the same as where the weak view is all that was asked for.
    expect(weakOnly[0].images).toEqual(first[0].images.subarray(0, half));
    expect(first[0].teacherLogits).toBeUndefined();
  });

  it('makes the views of one source epoch by epoch, without repeating the workers’ start', async () => {
    const source = createBatchSource(workerData, 2);
    onTestFinished(async () => void (await source.close()));
    const collect = async (epoch: number): Promise<Float32Array[]> => {
      const out = [];
      for await (const { images } of source.epoch(epoch, batches)) out.push(images);
      return out;
    };
    const first = await collect(1);
    await collect(2);
    expect(await collect(1)).toEqual(first);
  });

  it('throws what a worker threw, and ends', async () => {
    const absent: EngineHandle = { name: 'tensorflow', bindingPath: '/nowhere/tfjs_binding.node', description: 'absent' };
    await expect(replies(2, 1, { teacher, engine: absent })).rejects.toThrow(/\/nowhere\/tfjs_binding\.node/);
  });

  it('mixes views of two samples, and cuts views from larger pictures, the same whatever the number of workers', async () => {
    const { images } = data.train;
    const stretched = new Uint8Array(new SharedArrayBuffer(data.train.count * 100));
    for (let i = 0; i < stretched.length; i++) stretched[i] = images.image(Math.floor(i / 100))[i % 64];
    const larger = { images: imagesInMemory(stretched, 100).handle, height: 10, width: 10 };
    const augmentation: Augmentation = {
      ...PUBLISHED,
      flip: 'both',
      resizedCrop: { scale: [0.3, 1], aspect: [0.75, 4 / 3] },
      rotation: 10,
      jitter: { brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1 },
      erasing: 0.3,
      mixing: { mixup: 0.2, cutmix: 1 },
    };
    const changes = { augmentation, train: { ...workerData.train, larger } };
    const [one, three] = await Promise.all([replies(1, 1, changes), replies(3, 1, changes)]);
    one.forEach((reply, i) => expect(reply).toEqual(three[i]));
    const unmixed = await replies(1, 1, { ...changes, augmentation: { ...augmentation, mixing: undefined } });
    expect(unmixed[0].images).not.toEqual(one[0].images);
    // A sample's mixed view is of its own and its partner's, which need not be in the batch.
    const sample = batches[0][0];
    const { partner, own, box } = drawMix(augmentation.mixing!, data.train.count, data.preprocessing, createRandom(3, 1, sample, 2));
    const [view, others] = (
      await replies(1, 1, { ...changes, augmentation: { ...augmentation, mixing: undefined } }, [
        Uint32Array.of(sample),
        Uint32Array.of(partner),
      ])
    ).map((reply) => reply.images);
    const at = box ? 8 * Math.max(0, box.top - 1) : 0;
    const mixed = one[0].images[at];
    if (box) expect([view[at], others[at]]).toContain(mixed);
    else expect(Math.abs(mixed - (own * view[at] + (1 - own) * others[at]))).toBeLessThan(0.02);
  });
});
