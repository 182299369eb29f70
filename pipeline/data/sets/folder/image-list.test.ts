import { expect, test } from 'vitest';
import { createListBuilder, listKey, parseList, imagePathOf, serialiseList, unchangedImages, type ImageList } from './image-list.ts';

type Files = Record<string, [name: string, bytes: number, modifiedMs: number][]>;

function listOf(folders: Files): ImageList {
  const builder = createListBuilder('/pictures');
  Object.entries(folders).forEach(([folder, files], label) =>
    builder.addFolder(
      folder,
      label,
      'undecided',
      files.map(([name, bytes, modifiedMs]) => ({ name, bytes, modifiedMs })),
    ),
  );
  return builder.finish(Object.keys(folders));
}

const before: Files = {
  cat: [
    ['a.png', 10, 1.5],
    ['c.png', 30, 3],
    ['ü.png', 50, 5],
  ],
  dog: [['a.png', 60, 6]],
  eel: [['z.png', 7, 7]],
};

test('a list comes back from its bytes', () => {
  const list = listOf(before);
  const read = parseList('/pictures', Buffer.concat(serialiseList(list)));
  expect(read).toEqual(list);
  expect(Array.from({ length: 5 }, (_, i) => imagePathOf(read, i))).toEqual([
    'cat/a.png',
    'cat/c.png',
    'cat/ü.png',
    'dog/a.png',
    'eel/z.png',
  ]);
  expect(() => parseList('/pictures', Buffer.concat([...serialiseList(list), new Uint8Array(1)]))).toThrow('a list of 5 images has');
});

test('a name, a size, a time, a class or another file makes another key', () => {
  const same = listKey(listOf(before));
  expect(listKey(listOf(structuredClone(before)))).toBe(same);
  const changes: ((files: Files) => void)[] = [
    (f) => (f.cat[0][0] = 'b.png'),
    (f) => (f.cat[0][1] = 11),
    (f) => (f.cat[0][2] = 2),
    (f) => (f.cat = f.cat.slice(1)),
    (f) => ((f.cow = f.dog), delete f.dog),
  ];
  for (const change of changes) {
    const files = structuredClone(before);
    change(files);
    expect(listKey(listOf(files))).not.toBe(same);
  }
});

test('finds what stayed as it was among what came, went and changed', () => {
  const after: Files = {
    ant: [['a.png', 10, 1.5]],
    cat: [
      ['a.png', 10, 1.5],
      ['b.png', 20, 2],
      ['c.png', 30, 4],
      ['ü.png', 50, 5],
    ],
    eel: [
      ['y.png', 7, 7],
      ['z.png', 7, 7],
    ],
  };
  // cat/a 1←0, cat/ü 4←2, eel/z 6←4; cat/c has another time, ant/a lay nowhere.
  expect([...unchangedImages(listOf(after), listOf(before))]).toEqual([
    [1, 0],
    [4, 2],
    [6, 4],
  ]);
});
