import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { KeptFiles } from '../transfer/keeping.ts';

const nameOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);

/** Keeps files in a folder, those of one model in a folder of its own. Each is written beside and renamed. */
export function folderStore(root: string, model: string): KeptFiles {
  const folder = path.join(root, nameOf(model));
  return {
    async get(address) {
      try {
        return Uint8Array.from(await readFile(path.join(folder, nameOf(address))));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async put(address, bytes) {
      await mkdir(folder, { recursive: true });
      const beside = path.join(folder, `.${randomUUID()}`);
      await writeFile(beside, bytes);
      await rename(beside, path.join(folder, nameOf(address)));
    },
    async retain(addresses) {
      const names = new Set([...addresses].map(nameOf));
      const others = (await readdir(folder).catch(() => [])).filter((name) => !names.has(name) && !name.startsWith('.'));
      await Promise.all(others.map((name) => rm(path.join(folder, name), { force: true })));
    },
  };
}
