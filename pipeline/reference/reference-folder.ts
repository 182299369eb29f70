/** Folders of reference vectors: JSON files of one format. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { path } from '../support/value.ts';

/** The setting that names the folder. */
export const referenceSetting = {
  ...path(''),
  help: 'folder of reference vectors (JSON files)',
  group: 'run',
  decides: 'nothing',
  required: 'DIR',
} as const;

/**
 * @param required keys that a file of this format has
 * @throws Error in one line if the folder is missing, holds no JSON, or a file is broken or of another format
 */
export function readReferenceFolder<T>(folder: string, required: (keyof T & string)[]): { name: string; content: T }[] {
  let names: string[];
  try {
    names = readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch {
    throw new Error(`no folder of reference vectors at ${folder}; give one by --reference DIR`);
  }
  if (names.length === 0) throw new Error(`${folder} holds no .json file of reference vectors`);
  return names.map((name) => {
    let content: T;
    try {
      content = JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
    } catch (error) {
      throw new Error(`${join(folder, name)} is not JSON: ${(error as Error).message}`, { cause: error });
    }
    const missing = required.filter((key) => (content as Record<string, unknown> | null)?.[key] === undefined);
    if (missing.length > 0) throw new Error(`${join(folder, name)} is of another format: it has no ${missing.join(', ')}`);
    return { name, content };
  });
}
