/** Names of files and folders: their order, and what each means. */

/** Compares names by Unicode code points, as Python's `sorted` does, so that class indices are torchvision's: no locale has a say. */
export function compareNames(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x === y) continue;
    // Code points beyond 0xffff are written in units of 0xd800 to 0xdfff, yet come last.
    return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

const isSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;

/** Files and folders that systems, file servers and archives leave among pictures, by name in whatever case; the first that fits counts. */
const LITTER: readonly (readonly [pattern: RegExp, kind: string])[] = [
  // Synology: thumbnails of every picture, under the picture's name.
  [/^@eadir$/i, '@eaDir'],
  [/^#recycle$|^@recycle$|^\$recycle\.bin$|^recycler$/i, 'recycle bins'],
  [/^#snapshot$|^@recently-snapshot$|^\.snapshots?$|^~snapshot$/i, 'snapshots'],
  [/^\.trash/i, 'recycle bins'],
  [/^\.thumbnails$|^\.@__thumb$|^(?:eh)?thumbs\.db$/i, 'thumbnails'],
  [/^system volume information$/i, 'System Volume Information'],
  [/^lost\+found$/i, 'lost+found'],
  // AppleDouble: a second file of each, with what other file systems have no place for.
  [/^\._|^__macosx$|^\.ds_store$/i, 'files of macOS'],
  [/^desktop\.ini$/i, 'desktop.ini'],
  [/^\./, 'hidden'],
];

/** The kind of litter that a file or folder of this name is; undefined for what may be a picture or a class. */
export function litterKind(name: string): string | undefined {
  return LITTER.find(([pattern]) => pattern.test(name))?.[1];
}

const READ = /\.(?:jpe?g|jpe|jfif|png|webp|avif|gif|tiff?)$/i;
/** Pictures too, though none that can be read: they are listed as unreadable and not passed over. */
const NOT_SUPPORTED = /\.(?:heic|heif|hif|bmp|jxl|jp2|j2k|svg|psd|ico|dng|cr2|cr3|nef|arw)$/i;

/** Returns true if the name is a picture's; its content is found out when it is read. */
export function looksLikeImage(name: string): boolean {
  return READ.test(name) || NOT_SUPPORTED.test(name);
}

/** `.txt`; a name without an ending is told as such. */
export function endingOf(name: string): string {
  return /.(\.[^.]+)$/.exec(name)?.[1].toLowerCase() ?? 'no ending';
}

const SPLIT_NAMES: Readonly<Record<string, 'train' | 'validation' | 'test'>> = {
  train: 'train',
  training: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  test: 'test',
  testing: 'test',
};

/** Returns true for the folder of pictures without a class. */
export const holdsUnlabelled = (name: string): boolean => /^unlabell?ed$/i.test(name);

export const SPLIT_FOLDERS = Object.keys(SPLIT_NAMES).join(', ');

/** The split that a folder of this name stands for, in whatever case; undefined for other names. */
export function splitOfFolder(name: string): 'train' | 'validation' | 'test' | undefined {
  return Object.hasOwn(SPLIT_NAMES, name.toLowerCase()) ? SPLIT_NAMES[name.toLowerCase()] : undefined;
}
