import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cutout, imageOperations, type ByteImage } from './index.ts';

interface Vectors {
  height: number;
  width: number;
  images: {
    channels: 1 | 3;
    input: string;
    cases: { op: string; magnitude: number; expected: string }[];
    cutouts: { side: number; centreX: number; centreY: number; expected: string }[];
  }[];
}

// Made by fixtures/make_pillow_vectors.py.
const vectors = JSON.parse(readFileSync(new URL('fixtures/pillow-vectors.json', import.meta.url), 'utf8')) as Vectors;
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

describe.each(vectors.images)('what Pillow makes of $channels channel(s)', ({ channels, input, cases, cutouts }) => {
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

  it('has a case for every operation', () => {
    expect([...new Set(cases.map(({ op }) => op))].sort()).toEqual(Object.keys(imageOperations).sort());
  });
});
