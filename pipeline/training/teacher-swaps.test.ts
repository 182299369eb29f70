import { describe, expect, it } from 'vitest';
import { addSwaps, noSwaps } from './teacher-swaps.ts';

describe('addSwaps', () => {
  // Two samples of classes 2 and 0; rows: weak, weak, strong, strong.
  const labels = [2, 0];
  const rows = Float32Array.of(1, 3, 2, 5, 4, 0, 0, 1, 2, -3, -1, -2);

  it('counts by view, and by true class over the first view', () => {
    const swaps = noSwaps(3);
    addSwaps(swaps, ['weak', 'strong'], labels, rows);
    expect(swaps).toEqual({ weak: 1, strong: 1, byClass: [0, 0, 1] });
    addSwaps(swaps, ['weak', 'strong'], labels, rows);
    expect(swaps).toEqual({ weak: 2, strong: 2, byClass: [0, 0, 2] });
  });

  it('takes the views that the method has', () => {
    const swaps = noSwaps(3);
    addSwaps(swaps, ['weak'], labels, rows.subarray(0, 6));
    expect(swaps).toEqual({ weak: 1, strong: 0, byClass: [0, 0, 1] });
  });

  it('takes the first of equal largest logits, as the swap does', () => {
    const swaps = noSwaps(3);
    addSwaps(swaps, ['weak'], [1, 1], Float32Array.of(4, 4, 1, 1, 4, 4));
    expect(swaps).toEqual({ weak: 1, strong: 0, byClass: [0, 1, 0] });
  });
});
