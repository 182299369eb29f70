import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { PICTURE_SETS, makePictures } from './pictures.ts';

describe('makePictures', () => {
  it('makes the same files of a seed, others of another, as many as the table lists', async () => {
    const [first, again, other] = [await makePictures('medium', 1), await makePictures('medium', 1), await makePictures('medium', 2)];
    expect(first.map((file) => file.toString('base64'))).toEqual(again.map((file) => file.toString('base64')));
    expect(first[0].equals(other[0])).toBe(false);
    expect(first).toHaveLength(PICTURE_SETS.medium.reduce((sum, { count }) => sum + count, 0));
    const { format, width, chromaSubsampling } = await sharp(first[0]).metadata();
    expect([format, chromaSubsampling]).toEqual(['jpeg', '4:2:0']);
    expect(PICTURE_SETS.medium.map((kind) => kind.width)).toContain(width);
  });
});
