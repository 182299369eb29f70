import { describe, expect, it } from 'vitest';
import { scripted } from '../../testing/scripted-random.ts';
import { createRandom } from './index.ts';
import { drawMix, mixInto } from './mixing.ts';

const shape = { height: 2, width: 3, channels: 1 } as const;

describe('mixed pictures', () => {
  it('of mixup have a share of Beta(a, a), of Jöhnk, in 256ths', () => {
    // Partner 7 of 10; at a = 0.5 the draws 0.5 and 0.6 are 0.25 and 0.36: 0.25 / 0.61 = 0.4098, 104.9 of 256.
    expect(drawMix({ mixup: 0.5, cutmix: 0 }, 10, shape, scripted(0.75, 0.5, 0.6))).toEqual({ partner: 7, own: 105 / 256 });
    // 0.81 + 0.64 is above 1: drawn again.
    expect(drawMix({ mixup: 0.5, cutmix: 0 }, 10, shape, scripted(0.75, 0.9, 0.8, 0.5, 0.6)).own).toBe(105 / 256);
  });

  it('of CutMix have a box about a centre, cut off at the edges, and the share that is left', () => {
    // A share of 0.19 leaves √0.81 = 0.9 each way, half of it 0.45: 9 of 20 columns and 4 of 10 rows about (1, 5).
    const mix = drawMix({ mixup: 0, cutmix: 1 }, 4, { height: 10, width: 20 }, scripted(0, 0.19, 0.81, 0.05, 0.5));
    expect(mix).toEqual({ partner: 0, own: 1 - 80 / 200, box: { top: 1, left: 0, bottom: 9, right: 10 } });
  });

  it('are of either kind, half of the time, with both', () => {
    const kinds = Array.from({ length: 400 }, (_, i) => drawMix({ mixup: 0.2, cutmix: 1 }, 9, shape, createRandom(5, i)).box !== undefined);
    expect(kinds.filter(Boolean).length).toBeGreaterThan(160);
    expect(kinds.filter(Boolean).length).toBeLessThan(240);
  });

  it('have levels of both, in integers', () => {
    const view = Uint8Array.of(0, 100, 255, 10, 20, 30);
    mixInto(view, Uint8Array.of(255, 101, 255, 0, 0, 1), shape, { partner: 0, own: 0.5 });
    expect([...view]).toEqual([128, 101, 255, 5, 10, 16]);
    const own = Uint8Array.of(9, 8, 7, 6, 5, 4);
    mixInto(own, new Uint8Array(6), shape, { partner: 0, own: 1 });
    expect([...own]).toEqual([9, 8, 7, 6, 5, 4]);
    mixInto(own, Uint8Array.of(1, 2, 3, 4, 5, 6), shape, { partner: 0, own: 0.5, box: { top: 1, left: 1, bottom: 2, right: 3 } });
    expect([...own]).toEqual([9, 8, 7, 6, 5, 6]);
  });
});
