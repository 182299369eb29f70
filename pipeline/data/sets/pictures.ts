/** Pictures of a folder whose classes nobody says: to calibrate on, and to compare answers on. */
import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defaultCacheDir } from '../../support/cache-dir.ts';
import type { ImageSet } from './dataset.ts';
import { imageSet } from './folder.ts';
import { openDecoded } from './folder/decoded-cache.ts';
import { imagePathOf } from './folder/image-list.ts';
import { listPictures } from './folder/list-folder.ts';
import { requireFolder } from './files.ts';

export interface PictureSize {
  height: number;
  width: number;
  /** Part of the shorter side that is kept, above 0, at most 1. */
  cropRatio: number;
}

export interface Pictures {
  /** Name of the folder. */
  name: string;
  /** Without a class, copies left out, in an order drawn by content: the first n are a fair sample. */
  set: ImageSet;
  /** Path of a picture's file, by its place in the set. */
  fileOf(index: number): string;
  /** SHA-256 of the list of SHA-256 and path of all files. */
  checksum: string;
}

/**
 * Opens the pictures of a folder and of the folders in it, whose names do not matter, as RGB of one size.
 * @param folder a path, with or without `folder:` before it
 * @throws DatasetError FOLDER_MISSING, FOLDER_LAYOUT without pictures, IMAGES_UNREADABLE
 */
export async function openPictures(
  folder: string,
  size: PictureSize,
  maxUnreadable: number,
  say: (line: string) => void,
): Promise<Pictures> {
  const path = folder.replace(/^folder:/, '');
  await requireFolder(path);
  const root = realpathSync(path);
  const list = listPictures(root, say);
  const record = { height: size.height, width: size.width, viewSide: 0 };
  const { cropRatio } = size;
  const decoded = await openDecoded(list, { ...record, cropRatio, exact: false, cacheDir: defaultCacheDir(), maxUnreadable, say });
  const { unlabelled } = decoded.splits;
  return {
    name: basename(root),
    set: imageSet(list, decoded, record, unlabelled),
    fileOf: (index) => join(root, imagePathOf(list, unlabelled[index])),
    checksum: decoded.meta.contentSha256,
  };
}
