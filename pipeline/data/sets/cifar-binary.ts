import type { ImageSet } from './dataset.ts';
import { DatasetError } from './dataset-error.ts';
import { imagesInMemory } from './image-source.ts';

export const CIFAR_SIZE = 32;
const PLANE_BYTES = CIFAR_SIZE * CIFAR_SIZE;
const IMAGE_BYTES = 3 * PLANE_BYTES;

/**
 * Reads records of CIFAR's binary version (https://www.cs.toronto.edu/~kriz/cifar.html): label bytes, then a red, a
 * green and a blue plane of 32×32. The count is taken from the files' sizes. Pixels come out interleaved (NHWC).
 * @param labelBytes 1 for CIFAR-10; 2 for CIFAR-100, coarse then fine, of which the fine one (the last) is taken.
 * @throws DatasetError FILE_CORRUPT when a file's size is no whole number of records.
 */
export function parseCifar(files: readonly { name: string; bytes: Uint8Array }[], labelBytes: 1 | 2): ImageSet {
  const recordBytes = labelBytes + IMAGE_BYTES;
  for (const { name, bytes } of files) {
    if (bytes.length % recordBytes !== 0 || bytes.length === 0) {
      throw new DatasetError(
        'FILE_CORRUPT',
        `${name} is cut off: expected a multiple of ${recordBytes} bytes (one record), came ${bytes.length}`,
      );
    }
  }
  const count = files.reduce((sum, { bytes }) => sum + bytes.length / recordBytes, 0);
  const pixels = new Uint8Array(new SharedArrayBuffer(count * IMAGE_BYTES));
  const labels = new Uint16Array(count);
  let image = 0;
  for (const { bytes } of files) {
    for (let record = 0; record < bytes.length; record += recordBytes, image++) {
      labels[image] = bytes[record + labelBytes - 1];
      const planes = record + labelBytes;
      let to = image * IMAGE_BYTES;
      for (let pixel = planes; pixel < planes + PLANE_BYTES; pixel++) {
        pixels[to++] = bytes[pixel];
        pixels[to++] = bytes[pixel + PLANE_BYTES];
        pixels[to++] = bytes[pixel + 2 * PLANE_BYTES];
      }
    }
  }
  return { count, images: imagesInMemory(pixels, IMAGE_BYTES), labels };
}
