import { expect, it } from 'vitest';
import { roomForSamples } from './make-samples.ts';

it.each([
  [28 * 28, 24],
  [128 * 128 * 3, 24],
  [224 * 224 * 3, 10],
  [1024 * 1024 * 3, 1],
])('has room for samples of %i bytes of pixels: %i', (bytes, room) => expect(roomForSamples(bytes)).toBe(room));
