import { readFileSync } from 'node:fs';

const AREA = 32 * 32;
/** A byte for the coarse class, one for the fine, then red, green and blue planes (the data set's own description). */
const RECORD = 2 + 3 * AREA;

/** CIFAR-100's binary file: pixels HWC in shared memory, fine labels. @throws Error if the file is none. */
export function readCifar100(path: string): { pixels: Uint8Array; labels: Uint16Array } {
  const file = readFileSync(path);
  if (file.length === 0 || file.length % RECORD !== 0)
    throw new Error(`${path} is no binary file of CIFAR-100: ${file.length} bytes are no whole number of records of ${RECORD}`);
  const count = file.length / RECORD;
  const pixels = new Uint8Array(new SharedArrayBuffer(count * 3 * AREA));
  const labels = new Uint16Array(count);
  for (let n = 0; n < count; n++) {
    labels[n] = file[n * RECORD + 1];
    const planes = file.subarray(n * RECORD + 2, (n + 1) * RECORD);
    for (let i = 0; i < AREA; i++) for (let c = 0; c < 3; c++) pixels[3 * (n * AREA + i) + c] = planes[c * AREA + i];
  }
  return { pixels, labels };
}
