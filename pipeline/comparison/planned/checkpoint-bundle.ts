/** The files from which a training goes on, as one object of a store: a line of JSON, then the files, each held against its SHA-256. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../../support/atomic-write.ts';
import { sha256 } from '../../support/sha256.ts';

/** In the order in which they are written back: the checkpoint last, which vouches for the others. */
const FILES = ['metrics.jsonl', 'best.safetensors', 'checkpoint.safetensors'];

interface BundledFile {
  name: string;
  bytes: number;
  sha256: string;
}

/** Packs a run's folder; files that it lacks are left out. */
export function packCheckpoint(folder: string): Uint8Array {
  const contents = FILES.filter((name) => existsSync(join(folder, name))).map((name) => ({
    name,
    content: readFileSync(join(folder, name)),
  }));
  const files = contents.map(({ name, content }): BundledFile => ({ name, bytes: content.length, sha256: sha256(content) }));
  return Buffer.concat([Buffer.from(`${JSON.stringify({ files })}\n`), ...contents.map(({ content }) => content)]);
}

/** Writes the files of a bundle into a folder. @throws Error in one line where the bundle was cut or damaged; nothing is written then */
export function unpackCheckpoint(bundle: Uint8Array, folder: string): void {
  const end = bundle.indexOf(0x0a);
  const files = headOf(bundle.subarray(0, end));
  let at = end + 1;
  const contents = files.map(({ name, bytes, sha256: digest }) => {
    const content = bundle.subarray(at, (at += bytes));
    if (!FILES.includes(name) || sha256(content) !== digest) throw damaged(name);
    return { name, content };
  });
  for (const { name, content } of contents) writeFileAtomic(join(folder, name), content);
}

function headOf(line: Uint8Array): BundledFile[] {
  try {
    return (JSON.parse(new TextDecoder().decode(line)) as { files: BundledFile[] }).files;
  } catch {
    throw damaged('its head');
  }
}

const damaged = (what: string): Error => new Error(`a stored checkpoint was damaged (${what} has another SHA-256)`);
