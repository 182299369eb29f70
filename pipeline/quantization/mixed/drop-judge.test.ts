import { describe, expect, it } from 'vitest';
import { imagesInMemory } from '../../data/sets/image-source.ts';
import type { ImageSet } from '../../data/sets/index.ts';
import type { FrozenNetwork } from '../../networks/freeze.ts';
import { dropJudge } from './drop-judge.ts';

/** 800 images of one pixel, their number modulo 100; all of class 0. */
const validation: ImageSet = {
  count: 800,
  images: imagesInMemory(
    Uint8Array.from({ length: 800 }, (_, i) => i % 100),
    1,
  ),
  labels: new Uint16Array(800),
};
const networkOf = (name: string): FrozenNetwork => ({
  name,
  classes: 2,
  inputShape: { height: 1, width: 1, channels: 1 },
  nodes: [],
  output: '',
});

/** A network that is wrong on images below a number, which is its name. */
async function judge(
  wrong: number,
  maxDrop: number,
  all = false,
): Promise<{ count: number; holds: boolean; drop: number; seen: Record<string, number> }> {
  const seen: Record<string, number> = {};
  const measure = dropJudge(networkOf('0'), validation, maxDrop, async ({ name }, { images, count }) => {
    seen[name] = (seen[name] ?? 0) + count;
    return Float32Array.from([...images.range(0, count)].flatMap((pixel) => (pixel < Number(name) ? [0, 1] : [1, 0])));
  });
  const { count, holds, drop } = await measure(networkOf(String(wrong)), all);
  return { count, holds, drop, seen };
}

describe('dropJudge', () => {
  it('stops where part of the images leaves no doubt that the drop is too large', async () => {
    // 100 images: 50 ± 7.1 points. float32 is computed on no more than was needed.
    const { count, holds, seen } = await judge(50, 1);
    expect([count, holds, seen]).toEqual([100, false, { 0: 100, 50: 100 }]);
  });

  it('stops where it leaves no doubt that the drop is small enough', async () => {
    // One image of 100 more than differ: 2 · √(0 + 1) = 2 points.
    expect(await judge(0, 2)).toMatchObject({ count: 100, holds: true });
    expect(await judge(0, 1.9)).toMatchObject({ count: 200, holds: true });
  });

  it('asked for all, or in doubt, takes all, and one standard error of the drop', async () => {
    expect(await judge(0, 3, true)).toMatchObject({ count: 800, holds: true });
    // 4 points, √32 / 800: 0.71.
    expect(await judge(4, 4.8)).toMatchObject({ count: 800, holds: true, drop: expect.closeTo(4, 9) as number });
    expect(await judge(4, 4.6)).toMatchObject({ count: 800, holds: false });
  });
});
