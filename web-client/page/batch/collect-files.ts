/** Pictures out of what was dropped or chosen: files, and folders with everything below them. */

export interface GivenFile {
  file: File;
  /** Name, with the folders that were walked through. */
  path: string;
}

export interface Collected {
  files: GivenFile[];
  /** Number of files in folders that do not look like pictures. */
  passedOver: number;
}

/** Endings by which a file of a folder is taken for a picture. One that was named by itself is always tried. */
const PICTURE = /\.(jpe?g|jfif|png|webp|gif|avif|tiff?|heic|heif|bmp)$/i;

/** @param files of an input; those of a folder know their way in it */
export function collectChosen(files: Iterable<File>): Collected {
  const collected: Collected = { files: [], passedOver: 0 };
  for (const file of files) add(collected, file, file.webkitRelativePath || file.name, file.webkitRelativePath !== '');
  return collected;
}

/**
 * Walks through what was dropped.
 *
 * @param entries taken from the event while it was handled: afterwards the browser gives none
 * @throws DOMException where the browser does not let a folder be read
 */
export async function collectDropped(entries: readonly FileSystemEntry[]): Promise<Collected> {
  const collected: Collected = { files: [], passedOver: 0 };
  const walk = async (entry: FileSystemEntry, inFolder: boolean): Promise<void> => {
    const path = entry.fullPath.replace(/^\//, '') || entry.name;
    if (entry.isFile) return add(collected, await fileOf(entry as FileSystemFileEntry), path, inFolder);
    for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) await walk(child, true);
  };
  for (const entry of entries) await walk(entry, false);
  return collected;
}

function add(collected: Collected, file: File, path: string, inFolder: boolean): void {
  if (inFolder && !isPicture(path)) collected.passedOver++;
  else collected.files.push({ file, path });
}

/** A name that begins with a dot is a system's own, also where it ends like a picture (`._1.jpg`). */
function isPicture(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return !name.startsWith('.') && PICTURE.test(name);
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> => new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader gives a part of a folder at a time (Chromium: 100), and nothing when there is no more. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    all.push(...part);
  }
}
