import { expect, test } from 'vitest';
import { parseCifar } from './cifar-binary.ts';

const PLANE = 1024;

/** A record whose planes are told apart by their values: red i mod 100, green 100 + i mod 100, blue 200. */
function record(...labels: number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length + 3 * PLANE);
  bytes.set(labels);
  for (let i = 0; i < PLANE; i++) {
    bytes[labels.length + i] = i % 100;
    bytes[labels.length + PLANE + i] = 100 + (i % 100);
    bytes[labels.length + 2 * PLANE + i] = 200;
  }
  return bytes;
}

function joined(...records: Uint8Array[]): Uint8Array {
  return Uint8Array.from(records.flatMap((bytes) => [...bytes]));
}

test('planes become interleaved pixels', () => {
  const set = parseCifar([{ name: 'a.bin', bytes: record(7) }], 1);
  expect(set.count).toBe(1);
  expect([...set.labels]).toEqual([7]);
  expect([...set.images.image(0).subarray(0, 6)]).toEqual([0, 100, 200, 1, 101, 200]);
  // Row 1, column 0 is pixel 32.
  expect([...set.images.image(0).subarray(32 * 3, 32 * 3 + 3)]).toEqual([32, 132, 200]);
  expect(set.images.image(0).buffer).toBeInstanceOf(SharedArrayBuffer);
});

test('the fine label of two is taken, files follow each other, counts come from sizes', () => {
  const set = parseCifar(
    [
      { name: 'a.bin', bytes: joined(record(19, 99), record(3, 4)) },
      { name: 'b.bin', bytes: record(1, 42) },
    ],
    2,
  );
  expect(set.count).toBe(3);
  expect([...set.labels]).toEqual([99, 4, 42]);
  expect([...set.images.image(2).subarray(0, 3)]).toEqual([0, 100, 200]);
});

test('refuses a cut-off file', () => {
  expect(() => parseCifar([{ name: 'a.bin', bytes: record(7).subarray(0, 3000) }], 1)).toThrow(
    'a.bin is cut off: expected a multiple of 3073 bytes (one record), came 3000',
  );
});
