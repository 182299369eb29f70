import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../testing/temporary-folder.ts';
import { imagesInMemory, openImageSource, type ImageSource } from './image-source.ts';

/** Four images of three bytes: 0 1 2, 3 4 5, 6 7 8, 9 10 11. */
const bytes = Uint8Array.from({ length: 12 }, (_, i) => i);

const stores: Record<string, () => ImageSource> = {
  memory: () => imagesInMemory(bytes, 3),
  file: () => {
    const path = join(temporaryFolder(), 'images.bin');
    writeFileSync(path, bytes);
    return openImageSource({ store: { kind: 'file', path }, imageBytes: 3 });
  },
};

describe.each(Object.keys(stores))('images in %s', (store) => {
  const open = (): ImageSource => stores[store]();

  it('reads single images and ranges', () => {
    const source = open();
    expect(source.count).toBe(4);
    expect([...source.image(2)]).toEqual([6, 7, 8]);
    expect([...source.range(1, 3)]).toEqual([3, 4, 5, 6, 7, 8]);
    expect(source.range(2, 2).length).toBe(0);
  });

  it('a subset has its own order, and a subset of it refers to the subset', () => {
    const subset = open().subset(Uint32Array.of(3, 0, 2));
    expect([...subset.range(0, 3)]).toEqual([9, 10, 11, 0, 1, 2, 6, 7, 8]);
    const smaller = subset.subset(Uint32Array.of(2, 0));
    expect([smaller.count, ...smaller.range(0, 2)]).toEqual([2, 6, 7, 8, 9, 10, 11]);
  });

  it('its handle, as a thread receives it, opens the same images', () => {
    const source = open().subset(Uint32Array.of(1, 1, 3));
    const again = openImageSource(structuredClone(source.handle));
    expect([...again.range(0, 3)]).toEqual([...source.range(0, 3)]);
  });

  it('a range stays what it was after later reads', () => {
    const source = open();
    const first = source.range(0, 1);
    source.image(3);
    source.range(2, 3);
    expect([...first]).toEqual([0, 1, 2]);
  });

  it.each([[-1], [4], [NaN]])('refuses image %s', (index) => {
    expect(() => open().image(index)).toThrow(`image ${index} of a set of 4`);
    expect(() => open().subset(Uint32Array.of(0)).image(1)).toThrow('image 1 of a set of 1');
  });
});

it('refuses a store that is cut off', () => {
  expect(() => imagesInMemory(bytes, 5)).toThrow('memory holds 12 bytes, which is no whole number of images of 5');
});
