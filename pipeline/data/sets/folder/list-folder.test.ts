import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorOf } from '../../../testing/error-of.ts';
import { temporaryFolder } from '../../../testing/temporary-folder.ts';
import { imagePathOf, SPLITS, type ImageList } from './image-list.ts';
import { listFolder, listPictures } from './list-folder.ts';

/** A folder with these (empty) files: listing reads names alone. */
function folderOf(...paths: string[]): string {
  const root = temporaryFolder();
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    if (!path.endsWith('/')) writeFileSync(join(root, path), '');
    else mkdirSync(join(root, path), { recursive: true });
  }
  return root;
}

const quietly = (root: string): ImageList => listFolder(root, () => {});
const shown = (list: ImageList): string[] =>
  Array.from({ length: list.count }, (_, i) => `${imagePathOf(list, i)} ${list.labels[list.classOf[i]]} ${SPLITS[list.splitOf[i]]}`);

describe('listFolder', () => {
  it('takes each folder for a class, sorted by name, its files too', () => {
    const list = quietly(folderOf('dog/b.png', 'dog/a.jpg', 'Cat/x.gif', 'ant/1.webp'));
    expect(list.labels).toEqual(['Cat', 'ant', 'dog']);
    expect(shown(list)).toEqual([
      'Cat/x.gif Cat undecided',
      'ant/1.webp ant undecided',
      'dog/a.jpg dog undecided',
      'dog/b.png dog undecided',
    ]);
  });

  it('knows splits by their names; classes are those of train', () => {
    const list = quietly(folderOf('test/b/3.png', 'Train/a/1.png', 'Train/b/2.png', 'valid/a/4.png'));
    expect(list.labels).toEqual(['a', 'b']);
    expect(shown(list)).toEqual(['Train/a/1.png a train', 'Train/b/2.png b train', 'test/b/3.png b test', 'valid/a/4.png a validation']);
  });

  it('lets a class be called train or test', () => {
    const list = quietly(folderOf('train/1.png', 'test/2.png', 'bus/3.png'));
    expect(list.labels).toEqual(['bus', 'test', 'train']);
    expect([...list.splitOf]).toEqual([3, 3, 3]);
  });

  it('takes nested folders for part of their class, follows links, leaves out hidden files and tells of others', () => {
    const root = folderOf(
      'a/deep/er/1.png',
      'a/2.png',
      'b/3.png',
      'b/.DS_Store',
      'b/._3.png',
      '.git/x.png',
      'b/notes.txt',
      'b/more.TXT',
      'b/README',
      'stray.png',
    );
    symlinkSync(join(root, 'a/2.png'), join(root, 'b/link.png'));
    symlinkSync(join(root, 'a/deep'), join(root, 'b/folder-link'));
    symlinkSync('/nowhere/at/all.png', join(root, 'b/broken.png'));
    const said: string[] = [];
    const list = listFolder(root, (line) => said.push(line));
    expect(shown(list).map((line) => line.split(' ')[0])).toEqual([
      'a/2.png',
      'a/deep/er/1.png',
      'b/3.png',
      'b/broken.png',
      'b/link.png',
      'b/folder-link/er/1.png',
    ]);
    // What can't be opened is listed too, to be named when it is read.
    expect([...list.bytes]).toEqual([0, 0, 0, -1, 0, 0]);
    expect(said).toEqual([
      `${root}: 1 pictures lie beside the folders, so they have no class, and are left out`,
      `${root}: left by systems and file servers, and passed over: files of macOS 2, hidden 1`,
      `${root}: files that are no pictures by their ending are left out: .txt 2, no ending 1`,
    ]);
  });

  it('passes over what systems and file servers leave, at any depth, and counts it', () => {
    const litter = [
      '@eaDir',
      '#recycle',
      '@Recycle',
      '@Recently-Snapshot',
      '$RECYCLE.BIN',
      'System Volume Information',
      'lost+found',
      '.Trash-1000',
      '.Trashes',
      '.thumbnails',
      '__MACOSX',
    ];
    const left = litter.flatMap((name) => [`${name}/x/0.png`, `a/${name}/1.png`, `b/deep/${name}/2.png`]);
    const root = folderOf('a/1.png', 'b/2.png', 'b/deep/3.png', 'a/Thumbs.db', 'a/._1.png', 'b/deep/.DS_Store', ...left);
    const said: string[] = [];
    expect(shown(listFolder(root, (line) => said.push(line))).map((line) => line.split(' ')[0])).toEqual([
      'a/1.png',
      'b/2.png',
      'b/deep/3.png',
    ]);
    expect(said).toEqual([
      `${root}: left by systems and file servers, and passed over: recycle bins 15, files of macOS 5, thumbnails 4, snapshots 3, @eaDir 3 and 2 more`,
    ]);
    // Under split folders too.
    const split = folderOf('train/a/1.png', 'train/b/2.png', 'test/a/3.png', 'test/@eaDir/4.png', '@eaDir/train/5.png');
    expect(quietly(split)).toMatchObject({ count: 3, labels: ['a', 'b'] });
  });

  it('composes the letters of class names, so that macOS and Linux give the same labels', () => {
    expect(quietly(folderOf('A\u0308pfel/1.png', 'Birnen/2.png')).labels).toEqual(['Birnen', '\u00c4pfel']);
  });

  it.each<[string, string[], string, RegExp]>([
    ['no folder', ['1.png'], 'FOLDER_LAYOUT', /^expected one folder a class, at least two, in .*; found none and 1 files$/],
    [
      'one class',
      ['a/1.png'],
      'FOLDER_LAYOUT',
      /; found "a" alone and 0 files; pictures of anything else make a second class, in a folder of their own beside it, as "other"$/,
    ],
    [
      'one folder that holds the classes',
      ['pictures/a/1.png', 'pictures/b/1.png'],
      'FOLDER_LAYOUT',
      /; found "pictures" alone and 0 files; "pictures" holds 2 folders: --data .*\/pictures takes those as classes$/,
    ],
    [
      'one class in splits',
      ['train/a/1.png', 'test/a/2.png'],
      'FOLDER_LAYOUT',
      /^expected at least two classes in .*, found "a" alone; pictures of anything else make a second class, /,
    ],
    [
      'splits beside classes',
      ['train/a/1.png', 'cat/2.png'],
      'FOLDER_LAYOUT',
      /has splits \("train" holds folders of its own\) and beside them "cat"; allowed/,
    ],
    [
      'two folders of one split',
      ['train/a/1.png', 'train/b/1.png', 'val/a/1.png', 'valid/a/1.png'],
      'FOLDER_LAYOUT',
      /has both "val" and "valid" for validation images/,
    ],
    [
      'a split without classes',
      ['train/a/1.png', 'train/b/1.png', 'test/1.png'],
      'FOLDER_LAYOUT',
      /^expected one folder a class in .*test, found none and 1 files$/,
    ],
    [
      'a class that train lacks',
      ['train/a/1.png', 'train/b/1.png', 'test/c/1.png'],
      'CLASS_UNKNOWN',
      /test\/c: the test images have a class "c" that the training images lack; allowed: "a", "b"$/,
    ],
    [
      'empty classes',
      ['a/1.png', 'b/', 'c/note.txt'],
      'CLASS_EMPTY',
      /has no training image of "b", "c"; expected JPEG, PNG, WebP, AVIF, GIF or TIFF/,
    ],
    ['a class that only val has images of', ['train/a/1.png', 'train/b/', 'val/b/1.png'], 'CLASS_EMPTY', /has no training image of "b";/],
    ['two spellings of one name', ['\u00c4/1.png', 'A\u0308/2.png'], 'CLASS_NAME', /differ only in how their letters are encoded/],
    [
      'a line break in a name',
      ['a\nb/1.png', 'c/2.png'],
      'CLASS_NAME',
      /has a class folder "a\\nb"; allowed: names in UTF-8 without control characters$/,
    ],
  ])('refuses %s in one line', async (_, paths, code, text) => {
    const root = folderOf(...paths);
    const error = await errorOf(() => quietly(root));
    expect(error.message).toMatch(text);
    expect(error).toMatchObject({ code });
  });

  it('refuses a link that leads back up', async () => {
    const root = folderOf('a/1.png', 'b/2.png');
    symlinkSync(join(root, 'b'), join(root, 'b/again'));
    expect((await errorOf(() => quietly(root))).message).toBe(`${root}/b/again is a link to a folder above it`);
  });
});

describe('listPictures', () => {
  it('takes pictures wherever they lie, of no class', () => {
    const list = listPictures(folderOf('b.png', 'holiday/2.jpg', 'holiday/deep/1.jpg', 'notes.txt', '.hidden/x.png'), () => {});
    expect(Array.from({ length: list.count }, (_, i) => imagePathOf(list, i))).toEqual([
      './b.png',
      './holiday/2.jpg',
      './holiday/deep/1.jpg',
    ]);
    expect(list.labels).toEqual([]);
    expect([...list.splitOf].map((split) => SPLITS[split])).toEqual(['unlabelled', 'unlabelled', 'unlabelled']);
  });

  it('refuses a folder without pictures', async () => {
    const root = folderOf('notes.txt');
    expect((await errorOf(() => listPictures(root, () => {}))).message).toMatch(
      /^expected JPEG, PNG, .* files in .* or in folders in it, found none$/,
    );
  });
});
