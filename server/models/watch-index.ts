import { unwatchFile, watchFile } from 'node:fs';
import path from 'node:path';

const LOOK_MS = 1000;

/**
 * Looks every second whether the index of a folder has been written again. By its times and not by notices of the system: those do not
 * come from network drives, nor where a whole folder is exchanged.
 *
 * @returns ends it
 */
export function watchIndex(modelsDir: string, onChange: () => void, lookMs = LOOK_MS): () => void {
  const file = path.join(modelsDir, 'index.json');
  const compare = (now: { mtimeMs: number; ino: number; size: number }, before: typeof now): void => {
    // Gone for a moment, or for good: nothing to load.
    if (now.mtimeMs === 0) return;
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size) onChange();
  };
  watchFile(file, { interval: lookMs, persistent: false }, compare);
  return () => unwatchFile(file, compare);
}
