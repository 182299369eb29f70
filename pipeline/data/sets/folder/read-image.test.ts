import { join } from 'node:path';
import { DEFAULT_LIMITS } from '@sld-edge/runtime';
import { decodeImage } from '@sld-edge/runtime/node';
import { corpus, corpusBytes } from '@sld-edge/runtime/testing';
import { expect, test } from 'vitest';
import { decodeFile, UnreadableImage } from './read-image.ts';

const pathOf = (file: string): string => join(import.meta.dirname, '../../../../runtime/testing/corpus/files', file);

test.each(corpus.flatMap(({ file, refused }) => (refused ? [{ file, refused }] : [])))('refuses $file as server and page do, with $refused', async ({ file, refused }) => {
  const failure = decodeFile(pathOf(file));
  await expect(failure).rejects.toBeInstanceOf(UnreadableImage);
  await expect(failure).rejects.toThrow(new RegExp(`^${refused}: `));
});

test('gives the pixels that the server classifies', async () => {
  for (const { file, refused } of corpus) {
    if (refused) continue;
    const { image } = await decodeFile(pathOf(file));
    const served = await decodeImage(corpusBytes(file), DEFAULT_LIMITS);
    expect([image.width, image.height]).toEqual([served.width, served.height]);
    expect(Buffer.compare(image.data, served.data), file).toBe(0);
  }
});
