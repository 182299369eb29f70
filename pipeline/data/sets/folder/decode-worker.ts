/** Worker thread: decodes the files of a chunk to pixels and entries of the index. */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { ENTRY_BYTES, imageBytesOf, recordBytesOf, writeEntry, writeUnreadable, type RecordSize } from './decoded-record.ts';
import { outlineOf } from './outline.ts';
import { decodeFile, fitTo, UnreadableImage } from './read-image.ts';

export interface DecodeWorkerData extends RecordSize {
  /** Part of the shorter side that is kept. */
  cropRatio: number;
  /** Images of another size are not resized but told. */
  exact: boolean;
}

export interface DecodeRequest {
  paths: string[];
}

export interface DecodeReply {
  /** A record a path; zeros where a file can't be read. */
  records: Uint8Array;
  entries: Uint8Array;
  unreadable: { at: number; reason: string }[];
  /** First image of another size, with `exact`: the first image of another size. */
  otherSize?: { at: number; width: number; height: number };
}

/** One decodes (on libvips' thread) while the other is resized. */
const LANES = 2;

const { height, width, viewSide, cropRatio, exact } = (workerData as { data: DecodeWorkerData }).data;
const imageBytes = imageBytesOf({ height, width });
const recordBytes = recordBytesOf({ height, width, viewSide });

async function decodeChunk({ paths }: DecodeRequest): Promise<DecodeReply> {
  const reply: DecodeReply = {
    records: new Uint8Array(paths.length * recordBytes),
    entries: new Uint8Array(paths.length * ENTRY_BYTES),
    unreadable: [],
  };
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < paths.length && !reply.otherSize) {
      const at = next++;
      try {
        const { image, bytes } = await decodeFile(paths[at]);
        if (exact && (image.width !== width || image.height !== height))
          reply.otherSize ??= { at, width: image.width, height: image.height };
        else {
          const pixels = fitTo(image, height, width, cropRatio);
          reply.records.set(pixels, at * recordBytes);
          // All of the square: how much of it a view shows is drawn.
          if (viewSide > 0) reply.records.set(fitTo(image, viewSide, viewSide, 1), at * recordBytes + imageBytes);
          const digests = {
            file: createHash('sha256').update(bytes).digest(),
            pixels: createHash('sha256').update(`${image.width}x${image.height}\n`).update(image.data).digest(),
            outline: outlineOf({ width, height, data: pixels }),
          };
          writeEntry(reply.entries, at, digests, pixels);
        }
      } catch (error) {
        if (!(error instanceof UnreadableImage)) throw error;
        writeUnreadable(reply.entries, at);
        reply.unreadable.push({ at, reason: error.message });
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  reply.unreadable.sort((a, b) => a.at - b.at);
  return reply;
}

let last = Promise.resolve();
parentPort!.on('message', (request: DecodeRequest) => {
  last = last.then(async () => {
    const reply = await decodeChunk(request);
    parentPort!.postMessage(reply, [reply.records.buffer as ArrayBuffer, reply.entries.buffer as ArrayBuffer]);
  });
});
