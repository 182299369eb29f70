/**
 * The decoded images of a folder on disk, `<cache>/decoded/<key of the settings>/<key of the names>-<key>/` (decoded-states.ts):
 * - `images.bin`: a record a file of the list (`RecordSize`; zeros where it can't be read);
 * - `index.bin`: an entry a file (decoded-record.ts);
 * - `list.bin`: the list that it was made of (image-list.ts);
 * - `splits.bin`: positions of the training, validation, test and unlabelled images, 32 bits each;
 * - `meta.json`: what the rest is.
 * It is made in `….partial`, which an interrupted run leaves and the next goes on from, and gets its name when it is whole.
 */
import { createHash } from 'node:crypto';
import { closeSync, existsSync, fdatasyncSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { createProgress } from '../../../support/progress.ts';
import { writeFileAtomic } from '../../../support/atomic-write.ts';
import { sha256 } from '../../../support/sha256.ts';
import { readWhole, writeWhole } from '../../../support/whole-io.ts';
import { acquireLock, type FileLock } from '../../../support/file-lock.ts';
import { statisticsOf, type ChannelStatistics } from '../channel-statistics.ts';
import { DatasetError } from '../dataset-error.ts';
import { assignSplits, type AssignedSplits } from './assign-splits.ts';
import { decodeInThreads } from './decode-threads.ts';
import { DecodedIndex, ENTRY_BYTES, imageBytesOf, recordBytesOf, type RecordSize } from './decoded-record.ts';
import { findEqual, findMarked, markState, newState, partialOf, removeOlderStates, rootKey, statesOfRoot } from './decoded-states.ts';
import { parseList, imagePathOf, serialiseList, unchangedImages, type ImageList } from './image-list.ts';
import { findNearDuplicates } from './near-duplicates.ts';
import { allowedUnreadable, tellUnreadable, type Unreadable } from './unreadable.ts';

/** Raised when the same file would give other pixels or the files of the cache change. */
const FORMAT = 3;
const CHUNK_BYTES = 8 * 1024 * 1024;
const MOST_IMAGES_A_CHUNK = 1024;
/** Number of unreadable files beyond the limit after which decoding stops, so that the list names many at once. */
const LISTED_BEYOND_LIMIT = 1000;

export interface DecodeOptions extends RecordSize {
  /** Part of the shorter side that is kept; 1: all. */
  cropRatio: number;
  /** Images of another size are refused, not resized. */
  exact: boolean;
  cacheDir: string;
  /** Share of the files that may be unreadable. */
  maxUnreadable: number;
  say(line: string): void;
  /** Default: one a processor. */
  threads?: number;
}

export interface DecodedMeta {
  count: number;
  /** The number of unlabelled images is absent in caches from before there were some. */
  splitCounts: { train: number; validation: number; test: number; unlabelled?: number };
  statistics: ChannelStatistics;
  /** SHA-256 of the lines `sha256  path` of all images that were read, as sha256sum prints them, in order of the list. */
  contentSha256: string;
  unreadable: Unreadable[];
  duplicates: number;
  otherBytes: number;
  torn: number;
  /** Validation and test images that look almost like an image of another split; examples as paths. */
  near: { count: number; examples: [string, string][] };
  contradictions: number;
  leaked: number;
  unsplitClasses: number[];
}

export interface DecodedFolder {
  imagesPath: string;
  meta: DecodedMeta;
  /** Positions in the list. */
  splits: { train: Uint32Array; validation: Uint32Array; test: Uint32Array; unlabelled: Uint32Array };
}

/**
 * Opens the cache of this list, and makes it where it isn't there: what an earlier state of the same folder has is copied,
 * the rest decoded in threads.
 *
 * @throws DatasetError IMAGES_UNREADABLE, IMAGE_SIZES_DIFFER, DISK_FULL
 */
export async function openDecoded(list: ImageList, options: DecodeOptions): Promise<DecodedFolder> {
  const { height, width, viewSide, cropRatio, exact, say } = options;
  const further = [...(cropRatio < 1 ? [cropRatio] : []), ...(viewSide > 0 ? [{ viewSide }] : [])];
  const key = sha256(JSON.stringify([FORMAT, sharp.versions, height, width, exact, ...further]));
  const home = join(options.cacheDir, 'decoded', key.slice(0, 16));
  let folder = findMarked(home, list);
  if (!folder) {
    // Of one set at a time: a copy of it elsewhere has the same labels.
    await using lock = await acquireLock(join(home, `lock-${sha256(JSON.stringify(list.labels)).slice(0, 16)}`), {
      onWait: (holder) => say(`${holder} has begun to decode ${list.root} or a folder of the same classes: waiting for it`),
    });
    folder = findMarked(home, list) ?? (await findEqual(home, list, say));
    if (!folder) {
      folder = newState(home, list);
      await make(list, home, folder, lock, options);
      removeOlderStates(home, folder, list);
    }
  }
  const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as DecodedMeta;
  tellUnreadable(list.root, meta.unreadable, list.count, options.maxUnreadable, reportOf(home, list), say);
  const positions = Buffer.from(readFileSync(join(folder, 'splits.bin')));
  let at = 0;
  const take = (count: number): Uint32Array =>
    new Uint32Array(positions.buffer.slice(positions.byteOffset + at, positions.byteOffset + (at += 4 * count)));
  const { train, validation, test, unlabelled = 0 } = meta.splitCounts;
  const splits = { train: take(train), validation: take(validation), test: take(test), unlabelled: take(unlabelled) };
  return { imagesPath: join(folder, 'images.bin'), meta, splits };
}

/** List of the files of a root that can't be read. */
const reportOf = (home: string, list: ImageList): string => join(home, `unreadable-${rootKey(list)}.txt`);

async function make(list: ImageList, home: string, folder: string, lock: FileLock, options: DecodeOptions): Promise<void> {
  const recordBytes = recordBytesOf(options);
  const partial = partialOf(folder);
  markState(partial, list);
  if (!existsSync(join(partial, 'images.bin'))) requireSpace(partial, list, recordBytes);
  const images = openSync(join(partial, 'images.bin'), existsSync(join(partial, 'images.bin')) ? 'r+' : 'w+');
  const entries = openSync(join(partial, 'index.bin'), existsSync(join(partial, 'index.bin')) ? 'r+' : 'w+');
  try {
    ftruncateSync(images, list.count * recordBytes);
    ftruncateSync(entries, list.count * ENTRY_BYTES);
    const index = new DecodedIndex(readFileSync(join(partial, 'index.bin')));
    const resumed = countDecoded(index);
    if (resumed > 0) options.say(`${list.root}: ${resumed} of ${list.count} images are decoded already, going on`);
    // From the start: should the folder change before this is whole, what is decoded by then is still of use.
    writeFileAtomic(join(partial, 'list.bin'), ...serialiseList(list));
    const store: Store = { images, entries, recordBytes, index, lock };
    const copied = copyUnchanged(list, home, folder, store);
    if (copied > 0)
      options.say(`${list.root}: ${copied} of ${list.count} images are as they were, ${list.count - copied - resumed} are decoded anew`);
    const unreadable = await decodeMissing(list, store, partial, home, options);
    const splits = assignSplits(list, index);
    lock.assertHeld();
    writeFileAtomic(
      join(partial, 'splits.bin'),
      ...[splits.train, splits.validation, splits.test, splits.unlabelled].map((part) => new Uint8Array(part.slice().buffer)),
    );
    writeFileAtomic(join(partial, 'meta.json'), JSON.stringify(metaOf(list, store, splits, unreadable, options)));
  } finally {
    closeSync(images);
    closeSync(entries);
  }
  renameSync(partial, folder);
}

interface Store {
  images: number;
  entries: number;
  recordBytes: number;
  /** Index in memory, kept equal to the file. */
  index: DecodedIndex;
  lock: FileLock;
}

function countDecoded(index: DecodedIndex): number {
  let count = 0;
  for (let i = 0; i < index.count; i++) if (index.isDecoded(i)) count++;
  return count;
}

function requireSpace(partial: string, list: ImageList, recordBytes: number): void {
  const { bavail, bsize } = statfsSync(partial);
  const needed = list.count * (recordBytes + ENTRY_BYTES);
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
  if (needed > bavail * bsize) {
    rmSync(partial, { recursive: true });
    throw new DatasetError(
      'DISK_FULL',
      `the ${list.count} decoded images of ${list.root} need ${gigabytes(needed)}, ${gigabytes(bavail * bsize)} are free at ${partial}; choose a smaller --image-size or another cache folder (SLD_EDGE_CACHE)`,
    );
  }
}

/** Pixels first, on disk, then the entries that vouch for them: an interruption at any point loses only what was under way. */
function keep(store: Store, first: number, records: Uint8Array, entries: Uint8Array): void {
  store.lock.assertHeld();
  writeWhole(store.images, records, first * store.recordBytes);
  fdatasyncSync(store.images);
  writeWhole(store.entries, entries, first * ENTRY_BYTES);
  store.index.set(first, entries);
}

/** Copies records from the caches of other states of the folder, the latest first. */
function copyUnchanged(list: ImageList, home: string, folder: string, store: Store): number {
  let copied = 0;
  for (const other of statesOfRoot(home, list)) if (other !== partialOf(folder)) copied += copyFrom(other, list, store);
  return copied;
}

function copyFrom(latest: string, list: ImageList, store: Store): number {
  const previous = parseList(list.root, readFileSync(join(latest, 'list.bin')));
  const index = new DecodedIndex(readFileSync(join(latest, 'index.bin')));
  const images = openSync(join(latest, 'images.bin'), 'r');
  let copied = 0;
  try {
    for (const { now, then, length } of runs(
      unchangedImages(list, previous),
      (now, then) => !store.index.isDecoded(now) && index.isDecoded(then),
      chunkLength(store.recordBytes),
    )) {
      const records = new Uint8Array(length * store.recordBytes);
      if (readWhole(images, records, then * store.recordBytes) < records.length)
        throw new Error(`${latest}/images.bin ends before its image ${then}; delete ${latest}`);
      keep(store, now, records, index.entries(then, length));
      copied += length;
    }
  } finally {
    closeSync(images);
  }
  return copied;
}

/** Joins pairs that follow each other in both lists. */
function* runs(
  pairs: Iterable<[number, number]>,
  wanted: (now: number, then: number) => boolean,
  longest: number,
): Generator<{ now: number; then: number; length: number }> {
  let run: { now: number; then: number; length: number } | undefined;
  for (const [now, then] of pairs) {
    if (!wanted(now, then)) continue;
    if (run && run.length < longest && now === run.now + run.length && then === run.then + run.length) {
      run.length++;
      continue;
    }
    if (run) yield run;
    run = { now, then, length: 1 };
  }
  if (run) yield run;
}

const chunkLength = (recordBytes: number): number => Math.max(1, Math.min(MOST_IMAGES_A_CHUNK, Math.floor(CHUNK_BYTES / recordBytes)));

interface Chunk {
  first: number;
  paths: string[];
}

/** Runs of files that have no record yet. */
function* missingChunks(list: ImageList, index: DecodedIndex, longest: number): Generator<Chunk> {
  for (let first = 0; first < list.count;) {
    if (index.isDecoded(first)) {
      first++;
      continue;
    }
    const paths: string[] = [];
    while (paths.length < longest && first + paths.length < list.count && !index.isDecoded(first + paths.length))
      paths.push(join(list.root, imagePathOf(list, first + paths.length)));
    yield { first, paths };
    first += paths.length;
  }
}

async function decodeMissing(list: ImageList, store: Store, partial: string, home: string, options: DecodeOptions): Promise<Unreadable[]> {
  const { height, width, viewSide, cropRatio, exact } = options;
  const total = list.count - countDecoded(store.index);
  const unreadable: { at: number; reason: string }[] = [];
  const described = (): Unreadable[] =>
    unreadable
      .sort((a, b) => a.at - b.at)
      .map(({ at, reason }) => ({ path: imagePathOf(list, at), reason: reason.replaceAll(/\s+/g, ' ') }));
  const refuse = (): void => tellUnreadable(list.root, described(), list.count, options.maxUnreadable, reportOf(home, list), () => {});
  if (total === 0) return [];
  const threads = options.threads ?? availableParallelism();
  const longest = Math.min(chunkLength(store.recordBytes), Math.max(1, Math.ceil(total / (4 * threads))));
  const progress = createProgress('decoding');
  const began = performance.now();
  let done = 0;
  try {
    await decodeInThreads(
      { height, width, viewSide, cropRatio, exact },
      Math.min(threads, Math.ceil(total / longest)),
      missingChunks(list, store.index, longest),
      (chunk, reply) => {
        if (reply.otherSize) {
          const { at, width: w, height: h } = reply.otherSize;
          rmSync(partial, { recursive: true });
          throw new DatasetError(
            'IMAGE_SIZES_DIFFER',
            `the images of ${list.root} differ in size: ${imagePathOf(list, chunk.first + at)} is ${w}x${h}, the first is ${width}x${height}; --image-size N brings all to N by N pixels`,
          );
        }
        keep(store, chunk.first, reply.records, reply.entries);
        for (const { at, reason } of reply.unreadable) unreadable.push({ at: chunk.first + at, reason });
        if (unreadable.length > allowedUnreadable(list.count, options.maxUnreadable) + LISTED_BEYOND_LIMIT) refuse();
        done += chunk.paths.length;
        const rate = (1000 * done) / (performance.now() - began);
        progress.update(done / total, `${done.toLocaleString('en')} of ${total.toLocaleString('en')} images, ${Math.round(rate)} images/s`);
      },
    );
  } finally {
    progress.done();
  }
  // Before the cache is whole: a folder that is refused goes on from here once the limit is raised or files are replaced.
  refuse();
  const seconds = (performance.now() - began) / 1000;
  options.say(
    `decoded ${total.toLocaleString('en')} images of ${list.root} to ${width}x${height} in ${seconds.toFixed(1)} s (${Math.round(total / seconds)} images/s), kept in ${home}`,
  );
  return described();
}

function metaOf(
  list: ImageList,
  { index, images, recordBytes }: Store,
  splits: AssignedSplits,
  unreadable: Unreadable[],
  { height, width }: DecodeOptions,
): DecodedMeta {
  const content = createHash('sha256');
  for (let i = 0; i < list.count; i++)
    if (index.isDecoded(i)) content.update(`${Buffer.from(index.sha256(i)).toString('hex')}  ${imagePathOf(list, i)}\n`);
  const measured = splits.train.length > 0 ? splits.train : splits.test.length > 0 ? splits.test : splits.validation;
  const { sums, squares } = index.channelSums(measured);
  const data = new Uint8Array(imageBytesOf({ height, width }));
  const pixelsOf = (image: number) => (readWhole(images, data, image * recordBytes), { height, width, data });
  const near = findNearDuplicates(index, pixelsOf, splits);
  const { duplicates, otherBytes, torn, contradictions, leaked, unsplitClasses } = splits;
  return {
    count: list.count,
    splitCounts: {
      train: splits.train.length,
      validation: splits.validation.length,
      test: splits.test.length,
      unlabelled: splits.unlabelled.length,
    },
    statistics: statisticsOf(sums, squares, measured.length * height * width),
    contentSha256: content.digest('hex'),
    unreadable,
    duplicates,
    otherBytes,
    torn,
    near: { count: near.count, examples: near.examples.map(([held, other]) => [imagePathOf(list, held), imagePathOf(list, other)]) },
    contradictions,
    leaked,
    unsplitClasses,
  };
}
