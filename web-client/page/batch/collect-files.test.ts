import { expect, it } from 'vitest';
import { collectChosen, collectDropped } from './collect-files.ts';

const file = (name: string, webkitRelativePath = ''): File => Object.assign(new File(['x'], name), { webkitRelativePath });

type Tree = { [name: string]: Tree | null };

/** An entry of a dropped folder whose reader gives two children at a time, as a browser gives a hundred. */
function entry(name: string, tree: Tree | null, parent = ''): FileSystemEntry {
  const fullPath = `${parent}/${name}`;
  if (!tree) return { name, fullPath, isFile: true, file: (done: (file: File) => void) => done(file(name)) } as unknown as FileSystemEntry;
  const children = Object.entries(tree).map(([child, below]) => entry(child, below, fullPath));
  const createReader = () => {
    let at = 0;
    return { readEntries: (done: (part: FileSystemEntry[]) => void) => done(children.slice(at, (at += 2))) };
  };
  return { name, fullPath, isFile: false, createReader } as unknown as FileSystemEntry;
}

it('walks through a folder, part by part, and passes over what is no picture', async () => {
  const tree = { 'a.jpg': null, 'b.PNG': null, 'Thumbs.db': null, '._a.jpg': null, deep: { 'c.webp': null, 'notes.txt': null } };
  const { files, passedOver } = await collectDropped([entry('holidays', tree), entry('d.png', null)]);
  expect(files.map(({ path }) => path)).toEqual(['holidays/a.jpg', 'holidays/b.PNG', 'holidays/deep/c.webp', 'd.png']);
  expect(passedOver).toBe(3);
});

it('tries every file that was given by itself, whatever it is called', async () => {
  expect((await collectDropped([entry('letter.txt', null)])).files).toHaveLength(1);
  expect(collectChosen([file('letter.txt'), file('a.png')])).toMatchObject({
    files: [{ path: 'letter.txt' }, { path: 'a.png' }],
    passedOver: 0,
  });
});

it('keeps the way into a chosen folder', () => {
  const { files, passedOver } = collectChosen([file('a.png', 'cats/a.png'), file('.DS_Store', 'cats/.DS_Store')]);
  expect(files.map(({ path }) => path)).toEqual(['cats/a.png']);
  expect(passedOver).toBe(1);
});

it('throws what the browser gives as the reason why a folder is not read', async () => {
  const refused = new DOMException('not readable', 'NotReadableError');
  const folder = {
    isFile: false,
    name: 'f',
    fullPath: '/f',
    createReader: () => ({ readEntries: (_: unknown, fail: (e: unknown) => void) => fail(refused) }),
  };
  await expect(collectDropped([folder as unknown as FileSystemEntry])).rejects.toBe(refused);
});
