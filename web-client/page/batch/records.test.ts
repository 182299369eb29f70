import { AppError } from '@sld-edge/runtime';
import { describe, expect, it } from 'vitest';
import { compareRecords, passes, placeOf, tally, type BatchRecord } from './records.ts';

const answered = (path: string, label: string, probability: number, abstained = false): BatchRecord => ({
  path,
  predictions: [{ label, index: 0, probability }],
  abstained,
});
const unread = (path: string): BatchRecord => ({ path, predictions: [], abstained: false, error: new AppError('IMAGE_HEIC', {}) });

const records = [answered('b', 'cat', 0.5, true), answered('a', 'cat', 0.9), unread('x'), answered('c', 'dog', 0.7), unread('d')];

describe('the order', () => {
  it('has the surest first, what was not read last, and equals by name', () => {
    expect(records.toSorted(compareRecords).map(({ path }) => path)).toEqual(['a', 'c', 'b', 'd', 'x']);
  });

  it('is the same when records come one by one, in whatever order', () => {
    for (const coming of [records, records.toReversed()]) {
      const sorted: BatchRecord[] = [];
      for (const record of coming) sorted.splice(placeOf(record, sorted), 0, record);
      expect(sorted.map(({ path }) => path)).toEqual(['a', 'c', 'b', 'd', 'x']);
    }
  });
});

it('counts by class, the most frequent first', () => {
  expect(tally(records)).toEqual({
    classes: [
      ['cat', 2],
      ['dog', 1],
    ],
    unsure: 1,
    unread: 2,
  });
});

it('lets through what a filter asks for', () => {
  const shown = (filter: Parameters<typeof passes>[1]) => records.filter((record) => passes(record, filter)).map(({ path }) => path);
  expect(shown('all')).toHaveLength(5);
  expect(shown('unsure')).toEqual(['b']);
  expect(shown('unread')).toEqual(['x', 'd']);
  expect(shown({ label: 'cat' })).toEqual(['b', 'a']);
  // A class may have any name.
  expect(shown({ label: 'unread' })).toEqual([]);
});
