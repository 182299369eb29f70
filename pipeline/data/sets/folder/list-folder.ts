/** Finds the images of a folder: one sub-folder a class, with or without `train/ val/ test/` above the classes. */
import { accessSync, constants, readdirSync, statSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { NO_LABEL } from '../dataset.ts';
import { DatasetError } from '../dataset-error.ts';
import { createListBuilder, type ImageList, type ListedFile, type Split } from './image-list.ts';
import { compareNames, endingOf, holdsUnlabelled, litterKind, looksLikeImage, SPLIT_FOLDERS, splitOfFolder } from './file-names.ts';

/** Labels are 16-bit. */
const MAX_CLASSES = 65_535;
const NAMES_IN_A_LINE = 5;
const PROGRESS_EVERY = 250_000;
/** Advice where there is one class. */
const NOTHING_OF_IT = '; pictures of anything else make a second class, in a folder of their own beside it, as "other"';

interface ClassFolder {
  /** Relative to the root. */
  path: string;
  label: string;
  split: Split;
}

/**
 * Lists a folder in an order that depends on names alone. Links are followed. Folders within a class belong to it.
 *
 * @param say told what was left out, a line each kind
 * @throws DatasetError FOLDER_LAYOUT, CLASS_NAME, CLASS_EMPTY, CLASS_UNKNOWN
 */
export function listFolder(root: string, say: (line: string) => void): ImageList {
  const reader = readerOf(root);
  const classFolders = findClassFolders(root, reader.read, say);
  const labels = labelsOf(root, classFolders);
  const { list, counts } = walk(root, classFolders, labels, reader, say);
  const mustHave = classFolders.some(({ split }) => split === 'train') ? counts.train : counts.undecided;
  const empty = labels.filter((_, i) => mustHave[i] === 0);
  const hasTraining = classFolders.some(({ split }) => split === 'train' || split === 'undecided');
  if (hasTraining && empty.length > 0)
    throw new DatasetError(
      'CLASS_EMPTY',
      `${root} has no training image of ${some(empty.map(quote))}; expected JPEG, PNG, WebP, AVIF, GIF or TIFF files in each class's folder`,
    );
  return list;
}

/**
 * Lists every picture of a folder and of the folders in it, whose names do not matter: none has a class.
 * @param say told what was left out, a line each kind
 * @throws DatasetError FOLDER_LAYOUT where there is none
 */
export function listPictures(root: string, say: (line: string) => void): ImageList {
  const { list } = walk(root, [{ path: '.', label: '', split: 'unlabelled' }], [], readerOf(root), say);
  if (list.count === 0)
    throw new DatasetError('FOLDER_LAYOUT', `expected JPEG, PNG, WebP, AVIF, GIF or TIFF files in ${root} or in folders in it, found none`);
  return list;
}

/** Reads folders of a root, and counts the litter in them. */
interface Reader {
  read(folder: string): Entries;
  litter: Litter;
}

function readerOf(root: string): Reader {
  const litter: Litter = new Map();
  return { litter, read: (folder) => readEntries(root, folder, litter) };
}

/** Lists the pictures of folders, and counts those of each class. */
function walk(
  root: string,
  classFolders: readonly ClassFolder[],
  labels: string[],
  { read, litter }: Reader,
  say: (line: string) => void,
): { list: ImageList; counts: Record<Split, Uint32Array> } {
  const classIndex = new Map(labels.map((label, i) => [label, i]));
  const builder = createListBuilder(root);
  const leftOut = new Map<string, number>();
  const counts = {
    train: new Uint32Array(labels.length),
    validation: new Uint32Array(labels.length),
    test: new Uint32Array(labels.length),
    undecided: new Uint32Array(labels.length),
    unlabelled: new Uint32Array(labels.length),
  };
  let told = 0;
  for (const { path, label, split } of classFolders) {
    const enter = (folder: string, above: readonly string[]): void => {
      const { files, folders, identity } = read(folder);
      if (above.includes(identity)) throw new DatasetError('FOLDER_LAYOUT', `${join(root, folder)} is a link to a folder above it`);
      const images = files.filter(({ name }) => looksLikeImage(name));
      for (const { name } of files) if (!looksLikeImage(name)) leftOut.set(endingOf(name), (leftOut.get(endingOf(name)) ?? 0) + 1);
      const ofClass = split === 'unlabelled' ? NO_LABEL : classIndex.get(label)!;
      builder.addFolder(folder, ofClass, split, images);
      if (ofClass !== NO_LABEL) counts[split][ofClass] += images.length;
      if (builder.count - told >= PROGRESS_EVERY) say(`${root}: ${(told = builder.count).toLocaleString('en')} images found so far`);
      for (const name of folders) enter(`${folder}/${name}`, [...above, identity]);
    };
    enter(path, []);
  }
  const passedOver = counted(litter);
  if (passedOver.length > 0) say(`${root}: left by systems and file servers, and passed over: ${some(passedOver)}`);
  const others = [...leftOut].sort((a, b) => b[1] - a[1]).map(([ending, count]) => `${ending} ${count}`);
  if (others.length > 0) say(`${root}: files that are no pictures by their ending are left out: ${some(others)}`);
  return { list: builder.finish(labels), counts };
}

/** Decides between the two layouts by what the folders named like splits hold: a class may be called "train". */
function findClassFolders(root: string, read: (folder: string) => Entries, say: (line: string) => void): ClassFolder[] {
  const { files, folders: all } = read('.');
  const folders = all.filter((name) => !holdsUnlabelled(name));
  const unlabelled = all.filter(holdsUnlabelled).map((path): ClassFolder => ({ path, label: '', split: 'unlabelled' }));
  const beside = files.filter(({ name }) => looksLikeImage(name)).length;
  if (beside > 0) say(`${root}: ${beside} pictures lie beside the folders, so they have no class, and are left out`);
  const isSplit = (name: string): boolean => splitOfFolder(name) !== undefined && read(name).folders.length > 0;
  if (!folders.some(isSplit)) {
    if (folders.length < 2) {
      const within = folders.length === 1 ? read(folders[0]).folders.length : 0;
      const advice = within > 1 ? `; "${folders[0]}" holds ${within} folders: --data ${join(root, folders[0])} takes those as classes` : '';
      throw new DatasetError(
        'FOLDER_LAYOUT',
        `expected one folder a class, at least two, in ${root}; found ${folders.length === 0 ? 'none' : `"${folders[0]}" alone`} and ${files.length} files${advice || (folders.length === 1 ? NOTHING_OF_IT : '')}`,
      );
    }
    return [...folders.map((name): ClassFolder => ({ path: name, label: labelOf(root, name), split: 'undecided' })), ...unlabelled];
  }
  const taken = new Map<string, string>();
  const labelled = folders.flatMap((splitName) => {
    const split = splitOfFolder(splitName);
    if (!split)
      throw new DatasetError(
        'FOLDER_LAYOUT',
        `${root} has splits ("${folders.find(isSplit)}" holds folders of its own) and beside them "${splitName}"; allowed beside each other: either classes, or ${SPLIT_FOLDERS}`,
      );
    if (taken.has(split))
      throw new DatasetError(
        'FOLDER_LAYOUT',
        `${root} has both "${taken.get(split)}" and "${splitName}" for ${split} images; allowed: one of them`,
      );
    taken.set(split, splitName);
    const { files: stray, folders: classes } = read(splitName);
    const images = stray.filter(({ name }) => looksLikeImage(name)).length;
    if (classes.length === 0)
      throw new DatasetError(
        'FOLDER_LAYOUT',
        `expected one folder a class in ${join(root, splitName)}, found none and ${stray.length} files`,
      );
    if (images > 0) say(`${join(root, splitName)}: ${images} pictures lie beside the folders, so they have no class, and are left out`);
    return classes.map((name): ClassFolder => ({ path: `${splitName}/${name}`, label: labelOf(root, name), split }));
  });
  return [...labelled, ...unlabelled];
}

/** Labels of the training images, or of all images if none are for training. */
function labelsOf(root: string, all: readonly ClassFolder[]): string[] {
  const classFolders = all.filter(({ split }) => split !== 'unlabelled');
  const training = classFolders.filter(({ split }) => split === 'train' || split === 'undecided');
  const known = new Set((training.length > 0 ? training : classFolders).map(({ label }) => label));
  const labels = [...known].sort(compareNames);
  const taken = new Map<string, string>();
  for (const { path, label, split } of classFolders) {
    if (!known.has(label))
      throw new DatasetError(
        'CLASS_UNKNOWN',
        `${join(root, path)}: the ${split} images have a class "${label}" that the training images lack; allowed: ${some(labels.map(quote))}`,
      );
    const twin = taken.get(`${split}/${label}`);
    if (twin)
      throw new DatasetError(
        'CLASS_NAME',
        `${join(root, path)} and ${join(root, twin)} differ only in how their letters are encoded; expected one folder a class`,
      );
    taken.set(`${split}/${label}`, path);
  }
  if (labels.length < 2)
    throw new DatasetError('FOLDER_LAYOUT', `expected at least two classes in ${root}, found "${labels[0]}" alone${NOTHING_OF_IT}`);
  if (labels.length > MAX_CLASSES)
    throw new DatasetError('FOLDER_LAYOUT', `${root} has ${labels.length} classes; allowed: up to ${MAX_CLASSES}`);
  return labels;
}

/** The folder's name, composed (NFC): macOS stores names decomposed, and one class must not become two. */
function labelOf(root: string, name: string): string {
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f\ufffd]/.test(name))
    throw new DatasetError(
      'CLASS_NAME',
      `${root} has a class folder ${JSON.stringify(name)}; allowed: names in UTF-8 without control characters`,
    );
  return name.normalize('NFC');
}

interface Entries {
  files: ListedFile[];
  folders: string[];
  /** Names the folder itself, whatever path led to it. */
  identity: string;
}

/** Number of pieces of litter of each kind in each folder: a folder that is read twice counts once. */
type Litter = Map<string, Map<string, number>>;

/** Lists what is visible in a folder, sorted; a link counts as what it points to, one that points nowhere as a file. */
function readEntries(root: string, folder: string, litter: Litter): Entries {
  const path = join(root, folder);
  const own = statSync(path);
  const kinds = new Map<string, number>();
  const entries: Entries = { files: [], folders: [], identity: `${own.dev}:${own.ino}` };
  for (const name of readdirSync(path).sort(compareNames)) {
    const kind = litterKind(name);
    if (kind) {
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      continue;
    }
    const stats = statOf(join(path, name));
    if (stats?.isDirectory()) entries.folders.push(name);
    else if (stats?.isFile()) entries.files.push({ name, bytes: stats.size, modifiedMs: stats.mtimeMs });
    else if (!stats) entries.files.push({ name, bytes: -1, modifiedMs: 0 });
  }
  if (kinds.size > 0) litter.set(folder, kinds);
  return entries;
}

function statOf(path: string): Stats | undefined {
  try {
    const stats = statSync(path);
    if (stats.isFile()) accessSync(path, constants.R_OK);
    return stats;
  } catch {
    return undefined;
  }
}

/** `kind count`, the most first. */
function counted(litter: Litter): string[] {
  const counts = new Map<string, number>();
  for (const kinds of litter.values()) for (const [kind, count] of kinds) counts.set(kind, (counts.get(kind) ?? 0) + count);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([kind, count]) => `${kind} ${count}`);
}

const quote = (name: string): string => `"${name}"`;

function some(items: string[]): string {
  const rest = items.length - NAMES_IN_A_LINE;
  return rest > 0 ? `${items.slice(0, NAMES_IN_A_LINE).join(', ')} and ${rest} more` : items.join(', ');
}
