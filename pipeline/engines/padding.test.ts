import { describe, expect, it } from 'vitest';
import { samePadding, windowCounts } from './padding.ts';

describe('samePadding', () => {
  it.each([
    // (112 - 1)·2 + 3 - 224 = 1 zero, below and to the right.
    ['even sizes, kernel 3, stride 2', [224, 224], 3, 2, [0, 0, 1, 1]],
    // (56 - 1)·2 + 5 - 112 = 3.
    ['even sizes, kernel 5, stride 2', [112, 112], 5, 2, [1, 1, 2, 2]],
    // (33 - 1)·2 + 3 - 65 = 2: as PyTorch pads.
    ['odd sizes, stride 2', [65, 65], 3, 2, 1],
    ['stride 1', [7, 4], 5, 1, 2],
    ['nothing to pad', [8, 8], 1, 2, 0],
    ['each side by its own size', [8, 9], 3, 2, [0, 1, 1, 1]],
    ['a stride above the kernel', [9, 9], 1, 4, 0],
  ])('%s', (_what, size, kernel, stride, padding) => {
    expect(samePadding(size, kernel, stride)).toEqual(padding);
    expect(windowCounts(size, kernel, stride, samePadding(size, kernel, stride))).toEqual(size.map((side) => Math.ceil(side / stride)));
  });
});
