import type { ByteReader } from './byte-reader.ts';

/** A box of an ISO base media file: `at` is its first byte, `start` its first byte of content, `end` the byte after its last. */
export interface IsoBox {
  type: string;
  at: number;
  start: number;
  end: number;
}

/** A "full" box has a version and flags before its content. */
export const FULL_BOX_BYTES = 4;

/** @param limit - end of what contains the box; Infinity for the file, which may be cut off */
export function readBox(reader: ByteReader, at: number, limit: number): IsoBox {
  const size = reader.u32(at, false);
  const type = reader.tag(at + 4);
  let start = at + 8;
  let end = at + size;
  if (size === 0) {
    end = Math.min(limit, reader.length);
  } else if (size === 1) {
    end = at + reader.u64(at + 8, false);
    start = at + 16;
  }
  if (end < start || end > limit) throw reader.damaged();
  return { type, at, start, end };
}

/**
 * Visits the boxes within a box, one at a time: a hostile file may hold a million.
 *
 * @param skip - bytes of the container's content before its first box
 */
export function* childBoxes(reader: ByteReader, container: IsoBox, skip = 0): Generator<IsoBox> {
  for (let at = container.start + skip; at < container.end;) {
    const box = readBox(reader, at, container.end);
    yield box;
    at = box.end;
  }
}

/** The first box of a type. @throws AppError IMAGE_UNDECODABLE if there is none */
export function childOfType(reader: ByteReader, container: IsoBox, type: string, skip = 0): IsoBox {
  for (const box of childBoxes(reader, container, skip)) if (box.type === type) return box;
  throw reader.damaged();
}
