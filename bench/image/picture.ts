import type { RgbImage } from '@sld-edge/runtime';
import { randomStates } from '../../runtime/random-states.ts';

/**
 * A picture with what photographs have: large soft shapes, edges, texture that fades with its frequency, and sensor
 * noise. The same in every run.
 */
export function naturalPicture(width: number, height: number): RgbImage {
  const data = new Uint8Array(width * height * 3);
  const tints = [0.9, 1, 1.15];
  const next = randomStates();
  for (let y = 0, at = 0; y < height; y++) {
    const v = y / height;
    for (let x = 0; x < width; x++) {
      const u = x / width;
      let level = 90 + 60 * Math.sin(5 * u + 3 * v) + 40 * Math.sin(17 * u - 11 * v + 2 * Math.sin(7 * v));
      level += 14 * Math.sin(90 * u + 130 * v * u) + 7 * Math.sin(700 * v + 400 * u * u);
      if ((u - 0.6) ** 2 + (v - 0.4) ** 2 < 0.03) level = 210 - 0.4 * level;
      for (let c = 0; c < 3; c++) {
        data[at++] = Math.max(0, Math.min(255, level * tints[c] + 20 * Math.sin(9 * v + c) + ((next() >> 8) % 9) - 4));
      }
    }
  }
  return { width, height, data };
}
