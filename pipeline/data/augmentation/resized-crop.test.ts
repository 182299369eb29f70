import { describe, expect, it } from 'vitest';
import { scripted } from '../../testing/scripted-random.ts';
import { createRandom } from './index.ts';
import { cropResized, drawWindow, roundHalfToEven } from './resized-crop.ts';

describe('the window of a resized crop', () => {
  it('is drawn as area, shape, row, column', () => {
    // 20 · 10 · (0.2 + 0.8 · 0.375) = 100 pixels; exp of half-way between ln 0.25 and ln 4 is 1: 10 by 10; row 5 of 0…10, column 0 of 0.
    const crop = { scale: [0.2, 1], aspect: [0.25, 4] } as const;
    expect(drawWindow({ height: 20, width: 10 }, crop, scripted(0.375, 0.5, 0.5, 0.9))).toEqual({ height: 10, width: 10, top: 5, left: 0 });
    // exp(ln 0.25 + 0.75 · ln 16) = 2: √200 = 14.14 is wider than the image, so it draws again; 100 / 0.5 is 14 high and √50 = 7 wide.
    expect(drawWindow({ height: 20, width: 10 }, crop, scripted(0.375, 0.75, 0.375, 0.25, 0, 0.99))).toEqual({
      height: 14,
      width: 7,
      top: 0,
      left: 3,
    });
  });

  it('is the largest centred one of an allowed shape after ten draws that do not fit', () => {
    const wide = { scale: [1, 1], aspect: [1, 1] } as const;
    const never = (): ReturnType<typeof scripted> => scripted(...new Array<number>(20).fill(0.5));
    expect(drawWindow({ height: 10, width: 31 }, wide, never())).toEqual({ height: 10, width: 10, top: 0, left: 10 });
    expect(drawWindow({ height: 31, width: 10 }, wide, never())).toEqual({ height: 10, width: 10, top: 10, left: 0 });
    const both = { scale: [1, 1], aspect: [0.5, 0.5000001] } as const;
    expect(drawWindow({ height: 10, width: 31 }, both, never())).toEqual({ height: 10, width: 5, top: 0, left: 13 });
  });

  it('is the whole image where area and shape are', () => {
    const crop = { scale: [1, 1], aspect: [1, 1] } as const;
    expect(drawWindow({ height: 8, width: 8 }, crop, scripted(0.3, 0.7, 0.9, 0.9))).toEqual({ height: 8, width: 8, top: 0, left: 0 });
  });

  it('lies within the image, and is of an allowed area and shape but for rounding', () => {
    const random = createRandom(3);
    for (let i = 0; i < 2000; i++) {
      const { top, left, height, width } = drawWindow({ height: 60, width: 90 }, { scale: [0.1, 0.8], aspect: [0.75, 4 / 3] }, random);
      expect(Math.min(top, left, 60 - top - height, 90 - left - width)).toBeGreaterThanOrEqual(0);
      const [area, aspect] = [(height * width) / 5400, width / height];
      expect(area > 0.095 && area < 0.82 && aspect > 0.72 && aspect < 1.39).toBe(true);
    }
  });

  it('rounds halves to even, as Python does', () => {
    expect([0.5, 1.5, 2.5, 2.4, 2.6].map(roundHalfToEven)).toEqual([0, 2, 2, 2, 3]);
  });
});

it('cropResized averages nothing from outside of the window', () => {
  // Of a row 0 100 | 200 40 | 0 the window is halved to (200 + 40) / 2.
  const source = Uint8Array.of(0, 100, 200, 40, 0);
  const target = new Uint8Array(1);
  cropResized(source, { height: 1, width: 5, channels: 1 }, { top: 0, left: 2, height: 1, width: 2 }, target, {
    height: 1,
    width: 1,
    channels: 1,
  });
  expect([...target]).toEqual([120]);
});
