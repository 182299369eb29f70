import { closeSync, openSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../testing/temporary-folder.ts';
import { readWhole, writeWhole } from './whole-io.ts';

test('reads a range, and says how much of it there is', () => {
  const path = join(temporaryFolder(), 'bytes');
  writeFileSync(path, Uint8Array.of(1, 2, 3, 4, 5));
  const file = openSync(path, 'r');
  const target = new Uint8Array(3);
  expect(readWhole(file, target, 1)).toBe(3);
  expect([...target]).toEqual([2, 3, 4]);
  expect(readWhole(file, target, 4)).toBe(1);
  expect(target[0]).toBe(5);
  expect(readWhole(file, target, 9)).toBe(0);
  closeSync(file);
});

test('writes at a place, and leaves the rest', () => {
  const path = join(temporaryFolder(), 'bytes');
  writeFileSync(path, Uint8Array.of(1, 2, 3, 4));
  const file = openSync(path, 'r+');
  writeWhole(file, Uint8Array.of(8, 9), 1);
  closeSync(file);
  expect([...readFileSync(path)]).toEqual([1, 8, 9, 4]);
});
