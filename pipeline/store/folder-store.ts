/** A store in a folder: on one machine, or on a volume that machines share. */
import { constants, copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isTemporary, temporaryName, writeFileAtomic } from '../support/atomic-write.ts';
import { assertName, type Store } from './store.ts';

/** Errors of file systems without hard links: exFAT, some network shares. */
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/**
 * Opens a store in a folder, which need not exist. An object appears by a hard link, which only one can make under a name. Where the file
 * system has none, it is created exclusively: whoever reads it in that moment may see a part of it.
 * @param root absolute path
 * @param link stands in for the file system's
 */
export function openFolderStore(root: string, link: (from: string, to: string) => void = linkSync): Store {
  const pathOf = (name: string): string => {
    assertName(name);
    return join(root, name);
  };
  return {
    place: root,
    async get(name) {
      try {
        return readFileSync(pathOf(name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async put(name, bytes) {
      writeFileAtomic(pathOf(name), bytes);
    },
    async putIfAbsent(name, bytes) {
      const path = pathOf(name);
      if (existsSync(path)) return false;
      mkdirSync(dirname(path), { recursive: true });
      const whole = temporaryName(path);
      writeFileAtomic(whole, bytes);
      try {
        create(whole, path, link);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw error;
      } finally {
        rmSync(whole, { force: true });
      }
    },
    async list(prefix) {
      return namesIn(root, prefix.slice(0, prefix.lastIndexOf('/') + 1))
        .filter((name) => name.startsWith(prefix))
        .sort();
    },
  };
}

function create(whole: string, path: string, link: (from: string, to: string) => void): void {
  try {
    link(whole, path);
  } catch (error) {
    if (!NO_LINKS.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    copyFileSync(whole, path, constants.COPYFILE_EXCL);
  }
}

function namesIn(root: string, folder: string): string[] {
  const path = join(root, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
    const name = `${folder}${entry.name}`;
    if (entry.isDirectory()) return namesIn(root, `${name}/`);
    return isTemporary(name) ? [] : [name];
  });
}
