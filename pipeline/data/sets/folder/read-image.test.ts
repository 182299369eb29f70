import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_LIMITS } from '@sld-edge/runtime';
import { decodeImage } from '@sld-edge/runtime/node';
import { corpus, corpusBytes } from '@sld-edge/runtime/testing';
import { expect, onTestFinished, test } from 'vitest';
import { decodeFile, UnreadableImage } from './read-image.ts';

const pathOf = (file: string): string => join(import.meta.dirname, '../../../../runtime/testing/corpus/files', file);

test.each(corpus.flatMap(({ file, refused }) => (refused ? [{ file, refused }] : [])))(
  'refuses $file as server and page do, with $refused',
  async ({ file, refused }) => {
    const failure = decodeFile(pathOf(file));
    await expect(failure).rejects.toBeInstanceOf(UnreadableImage);
    await expect(failure).rejects.toThrow(new RegExp(`^${refused}: `));
  },
);

test('gives the pixels that the server classifies', async () => {
  for (const { file, refused } of corpus) {
    if (refused) continue;
    const { image } = await decodeFile(pathOf(file));
    const served = await decodeImage(corpusBytes(file), DEFAULT_LIMITS);
    expect([image.width, image.height]).toEqual([served.width, served.height]);
    expect(Buffer.compare(image.data, served.data), file).toBe(0);
  }
});

test.each([
  ['a side that is too long', 40_000, 10, 'IMAGE_SIDE_TOO_LONG'],
  ['more memory than is given to a picture', 7000, 7000, 'IMAGE_TOO_MUCH_MEMORY'],
])('lists a file with %s as unreadable, by its header', async (_what, width, height, code) => {
  const bytes = corpusBytes('png-16-bit-display-p3.png');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  view.setUint32(16, width);
  view.setUint32(20, height);
  const folder = mkdtempSync(join(tmpdir(), 'sld-edge-limits-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'a.png'), bytes);
  const failure = decodeFile(join(folder, 'a.png'));
  await expect(failure).rejects.toBeInstanceOf(UnreadableImage);
  await expect(failure).rejects.toThrow(new RegExp(`^${code}: `));
});
