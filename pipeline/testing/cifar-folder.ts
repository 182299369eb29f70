import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tinyImages } from './tiny-data.ts';

const SIZE = 32;
const PLANE = SIZE * SIZE;

/** Writes a small data set in CIFAR-10's binary layout, for commands that take `cifar10:<folder>`; no training file for none. */
export function writeCifarFolder(folder: string, counts: { train: number; test: number }): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'batches.meta.txt'), Array.from({ length: 10 }, (_, i) => `kind ${i}\n`).join(''));
  if (counts.train > 0) writeFileSync(join(folder, 'data_batch_1.bin'), records(counts.train, 11));
  writeFileSync(join(folder, 'test_batch.bin'), records(counts.test, 12));
}

function records(count: number, seed: number): Uint8Array {
  const { images, labels } = tinyImages(count, seed, { size: SIZE, channels: 3, classes: 10 });
  const bytes = new Uint8Array(count * (1 + 3 * PLANE));
  for (let image = 0; image < count; image++) {
    const at = image * (1 + 3 * PLANE);
    bytes[at] = labels[image];
    for (let i = 0; i < 3 * PLANE; i++) bytes[at + 1 + (i % 3) * PLANE + Math.floor(i / 3)] = images.image(image)[i];
  }
  return bytes;
}
