import { expect, test } from 'vitest';
import { compareNames, endingOf, litterKind, looksLikeImage, splitOfFolder } from './file-names.ts';

test('names are ordered by code points, as Python orders them, whatever the locale', () => {
  // Beyond 0xffff in UTF-16 (🐱 is d83d dc31) comes before ﬀ (fb00), in code points after it.
  const sorted = ['Zebra', 'a', 'a-b', 'a/b', 'apple', 'z', 'Äpfel', 'ä', 'ﬀ', '🐱', '🐱a'];
  expect([...sorted].reverse().sort(compareNames)).toEqual(sorted);
  for (const a of sorted)
    for (const b of sorted) expect(Math.sign(compareNames(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
});

test('pictures are told by their endings, in any case; those of formats that cannot be read too, so that they are named', () => {
  for (const name of ['a.jpg', 'a.JPEG', 'a.b.png', 'a.webp', 'a.avif', 'a.gif', 'a.tif', 'a.TIFF', 'photo.HEIC', 'a.bmp'])
    expect(looksLikeImage(name), name).toBe(true);
  for (const name of ['a.txt', 'jpg', 'a.jpg.part', 'labels.csv', 'png']) expect(looksLikeImage(name), name).toBe(false);
});

test('litter is told by its name, in any case', () => {
  expect(['@EADIR', '#recycle', 'THUMBS.DB', '.hidden', '._a.jpg'].map(litterKind)).toEqual([
    '@eaDir',
    'recycle bins',
    'thumbnails',
    'hidden',
    'files of macOS',
  ]);
  expect(['a.jpg', 'thumbs', 'recycle', 'MACOSX'].map(litterKind)).toEqual([undefined, undefined, undefined, undefined]);
});

test('endings and folders of splits', () => {
  expect([endingOf('a.TXT'), endingOf('README'), endingOf('a.tar.gz')]).toEqual(['.txt', 'no ending', '.gz']);
  expect(['train', 'Training', 'val', 'valid', 'validation', 'test', 'Testing', 'trains', 'constructor'].map(splitOfFolder)).toEqual([
    'train',
    'train',
    'validation',
    'validation',
    'validation',
    'test',
    'test',
    undefined,
    undefined,
  ]);
});
