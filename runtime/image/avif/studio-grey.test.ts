import { expect, it } from 'vitest';
import { widenStudioGrey } from './studio-grey.ts';

it('widens 16…235 to 0…255 and limits what lies beyond', () => {
  // 255/219 times (level - 16): 1.16, 2.33, 3.49, 4.66; 126: 128.08; 233 to 235: 252.67, 253.84, 255.
  expect([...widenStudioGrey(Uint8Array.of(0, 15, 16, 17, 18, 19, 20, 126, 233, 234, 235, 236, 255))]).toEqual([
    0, 0, 0, 1, 2, 3, 5, 128, 253, 254, 255, 255, 255,
  ]);
});

it('is within a level of the quotient, and never falls', () => {
  const widened = widenStudioGrey(Uint8Array.from({ length: 256 }, (_, level) => level));
  widened.forEach((level, i) => {
    const exact = Math.max(0, Math.min(255, ((i - 16) * 255) / 219));
    expect(Math.abs(level - exact)).toBeLessThan(0.6);
    expect(level).toBeGreaterThanOrEqual(widened[Math.max(0, i - 1)]);
  });
});
