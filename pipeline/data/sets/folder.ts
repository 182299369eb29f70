/** `folder`: one's own pictures, one sub-folder a class (docs/datasets.md). */
import { realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Dataset, DatasetDefinition, ImageSet } from './dataset.ts';
import { DatasetError } from './dataset-error.ts';
import { requireFolder } from './files.ts';
import { balanceLines } from './folder/class-balance.ts';
import { openDecoded, type DecodedFolder } from './folder/decoded-cache.ts';
import { imageBytesOf, recordBytesOf, RGB_CHANNELS, type RecordSize } from './folder/decoded-record.ts';
import { imagePathOf, type ImageList } from './folder/image-list.ts';
import { listFolder } from './folder/list-folder.ts';
import { decodeFile, UnreadableImage } from './folder/read-image.ts';
import { openImageSource, type ImageSource } from './image-source.ts';

/**
 * Pictures of any size, in sub-folders named by their classes, decoded once into a cache and read from there. The images
 * are RGB, of `imageSize` by `imageSize` pixels; with 0 all files must have one size, which they keep.
 */
export const folder: DatasetDefinition = {
  async open(path, { cacheDir, onProgress, imageSize, cropRatio, viewSide: wanted, maxUnreadable }): Promise<Dataset> {
    if (path === null)
      throw new DatasetError('FOLDER_MISSING', 'the data set "folder" is read from a folder of yours; expected folder:/path/to/it');
    await requireFolder(path);
    const root = realpathSync(path);
    const list = listFolder(root, onProgress);
    const size = imageSize > 0 ? { height: imageSize, width: imageSize } : await sizeOfFirst(list);
    const viewSide = imageSize > 0 ? wanted : 0;
    const decoded = await openDecoded(list, {
      ...size,
      viewSide,
      cropRatio,
      exact: imageSize === 0,
      cacheDir,
      maxUnreadable,
      say: onProgress,
    });
    const { meta, splits } = decoded;
    const setOf = (indices: Uint32Array): ImageSet => imageSet(list, decoded, { ...size, viewSide }, indices);
    const train = setOf(splits.train);
    tell(list, meta, train, onProgress);
    return {
      name: basename(root),
      labels: list.labels,
      ...size,
      channels: RGB_CHANNELS,
      train,
      validation: setOf(splits.validation),
      test: setOf(splits.test),
      ...(splits.unlabelled.length > 0 && { unlabelled: setOf(splits.unlabelled) }),
      statistics: meta.statistics,
      checksums: { 'list of SHA-256 and path': meta.contentSha256 },
      source: `local folder ${basename(root)}`,
      skipped: meta.unreadable.length,
    };
  },
};

/** @throws DatasetError IMAGES_UNREADABLE where no file can be read */
async function sizeOfFirst(list: ImageList): Promise<{ height: number; width: number }> {
  let last = '';
  for (let i = 0; i < list.count; i++) {
    try {
      const { image } = await decodeFile(join(list.root, imagePathOf(list, i)));
      return { height: image.height, width: image.width };
    } catch (error) {
      if (!(error instanceof UnreadableImage)) throw error;
      last = `${imagePathOf(list, i)} (${error.message})`;
    }
  }
  throw new DatasetError('IMAGES_UNREADABLE', `none of the ${list.count} files in ${list.root} can be read; the last was ${last}`);
}

/** The images at positions of a list, with their classes. */
export function imageSet(list: ImageList, { imagesPath }: DecodedFolder, size: RecordSize, indices: Uint32Array): ImageSet {
  const { viewSide } = size;
  const imageBytes = imageBytesOf(size);
  const recordBytes = recordBytesOf(size);
  const part = (offset: number, bytes: number): ImageSource =>
    openImageSource({
      store: { kind: 'file', path: imagesPath },
      imageBytes: bytes,
      ...(viewSide > 0 && { within: { recordBytes, offset } }),
    }).subset(indices);
  return {
    count: indices.length,
    images: part(0, imageBytes),
    labels: Uint16Array.from(indices, (i) => list.classOf[i]),
    ...(viewSide > 0 && { larger: { images: part(imageBytes, recordBytes - imageBytes), height: viewSide, width: viewSide } }),
  };
}

/** @throws DatasetError CLASS_EMPTY where no training image of a class could be read */
function tell(list: ImageList, meta: DecodedFolder['meta'], train: ImageSet, say: (line: string) => void): void {
  const { root, labels } = list;
  if (meta.duplicates > 0) {
    const otherBytes = meta.otherBytes > 0 ? `, ${meta.otherBytes} of them saved in other bytes` : '';
    say(
      `${root}: ${meta.duplicates} files show the same pixels as others${otherBytes}; ${meta.torn > 0 ? `of ${meta.torn} pictures the copies lie in more than one split, as the folders have it` : 'no copies are split between training, validation and test'}`,
    );
  }
  if (meta.contradictions > 0)
    say(`${root}: ${meta.contradictions} copies lie in another class than their original: some labels must be wrong`);
  if (meta.leaked > 0) say(`${root}: ${meta.leaked} validation or test files are copies of training images: figures will flatter`);
  if (meta.near.count > 0) {
    const examples = meta.near.examples.map(([held, other]) => `${held} like ${other}`).join('; ');
    say(
      `warning: ${root}: ${meta.near.count} validation or test files look almost like a file of another split (${examples}): figures may flatter. Keep series and edited copies in one split, with train/, val/ and test/ folders of your own`,
    );
  }
  if (train.count === 0) return;
  const trained = new Set(train.labels);
  const empty = labels.filter((_, label) => !trained.has(label));
  if (empty.length > 0)
    throw new DatasetError(
      'CLASS_EMPTY',
      `no training image of ${empty
        .slice(0, 5)
        .map((label) => `"${label}"`)
        .join(', ')}${empty.length > 5 ? ` and ${empty.length - 5} more classes` : ''} in ${root} can be read`,
    );
  if (meta.unsplitClasses.length > 0)
    say(
      `${root}: ${meta.unsplitClasses.length} classes have fewer than three different images, which all go into training (${labels[meta.unsplitClasses[0]]})`,
    );
  for (const line of balanceLines(labels, train.labels)) say(line);
}
