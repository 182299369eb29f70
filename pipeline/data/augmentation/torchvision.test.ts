import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { scripted } from '../../testing/scripted-random.ts';
import { erase } from './erasing.ts';
import { drawJitter } from './jitter.ts';
import { drawWindow } from './resized-crop.ts';

type Window = [left: number, top: number, width: number, height: number];

interface Vectors {
  windows: { draws: number[]; size: [number, number]; scale: [number, number]; aspect: [number, number]; window: Window }[];
  side: number;
  input: string;
  jitters: { draws: number[]; factors: [number, number, number, number]; expected: string }[];
  erasings: { draws: number[]; size: [number, number]; window: Window }[];
}

// Made by fixtures/make_torchvision_vectors.py.
const vectors = JSON.parse(readFileSync(new URL('fixtures/torchvision-vectors.json', import.meta.url), 'utf8')) as Vectors;
const decode = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'));

it.each(vectors.windows)(
  'RandomResizedCrop of $size, $scale, $aspect takes the window $window',
  ({ draws, size, scale, aspect, window }) => {
    const [width, height] = size;
    const found = drawWindow({ height, width }, { scale, aspect }, scripted(...draws));
    expect([found.left, found.top, found.width, found.height]).toEqual(window);
  },
);

it.each(vectors.jitters)('ColorJitter by $factors', ({ draws, factors, expected }) => {
  const [brightness, contrast, saturation, hue] = factors;
  const { side } = vectors;
  let data = decode(vectors.input);
  for (const [operation, magnitude] of drawJitter({ brightness, contrast, saturation, hue }, scripted(...draws))) {
    const target = new Uint8Array(data.length);
    operation.apply({ height: side, width: side, channels: 3, data }, magnitude, target);
    data = target;
  }
  expect(data).toEqual(decode(expected));
});

it.each(vectors.erasings)('RandomErasing of $size covers $window', ({ draws, size, window: [left, top, w, h] }) => {
  const [width, height] = size;
  const data = new Uint8Array(width * height);
  // The first draw decides whether anything is covered.
  erase({ height, width, channels: 1, data }, 1, scripted(0, ...draws));
  const covered = [...data.keys()].filter((at) => data[at] > 0);
  const expected = [...data.keys()].filter((at) => {
    const [x, y] = [at % width, Math.floor(at / width)];
    return x >= left && x < left + w && y >= top && y < top + h;
  });
  expect(covered).toEqual(expected);
});
