import { readFile, stat } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { sha256OfFiles } from '../../support/sha256.ts';
import { writeFileAtomic } from '../../support/atomic-write.ts';

/** Written last into an engine's folder: what it holds, and on which processors it has computed right. */
export interface EngineStamp {
  formatVersion: 1;
  key: string;
  device: 'cpu' | 'cuda';
  tensorflowVersion: string;
  wheels: { file: string; sha256: string }[];
  /** Every native file by its path under the engine's folder. */
  files: Record<string, { bytes: number; sha256: string }>;
  provenOn: string[];
}

const STAMP_FILE = 'stamp.json';

/** The processor's name: an engine proven on one may be an illegal instruction on another that shares the home folder. */
export function processorName(): string {
  return `${process.arch} ${cpus()[0]?.model ?? 'unknown processor'}`;
}

/** The stamp of an engine's folder, or null when there is none that can be read. */
export async function readStamp(engineDir: string): Promise<EngineStamp | null> {
  try {
    const stamp = JSON.parse(await readFile(join(engineDir, STAMP_FILE), 'utf8')) as EngineStamp;
    return stamp.formatVersion === 1 && typeof stamp.files === 'object' && Array.isArray(stamp.provenOn) ? stamp : null;
  } catch {
    return null;
  }
}

/** Writes the stamp whole or not at all. */
export function writeStamp(engineDir: string, stamp: EngineStamp): void {
  writeFileAtomic(join(engineDir, STAMP_FILE), `${JSON.stringify(stamp, null, 2)}\n`);
}

/**
 * Compares an engine's files with its stamp: sizes always, contents (SHA-256, seconds for a gigabyte) only when asked.
 * @returns the files that differ or are missing; empty when the engine is whole.
 */
export async function damagedFiles(engineDir: string, stamp: EngineStamp, options: { contents: boolean }): Promise<string[]> {
  const damaged: string[] = [];
  for (const [path, expected] of Object.entries(stamp.files)) {
    const full = join(engineDir, path);
    const bytes = await stat(full).then(
      (s) => s.size,
      () => -1,
    );
    const same = bytes === expected.bytes && (!options.contents || (await sha256OfFiles(full)) === expected.sha256);
    if (!same) damaged.push(path);
  }
  return damaged;
}
