/**
 * The image files of a folder, in typed columns: a million files take some fifty megabytes, not a million objects.
 */
import { createHash } from 'node:crypto';
import { compareNames } from './file-names.ts';

/** Splits of images: as the folder says (`train/`, `val/`, `test/`), not yet decided, or of no class (`unlabelled/`). */
export const SPLITS = ['train', 'validation', 'test', 'undecided', 'unlabelled'] as const;
export type Split = (typeof SPLITS)[number];

export interface ImageList {
  /** Absolute. */
  root: string;
  /** The classes, sorted by name; the same for all splits. */
  labels: string[];
  count: number;
  /** Folders that hold images, relative to `root` with `/`, in the order of their first file. */
  folders: string[];
  folderOf: Uint32Array;
  /** UTF-8 names one after another; that of image i ends before `nameEnds[i]`. */
  names: Uint8Array;
  nameEnds: Uint32Array;
  /** `NO_LABEL` of what is unlabelled. */
  classOf: Uint16Array;
  /** Positions in `SPLITS`. */
  splitOf: Uint8Array;
  /** Size of the file; -1 where it can't be opened. */
  bytes: Float64Array;
  /** Milliseconds since 1970. */
  modifiedMs: Float64Array;
}

export interface ListedFile {
  name: string;
  /** -1 where it can't be opened: it will be named as unreadable, and tried again once it can. */
  bytes: number;
  modifiedMs: number;
}

const textDecoder = new TextDecoder();

export function fileNameOf({ names, nameEnds }: ImageList, index: number): string {
  return textDecoder.decode(names.subarray(index === 0 ? 0 : nameEnds[index - 1], nameEnds[index]));
}

/** Relative to the root, with `/`. */
export function imagePathOf(list: ImageList, index: number): string {
  return `${list.folders[list.folderOf[index]]}/${fileNameOf(list, index)}`;
}

/** @returns SHA-256 over names, classes, splits, sizes and times: another key, perhaps other pictures */
export const listKey = (list: ImageList): string => keyOver(list, columnsOf(list));

/** @returns SHA-256 over names, classes, splits and sizes: a copy of the folder has the same */
export const namesKey = (list: ImageList): string =>
  keyOver(
    list,
    columnsOf(list).filter((column) => column !== list.modifiedMs),
  );

function keyOver({ labels, folders, count }: ImageList, columns: ReturnType<typeof columnsOf>): string {
  const hash = createHash('sha256').update(JSON.stringify([labels, folders, count]));
  for (const column of columns) hash.update(bytesOf(column));
  return hash.digest('hex');
}

/** Collects a list: a folder at a time, its files in order of their names. */
export function createListBuilder(root: string) {
  const folders: string[] = [];
  const folderOf = new Column(Uint32Array);
  const nameEnds = new Column(Uint32Array);
  const names = new Column(Uint8Array);
  const classOf = new Column(Uint16Array);
  const splitOf = new Column(Uint8Array);
  const bytes = new Column(Float64Array);
  const modifiedMs = new Column(Float64Array);
  return {
    get count() {
      return classOf.length;
    },
    /** @param folder relative to the root, with `/` */
    addFolder(folder: string, classIndex: number, split: Split, images: readonly ListedFile[]): void {
      if (images.length === 0) return;
      folders.push(folder);
      for (const image of images) {
        folderOf.push(folders.length - 1);
        names.append(Buffer.from(image.name));
        nameEnds.push(names.length);
        classOf.push(classIndex);
        splitOf.push(SPLITS.indexOf(split));
        bytes.push(image.bytes);
        modifiedMs.push(image.modifiedMs);
      }
    },
    finish(labels: string[]): ImageList {
      return {
        root,
        labels,
        count: classOf.length,
        folders,
        folderOf: folderOf.finish(),
        names: names.finish(),
        nameEnds: nameEnds.finish(),
        classOf: classOf.finish(),
        splitOf: splitOf.finish(),
        bytes: bytes.finish(),
        modifiedMs: modifiedMs.finish(),
      };
    },
  };
}

/** The list as bytes, to find out later what changed; `parseList` reads them. */
export function serialiseList(list: ImageList): Uint8Array[] {
  const header = Buffer.from(
    JSON.stringify({ labels: list.labels, folders: list.folders, count: list.count, nameBytes: list.names.length }),
  );
  const length = new Uint8Array(8);
  new DataView(length.buffer).setFloat64(0, header.length, true);
  return [length, header, ...columnsOf(list).map(bytesOf)];
}

/** @throws Error where the bytes are none of `serialiseList` */
export function parseList(root: string, file: Uint8Array): ImageList {
  const headerBytes = new DataView(file.buffer, file.byteOffset, 8).getFloat64(0, true);
  const { labels, folders, count, nameBytes } = JSON.parse(textDecoder.decode(file.subarray(8, 8 + headerBytes)));
  let at = 8 + headerBytes;
  // Copies: a column of wide elements may begin anywhere in the file.
  const take = (length: number): ArrayBuffer => new Uint8Array(file.subarray(at, (at += length))).buffer;
  const list: ImageList = {
    root,
    labels,
    folders,
    count,
    folderOf: new Uint32Array(take(4 * count)),
    names: new Uint8Array(take(nameBytes)),
    nameEnds: new Uint32Array(take(4 * count)),
    classOf: new Uint16Array(take(2 * count)),
    splitOf: new Uint8Array(take(count)),
    bytes: new Float64Array(take(8 * count)),
    modifiedMs: new Float64Array(take(8 * count)),
  };
  if (at !== file.length) throw new Error(`a list of ${count} images has ${at} bytes, came ${file.length}`);
  return list;
}

/** Images of `list` that are in `previous` too, by path, with the same size and time: `[now, then]` pairs, in order. */
export function* unchangedImages(list: ImageList, previous: ImageList): Generator<[now: number, then: number]> {
  const ranges = new Map<string, [start: number, end: number]>();
  for (const [folder, start, end] of folderRanges(previous)) ranges.set(folder, [start, end]);
  for (const [folder, start, end] of folderRanges(list)) {
    const range = ranges.get(folder);
    if (!range) continue;
    let then = range[0];
    for (let now = start; now < end; now++) {
      const name = fileNameOf(list, now);
      while (then < range[1] && compareNames(fileNameOf(previous, then), name) < 0) then++;
      if (then === range[1]) break;
      const same =
        fileNameOf(previous, then) === name &&
        previous.bytes[then] === list.bytes[now] &&
        previous.modifiedMs[then] === list.modifiedMs[now];
      if (same) yield [now, then];
    }
  }
}

function* folderRanges({ folders, folderOf, count }: ImageList): Generator<[folder: string, start: number, end: number]> {
  for (let start = 0; start < count;) {
    let end = start;
    while (end < count && folderOf[end] === folderOf[start]) end++;
    yield [folders[folderOf[start]], start, end];
    start = end;
  }
}

const columnsOf = ({ folderOf, names, nameEnds, classOf, splitOf, bytes, modifiedMs }: ImageList) => [
  folderOf,
  names,
  nameEnds,
  classOf,
  splitOf,
  bytes,
  modifiedMs,
];

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

type Numbers = Uint8Array | Uint16Array | Uint32Array | Float64Array;

/** A typed array that grows. */
class Column<Values extends Numbers> {
  length = 0;
  private readonly make: new (length: number) => Values;
  private values: Values;

  constructor(make: new (length: number) => Values) {
    this.make = make;
    this.values = new make(256);
  }

  push(value: number): void {
    this.reserve(1);
    this.values[this.length++] = value;
  }

  append(values: ArrayLike<number>): void {
    this.reserve(values.length);
    this.values.set(values, this.length);
    this.length += values.length;
  }

  finish(): Values {
    return this.values.slice(0, this.length) as Values;
  }

  private reserve(more: number): void {
    if (this.length + more <= this.values.length) return;
    const larger = new this.make(Math.max(this.length + more, Math.ceil(this.values.length * 1.5)));
    larger.set(this.values);
    this.values = larger;
  }
}
