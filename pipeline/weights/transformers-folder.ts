/** Folders of Hugging Face transformers: weights beside their configuration. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The file of weights in such a folder; the path itself where it is none, or holds weights in no one file. */
export function weightsFile(path: string): string {
  if (!existsSync(path) || !statSync(path).isDirectory() || !existsSync(join(path, 'config.json'))) return path;
  const files = ['model.safetensors', 'pytorch_model.bin'].map((name) => join(path, name));
  return files.find((file) => existsSync(file)) ?? path;
}
