import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackDebianPackage } from '../../pipeline/data/sets/debian-package.ts';
import { say } from '../../pipeline/support/say.ts';

/** Counts of a folder of images that was written. */
export interface WrittenImages {
  classes: number;
  train: number;
  test: number;
}

/** Fetches and unpacks a package of Debian for `use`, and removes it. @throws DatasetError SOURCE_UNREACHABLE in one line */
export async function withDebianPackage<T>(name: string, use: (unpacked: string) => Promise<T>): Promise<T> {
  const work = await mkdtemp(join(tmpdir(), 'sld-edge-photographs-'));
  try {
    return await use(await unpackDebianPackage(name, work, 'system', say));
  } finally {
    await rm(work, { recursive: true });
  }
}
