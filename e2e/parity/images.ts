import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Packages } from '../harness/packages.ts';
import { ROOT } from '../harness/server.ts';

/** Images as files, with what the pipeline's own path answers to each: the format of `export-images`. */
export interface ParityImages {
  dir: string;
  /** Source of the images, for the report. */
  source: string;
  images: { index: number; label: number; file: string; jpeg: string }[];
  pipeline: { model: string; version: string; variant: string; png: number[][]; jpeg: number[][]; integer?: { png: number[][] } };
}

/** Images of the integer proof; graph models answer fewer. */
export const COUNT = 1000;

/**
 * The images of `PARITY_DIR`, else the test set's first ones, written by the pipeline.
 *
 * @returns why there are none if the package is the made one or the data set can't be had
 */
export function parityImages(packages: Packages, scratch: string): ParityImages | { missing: string } {
  const given = process.env.PARITY_DIR;
  if (given) return read(given, given);
  if (!packages.real) return { missing: 'models/ holds no package; npm run distill makes one' };
  const dir = path.join(scratch, 'parity');
  const args = [
    'pipeline/sld-edge.mjs',
    'export-images',
    '--data',
    'fashion-mnist',
    '--split',
    'test',
    '--count',
    String(COUNT),
    '--models',
    packages.dir,
    '--out',
    dir,
  ];
  try {
    execFileSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer };
    return { missing: `export-images failed: ${stderr?.toString().trim().split('\n').at(-1)}` };
  }
  return read(dir, 'fashion-mnist, test set');
}

function read(dir: string, source: string): ParityImages {
  const index = path.join(dir, 'index.json');
  if (!existsSync(index)) throw new Error(`${index} is missing: export-images writes it`);
  return { dir, source, ...(JSON.parse(readFileSync(index, 'utf8')) as Pick<ParityImages, 'images' | 'pipeline'>) };
}
