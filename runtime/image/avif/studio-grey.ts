/** 255/219 in 65536 · 64 / 257 parts, and black with half a level for rounding, in 64ths: as libyuv has them. */
const FACTOR = 18_997;
const BLACK = 1160;

const WIDENED = Uint8Array.from({ length: 256 }, (_, level) => Math.max(0, Math.min(255, (((level * 257 * FACTOR) >>> 16) - BLACK) >> 6)));

/**
 * Widens grey levels of studio range (black 16, white 235) to 0…255, in libyuv's integers: Chromium gives grey pictures
 * only so, and the result is to be the same. Of more than 8 bits, it takes the high 8.
 */
export function widenStudioGrey(levels: Uint8Array): Uint8Array {
  return levels.map((level) => WIDENED[level]);
}
