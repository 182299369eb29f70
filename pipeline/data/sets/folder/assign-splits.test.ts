import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { assignSplits, type AssignedSplits } from './assign-splits.ts';
import { DecodedIndex, ENTRY_BYTES, writeEntry, writeUnreadable } from './decoded-record.ts';
import { createListBuilder, type ImageList, type Split } from './image-list.ts';

interface Image {
  label: number;
  content: string;
  /** Digest of the pixels; absent: the file's. */
  pixels?: string;
  split?: Split;
  unreadable?: boolean;
}

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

function assign(images: Image[]): AssignedSplits {
  const builder = createListBuilder('/pictures');
  const entries = new Uint8Array(images.length * ENTRY_BYTES);
  images.forEach(({ label, content, pixels = content, split = 'undecided', unreadable }, i) => {
    builder.addFolder(`folder ${i}`, label, split, [{ name: 'a.png', bytes: 1, modifiedMs: 1 }]);
    if (unreadable) writeUnreadable(entries, i);
    else writeEntry(entries, i, { file: digest(content), pixels: digest(pixels), outline: new Uint8Array(8) }, Uint8Array.of(1, 2, 3));
  });
  const list: ImageList = builder.finish(Array.from({ length: Math.max(...images.map(({ label }) => label)) + 1 }, (_, i) => `class ${i}`));
  return assignSplits(list, new DecodedIndex(entries));
}

const images = (label: number, count: number, more: Partial<Image> = {}): Image[] =>
  Array.from({ length: count }, (_, i) => ({ label, content: `${label} ${i} ${more.split ?? ''}`, ...more }));

test('holds a tenth of each class out for validation and a tenth for test, each image once', () => {
  const all = [...images(0, 50), ...images(1, 20), ...images(2, 3)];
  const { train, validation, test: tests, unlabelled, ...rest } = assign(all);
  const perClass = (indices: Uint32Array): number[] => [0, 1, 2].map((label) => indices.filter((i) => all[i].label === label).length);
  expect([perClass(train), perClass(validation), perClass(tests)]).toEqual([
    [40, 16, 1],
    [5, 2, 1],
    [5, 2, 1],
  ]);
  expect([...train, ...validation, ...tests].sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
  expect([...unlabelled]).toEqual([]);
  expect(rest).toEqual({ duplicates: 0, otherBytes: 0, torn: 0, contradictions: 0, leaked: 0, unsplitClasses: [] });
});

test('the content decides, not the place in the list; the first images are of all classes', () => {
  const all = [...images(0, 40), ...images(1, 40)];
  const contentsOf = (list: Image[], indices: Uint32Array): string[] => [...indices].map((i) => list[i].content);
  const straight = assign(all);
  const turned = [...all].reverse();
  const reversed = assign(turned);
  for (const split of ['train', 'validation', 'test'] as const)
    expect(contentsOf(turned, reversed[split])).toEqual(contentsOf(all, straight[split]));
  const first = [...straight.train.subarray(0, 16)].filter((i) => all[i].label === 0).length;
  expect(first).toBeGreaterThan(2);
  expect(first).toBeLessThan(14);
});

test('the same pixels in other bytes are one picture: never split, and told apart from copies of a file', () => {
  const all = images(0, 60);
  const again = images(0, 60).map(({ content }) => ({ label: 0, content: `${content} saved again`, pixels: content }));
  const splits = assign([...all, ...again]);
  expect(splits).toMatchObject({ duplicates: 60, otherBytes: 60, torn: 0, leaked: 0 });
  const splitOf = (i: number): string => (['train', 'validation', 'test'] as const).find((split) => splits[split].includes(i))!;
  for (let i = 0; i < 60; i++) expect(splitOf(i + 60)).toBe(splitOf(i));
  expect([splits.train.length, splits.validation.length, splits.test.length]).toEqual([96, 12, 12]);
});

test('pictures without copies stay where they are, whatever copies others get', () => {
  const all = images(0, 50);
  const before = assign(all);
  const after = assign([...all, { label: 0, content: 'another', pixels: all[7].content }]);
  const moved = [...before.train].filter((i) => i !== 7 && !after.train.includes(i));
  expect(moved.length).toBeLessThanOrEqual(1);
});

test('copies stay together, in whatever classes they lie', () => {
  // Every image twice, the second in the other class: one of both splits would train on what is tested.
  const all = [...images(0, 30), ...images(0, 30).map((image) => ({ ...image, label: 1 })), ...images(1, 30)];
  const splits = assign(all);
  expect([splits.duplicates, splits.contradictions]).toEqual([30, 30]);
  const where = new Map<string, string>();
  for (const split of ['train', 'validation', 'test'] as const) {
    for (const i of splits[split]) {
      expect(where.get(all[i].content) ?? split).toBe(split);
      where.set(all[i].content, split);
    }
  }
  expect(splits.test.length).toBeGreaterThan(0);
});

test('keeps the splits of folders, and holds out of training only what is missing', () => {
  const train = images(0, 20, { split: 'train' });
  const all = [...train, ...images(1, 20, { split: 'train' }), ...images(0, 5, { split: 'test' }), ...images(1, 5, { split: 'test' })];
  const splits = assign(all);
  expect([...splits.test].sort((a, b) => a - b)).toEqual([40, 41, 42, 43, 44, 45, 46, 47, 48, 49]);
  expect([splits.train.length, splits.validation.length]).toEqual([36, 4]);
  const withValidation = assign([...train, ...images(0, 5, { split: 'validation' })]);
  expect([withValidation.train.length, withValidation.validation.length, withValidation.test.length]).toEqual([18, 5, 2]);
  expect(assign(images(0, 5, { split: 'test' }))).toMatchObject({
    train: new Uint32Array(0),
    validation: new Uint32Array(0),
    unsplitClasses: [],
  });
});

test('tells of test images that are copies of training images', () => {
  const copies = images(0, 3).map(({ content }) => ({ label: 0, content, split: 'test' as const }));
  expect(assign([...images(0, 10, { split: 'train' }).map((image, i) => ({ ...image, content: `0 ${i} ` })), ...copies])).toMatchObject({
    leaked: 3,
    duplicates: 3,
    torn: 3,
  });
});

test('leaves unreadable images out, and small classes whole in training', () => {
  const splits = assign([...images(0, 10), ...images(1, 2), { label: 2, content: 'x', unreadable: true }, ...images(2, 3)]);
  expect([...splits.train, ...splits.validation, ...splits.test].sort((a, b) => a - b)).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15,
  ]);
  expect([...splits.train]).toEqual(expect.arrayContaining([10, 11]));
  expect(splits.unsplitClasses).toEqual([1]);
});

test('unlabelled pictures are their own set: copies of each other once, copies of labelled ones not at all', () => {
  const unlabelled = { label: 0, split: 'unlabelled' as const };
  const all = [...images(0, 20), { ...unlabelled, content: 'new' }, { ...unlabelled, content: '0 3 ' }, { ...unlabelled, content: 'new' }];
  const found = assign(all);
  const [one] = found.unlabelled;
  expect(found.unlabelled).toHaveLength(1);
  expect(all[one].content).toBe('new');
  const { unlabelled: _, ...labelled } = found;
  const { unlabelled: _none, ...without } = assign(images(0, 20));
  expect(labelled).toEqual(without);
});
