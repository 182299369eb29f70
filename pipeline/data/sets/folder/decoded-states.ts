/**
 * States of folders of pictures in the cache of decoded images. A state is found by what the folder holds: the same pictures under two
 * mount points share one. For each root a mark says that its files were held against the state, so that this is done once.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../../support/atomic-write.ts';
import { createProgress } from '../../../support/progress.ts';
import { sha256, sha256OfFiles } from '../../../support/sha256.ts';
import { DecodedIndex } from './decoded-record.ts';
import { imagePathOf, listKey, namesKey, parseList, unchangedImages, type ImageList } from './image-list.ts';

/** The latest and the one before, which a training that still runs may be reading. */
const KEPT_A_ROOT = 2;
const PARTIAL = '.partial';

const short = (text: string): string => sha256(text).slice(0, 16);

/** A name of its own for a root, in the cache of one machine. */
export const rootKey = ({ root }: ImageList): string => short(root);

const markOf = (state: string, list: ImageList): string => join(state, `mark-${rootKey(list)}`);

/** Says that the files of the list, as they are now, are those of the state. */
export function markState(state: string, list: ImageList): void {
  mkdirSync(state, { recursive: true });
  writeFileAtomic(markOf(state, list), listKey(list));
}

const isMarked = (state: string, list: ImageList): boolean =>
  existsSync(markOf(state, list)) && readFileSync(markOf(state, list), 'utf8') === listKey(list);

/** The folders in `home` that hold such a file, the newest first. */
function foldersWith(home: string, file: string): string[] {
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .map((name) => join(home, name))
    .filter((path) => existsSync(join(path, file)))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
}

/** States that this root had, whole or not, the latest first: what is as it was can be copied from them. */
export const statesOfRoot = (home: string, list: ImageList): string[] =>
  foldersWith(home, 'list.bin').filter((state) => existsSync(markOf(state, list)));

const statesOfNames = (home: string, list: ImageList): string[] =>
  foldersWith(home, 'meta.json').filter((state) => state.startsWith(join(home, namesKey(list).slice(0, 16))) && !state.endsWith(PARTIAL));

/** @returns the whole state that was held against these files before; undefined: there is none */
export const findMarked = (home: string, list: ImageList): string | undefined =>
  statesOfNames(home, list).find((state) => isMarked(state, list));

/** @returns the whole state whose files have the bytes of this list's, marked from now on; undefined: there is none */
export async function findEqual(home: string, list: ImageList, say: (line: string) => void): Promise<string | undefined> {
  for (const state of statesOfNames(home, list)) {
    if (!(await holdsFilesOf(state, list, say))) continue;
    markState(state, list);
    return state;
  }
  return undefined;
}

/** @returns folder for a state that is to be made: no other root's of the same names */
export const newState = (home: string, list: ImageList): string =>
  join(home, `${namesKey(list).slice(0, 16)}-${short(`${list.root}\n${listKey(list)}`)}`);

export const partialOf = (state: string): string => `${state}${PARTIAL}`;

async function holdsFilesOf(state: string, list: ImageList, say: (line: string) => void): Promise<boolean> {
  const index = new DecodedIndex(readFileSync(join(state, 'index.bin')));
  // Of a root that was seen before, files that kept their times are taken for the same.
  const known = existsSync(markOf(state, list))
    ? new Set([...unchangedImages(list, parseList(list.root, readFileSync(join(state, 'list.bin'))))].map(([now]) => now))
    : new Set<number>();
  say(`${list.root}: its ${list.count} files have names and sizes of pictures that are decoded already; comparing their bytes`);
  const progress = createProgress('comparing');
  try {
    for (let i = 0; i < list.count; i++) {
      if (known.has(i)) continue;
      // One that could not be read is tried again.
      if (!index.isDecoded(i) || list.bytes[i] < 0) return false;
      if ((await sha256OfFiles(join(list.root, imagePathOf(list, i)))) !== Buffer.from(index.sha256(i)).toString('hex')) return false;
      progress.update((i + 1) / list.count, `${(i + 1).toLocaleString('en')} of ${list.count.toLocaleString('en')} files`);
    }
    return true;
  } finally {
    progress.done();
  }
}

/** Keeps a root's state just made and the one before; what interrupted runs of it left goes too. States that other roots have stay. */
export function removeOlderStates(home: string, made: string, list: ImageList): void {
  const now = new Date();
  utimesSync(made, now, now);
  const own = foldersWith(home, `mark-${rootKey(list)}`);
  const kept = new Set(own.filter((state) => existsSync(join(state, 'meta.json')) && !state.endsWith(PARTIAL)).slice(0, KEPT_A_ROOT));
  for (const state of own) {
    if (kept.has(state)) continue;
    rmSync(markOf(state, list), { force: true });
    if (!readdirSync(state).some((name) => name.startsWith('mark-'))) rmSync(state, { recursive: true, force: true });
  }
}
