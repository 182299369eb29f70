import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { engineKey } from './engine-key.ts';
import { damagedFiles, processorName, readStamp } from './stamp.ts';

export interface CachedEngine {
  folder: string;
  device: 'cpu' | 'cuda';
  tensorflowVersion: string;
  /** Files that differ from the stamp; empty for a whole engine. */
  damaged: string[];
  /** It has computed right on this processor. */
  provenHere: boolean;
}

/** The cached engines that this version of the product would use, CUDA first. `contents` hashes every file. */
export async function inspectEngine(cacheDir: string, options: { contents: boolean }): Promise<CachedEngine[]> {
  const enginesDir = join(cacheDir, 'engines');
  const found: CachedEngine[] = [];
  for (const device of ['cuda', 'cpu'] as const) {
    const names = (await readdir(enginesDir).catch(() => [])).filter((name) => name.startsWith(engineKey(device)));
    for (const name of names) {
      const folder = join(enginesDir, name);
      const stamp = await readStamp(folder);
      if (stamp)
        found.push({
          folder,
          device,
          tensorflowVersion: stamp.tensorflowVersion,
          damaged: await damagedFiles(folder, stamp, options),
          provenHere: stamp.provenOn.includes(processorName()),
        });
    }
  }
  return found;
}
