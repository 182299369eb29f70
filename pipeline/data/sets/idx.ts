import { DatasetError } from './dataset-error.ts';

/** Unsigned bytes, the only element type that the MNIST family uses. */
const TYPE_UNSIGNED_BYTE = 0x08;

/** An array as stored in an IDX file: dimensions, then the bytes in row-major order. */
export interface IdxArray {
  dimensions: number[];
  data: Uint8Array;
}

/**
 * Reads an IDX file of unsigned bytes (format: http://yann.lecun.com/exdb/mnist/, "the IDX file format").
 * @param name for the error message.
 * @param expectedRank 3 for images `[count, height, width]`, 1 for labels `[count]`.
 * @throws DatasetError FILE_CORRUPT for another magic number or a size that does not fit the dimensions.
 */
export function parseIdx(bytes: Uint8Array, name: string, expectedRank: number): IdxArray {
  const headerBytes = 4 + 4 * expectedRank;
  if (bytes.length < headerBytes)
    throw new DatasetError('FILE_CORRUPT', `${name} is cut off: expected an IDX header of ${headerBytes} bytes, came ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expectedMagic = (TYPE_UNSIGNED_BYTE << 8) | expectedRank;
  const magic = view.getUint32(0);
  if (magic !== expectedMagic)
    throw new DatasetError(
      'FILE_CORRUPT',
      `${name} is no IDX file of rank ${expectedRank}: expected magic number ${hex(expectedMagic)}, came ${hex(magic)}`,
    );
  const dimensions = Array.from({ length: expectedRank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expectedBytes = headerBytes + dimensions.reduce((product, size) => product * size, 1);
  if (bytes.length !== expectedBytes)
    throw new DatasetError(
      'FILE_CORRUPT',
      `${name} is cut off or too long: ${dimensions.join(' × ')} expects ${expectedBytes} bytes, came ${bytes.length}`,
    );
  return { dimensions, data: bytes.subarray(headerBytes) };
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
