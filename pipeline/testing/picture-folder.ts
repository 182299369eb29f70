import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';

const COLOURS = { blue: [40, 60, 200], green: [40, 180, 60], red: [200, 50, 40] };

/** Writes `train/` and `test/` with three classes of PNG files; pictures of a class share their colour, under noise. */
export async function writePictureFolder(folder: string, side: number, counts: { train: number; test: number }): Promise<void> {
  for (const [split, count] of Object.entries(counts))
    for (const [label, colour] of Object.entries(COLOURS)) {
      mkdirSync(join(folder, split, label), { recursive: true });
      for (let i = 0; i < count; i++) {
        const data = Uint8Array.from({ length: side * side * 3 }, (_, at) => colour[at % 3] + ((at * 37 + i * 101 + count) % 29) - 14 + i);
        const picture = sharp(data, { raw: { width: side, height: side, channels: 3 } });
        writeFileSync(join(folder, split, label, `${i}.png`), await picture.png().toBuffer());
      }
    }
}
