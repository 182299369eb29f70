/** The pictures that the shipped package of photographs was made with: to calibrate on, to compare answers on, and to carry. */
import { mkdtemp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { WrittenImages } from './debian.ts';
import { writeSamples } from './samples.ts';
import { writeStamps } from './stamps.ts';
import { writeWallpapers } from './wallpapers.ts';

const FOLD = 1;

/** @param out the folder, with calibration/, agreement/ and samples/: of wallpapers and stamps what trains calibrates, what tests compares */
export async function writeUnlabelled(out: string): Promise<WrittenImages> {
  await mkdir(out, { recursive: true });
  const { test: samples } = await writeSamples(join(out, 'samples'));
  const work = await mkdtemp(join(out, 'work-'));
  try {
    const sets = { wallpapers: await writeWallpapers(join(work, 'wallpapers')), stamps: await writeStamps(join(work, 'stamps'), FOLD) };
    for (const [name, from] of [
      ['calibration', 'train'],
      ['agreement', 'test'],
    ]) {
      await mkdir(join(out, name), { recursive: true });
      for (const set of Object.keys(sets)) await rename(join(work, set, from), join(out, name, set));
    }
    const { wallpapers, stamps } = sets;
    return { classes: 0, train: wallpapers.train + stamps.train, test: wallpapers.test + stamps.test + samples };
  } finally {
    await rm(work, { recursive: true });
  }
}
