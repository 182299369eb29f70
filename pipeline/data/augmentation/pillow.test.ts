import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../support/sha256.ts';
import { cutout, imageOperations, type ByteImage } from './index.ts';
import { brightness, color, contrast } from './operations/enhance.ts';
import { hue } from './operations/hue.ts';
import { cropResized } from './resized-crop.ts';

interface Vectors {
  height: number;
  width: number;
  images: {
    channels: 1 | 3;
    input: string;
    cases: { op: string; magnitude: number; expected: string }[];
    jitter: { op: 'brightness' | 'contrast' | 'saturation' | 'hue'; magnitude: number; expected: string }[];
    crops: {
      window: [left: number, top: number, width: number, height: number];
      size: [width: number, height: number];
      expected: string;
    }[];
    cutouts: { side: number; centreX: number; centreY: number; expected: string }[];
  }[];
  /** SHA-256 of a row of colours after their hue is turned. */
  turned: { magnitude: number; sha256: string }[];
}

// Made by fixtures/make_pillow_vectors.py.
const vectors = JSON.parse(readFileSync(new URL('fixtures/pillow-vectors.json', import.meta.url), 'utf8')) as Vectors;
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

describe.each(vectors.images)('what Pillow makes of $channels channel(s)', ({ channels, input, cases, jitter, crops, cutouts }) => {
  const image = (): ByteImage => ({ height: vectors.height, width: vectors.width, channels, data: decode(input) });

  it.each(cases)('$op($magnitude)', ({ op, magnitude, expected }) => {
    const source = image();
    const target = new Uint8Array(source.data.length).fill(77);
    imageOperations[op].apply(source, magnitude, target);
    expect(target).toEqual(decode(expected));
    expect(source.data).toEqual(decode(input));
  });

  it.each(cutouts)('Cutout of $side at ($centreX, $centreY)', ({ side, centreX, centreY, expected }) => {
    const covered = image();
    cutout(covered, side, centreX, centreY);
    expect(covered.data).toEqual(decode(expected));
  });

  it.each(jitter)('jitter of $op by $magnitude', ({ op, magnitude, expected }) => {
    const source = image();
    const target = new Uint8Array(source.data.length);
    ({ brightness, contrast, saturation: color, hue })[op].apply(source, magnitude, target);
    expect(target).toEqual(decode(expected));
  });

  it.each(crops)('crop of $window to $size', ({ window: [left, top, width, height], size, expected }) => {
    const source = image();
    const target = new Uint8Array(size[0] * size[1] * channels);
    cropResized(source.data, source, { left, top, width, height }, target, { width: size[0], height: size[1], channels });
    expect(target).toEqual(decode(expected));
  });

  it('has a case for every operation', () => {
    expect([...new Set(cases.map(({ op }) => op))].sort()).toEqual(Object.keys(imageOperations).sort());
  });
});

it.each(vectors.turned)('turns the hue of 5,832 colours by $magnitude as Pillow does', ({ magnitude, sha256: expected }) => {
  const levels = Array.from({ length: 18 }, (_, i) => 15 * i);
  const data = Uint8Array.from(levels.flatMap((r) => levels.flatMap((g) => levels.flatMap((b) => [r, g, b]))));
  const target = new Uint8Array(data.length);
  hue.apply({ height: 1, width: 5832, channels: 3, data }, magnitude, target);
  expect(sha256(target)).toBe(expected);
});
