/**
 * Store of a set's images: in memory that threads share, or in a file of fixed-size records, read as needed, so that a set may be larger
 * than memory. Images are uint8, HWC, all of one size. A subset shares the store of the whole.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { readWhole } from '../../support/whole-io.ts';

/** Plain data, so that it can be sent to a worker thread, which opens the same images (`openImageSource`). */
export interface ImageSourceHandle {
  store: { kind: 'memory'; pixels: Uint8Array } | { kind: 'file'; path: string };
  imageBytes: number;
  /** An image is this part of a record of the file; absent: all of it. */
  within?: { recordBytes: number; offset: number };
  /** Indices of images in the store, in order, in shared memory; absent: all. */
  indices?: Uint32Array;
}

export interface ImageSource {
  count: number;
  imageBytes: number;
  /** One image, only to be read, and only until the next call. @throws RangeError outside 0…count-1 */
  image(index: number): Uint8Array;
  /** The images `start` to `end - 1`, one after another; only to be read. */
  range(start: number, end: number): Uint8Array;
  /** The images at `indices`, in that order, without copying them. */
  subset(indices: Uint32Array): ImageSource;
  handle: ImageSourceHandle;
}

/** @throws Error if the store's length is not a whole number of images, or the file can't be read */
export function openImageSource(handle: ImageSourceHandle): ImageSource {
  const { store, imageBytes, within } = handle;
  return sourceOf(handle, store.kind === 'memory' ? memoryRecords(store.pixels, imageBytes) : fileRecords(store.path, imageBytes, within));
}

function sourceOf(handle: ImageSourceHandle, records: Records): ImageSource {
  const { imageBytes, indices } = handle;
  const count = indices?.length ?? records.count;
  const recordOf = (index: number): number => {
    if (!(index >= 0 && index < count)) throw new RangeError(`image ${index} of a set of ${count}`);
    return indices ? indices[index] : index;
  };
  return {
    count,
    imageBytes,
    image: (index) => records.read(recordOf(index), 1),
    range(start, end) {
      if (end <= start) return new Uint8Array(0);
      const first = recordOf(start);
      recordOf(end - 1);
      if (!indices) return records.read(first, end - start, true);
      const out = new Uint8Array((end - start) * imageBytes);
      for (let i = start; i < end; i++) out.set(records.read(indices[i], 1), (i - start) * imageBytes);
      return out;
    },
    subset(chosen) {
      const shared = new Uint32Array(new SharedArrayBuffer(4 * chosen.length));
      for (let i = 0; i < chosen.length; i++) shared[i] = recordOf(chosen[i]);
      return sourceOf({ ...handle, indices: shared }, records);
    },
    handle,
  };
}

/** Images in memory; `pixels` should be shared memory where threads read them. */
export function imagesInMemory(pixels: Uint8Array, imageBytes: number): ImageSource {
  return openImageSource({ store: { kind: 'memory', pixels }, imageBytes });
}

interface Records {
  count: number;
  /** @param own the caller keeps the bytes past the next read */
  read(first: number, count: number, own?: boolean): Uint8Array;
}

function memoryRecords(pixels: Uint8Array, imageBytes: number): Records {
  return {
    count: wholeImages(pixels.length, imageBytes, 'memory'),
    read: (first, count) => pixels.subarray(first * imageBytes, (first + count) * imageBytes),
  };
}

function fileRecords(path: string, imageBytes: number, { recordBytes, offset } = { recordBytes: imageBytes, offset: 0 }): Records {
  const file = openSync(path, 'r');
  const scratch = new Uint8Array(imageBytes);
  const records: Records = {
    count: wholeImages(fstatSync(file).size, recordBytes, path),
    read(first, count, own = false) {
      const target = own || count > 1 ? new Uint8Array(count * imageBytes) : scratch;
      // One after another where they lie apart.
      const step = recordBytes === imageBytes ? count : 1;
      for (let done = 0; done < count; done += step) {
        const part = target.subarray(done * imageBytes, (done + step) * imageBytes);
        const came = readWhole(file, part, (first + done) * recordBytes + offset);
        if (came < part.length) throw new Error(`${path} ends before image ${first + done + Math.floor(came / imageBytes)}`);
      }
      return target;
    },
  };
  closeWhenUnused.register(records, file);
  return records;
}

const closeWhenUnused = new FinalizationRegistry<number>(closeSync);

function wholeImages(bytes: number, imageBytes: number, where: string): number {
  if (bytes % imageBytes !== 0) throw new Error(`${where} holds ${bytes} bytes, which is no whole number of images of ${imageBytes}`);
  return bytes / imageBytes;
}
