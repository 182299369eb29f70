/**
 * `npm run bench:large-photographs`: the memory that a teacher on cached features takes of a folder of 12-megapixel JPEGs, which are made here.
 * The pictures are seeded; each class has a colour of its own under a random texture.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cpus, totalmem } from 'node:os';
import sharp from 'sharp';
import { createRandom } from '../pipeline/data/augmentation/random.ts';
import { jsonSetting } from '../pipeline/configuration/command-line.ts';
import { createProgress } from '../pipeline/support/progress.ts';
import { path, text, whole } from '../pipeline/support/value.ts';
import { benchSetting, runBench } from './command.ts';
import { watchProcesses } from './memory/watch-processes.ts';

const [WIDTH, HEIGHT] = [4000, 3000];
/** Sides of a texture's cell in pixels. */
const CELL = 10;
const CLASSES = 10;
/** Bytes that all processes may take together. */
const BAR = 2e9;

const settings = {
  out: { ...benchSetting, ...path('large-photographs'), help: 'the folder; pictures that it has are kept', isFirst: true },
  images: { ...benchSetting, ...whole(5000, { from: 30 }), help: 'number of pictures, of ten classes', unit: 'images' },
  from: { ...benchSetting, ...text('efficientnet_lite0'), help: 'the pretrained network' },
  ...jsonSetting,
} as const;

await runBench({
  name: 'bench:large-photographs',
  summary: 'Makes 12-megapixel JPEGs and measures the memory of a teacher that is trained on them, all processes together.',
  settings,
  async run({ values: { out, images, from, json } }) {
    const progress = createProgress('pictures');
    for (let i = 0; i < images; i++) {
      await picture(out, i);
      progress.update((i + 1) / images, `${i + 1} of ${images}`);
    }
    progress.done(`${images} pictures of ${WIDTH}x${HEIGHT} in ${out}`);
    const began = performance.now();
    const args = [
      'pipeline/sld-edge.mjs',
      'teacher',
      '--data',
      `folder:${out}`,
      '--from',
      from,
      '--out',
      join(out, '..', 'teacher.safetensors'),
    ];
    const child = spawn(process.execPath, [...args, '--force', '--restart'], { stdio: ['ignore', 'inherit', 'inherit'] });
    const stop = watchProcesses(child.pid!);
    const status = await new Promise<number | null>((resolve) => child.on('close', resolve));
    const { peakBytes, processes } = stop();
    if (status !== 0) throw new Error(`the teacher ended with status ${status}`);
    const result = { images, peakBytes, processes, bar: BAR, seconds: (performance.now() - began) / 1000 };
    const machine = { processor: cpus()[0].model, cores: cpus().length, memoryBytes: totalmem() };
    if (json) console.log(JSON.stringify({ machine, ...result }));
    console.error(`teacher from ${from} on ${images} pictures: ${(peakBytes / 1e9).toFixed(2)} GB at the peak, the bar is ${BAR / 1e9} GB`);
    return peakBytes <= BAR;
  },
});

async function picture(out: string, index: number): Promise<void> {
  const label = index % CLASSES;
  const folder = join(out, `class-${label}`);
  const file = join(folder, `${String(index).padStart(5, '0')}.jpg`);
  if (existsSync(file)) return;
  await mkdir(folder, { recursive: true });
  const random = createRandom(7, index);
  const [width, height] = [WIDTH / CELL, HEIGHT / CELL];
  const colour = [0, 1, 2].map((c) => 40 + ((label * 61 + c * 97) % 150));
  const texture = new Uint8Array(width * height * 3);
  for (let i = 0; i < texture.length; i++) texture[i] = colour[i % 3] + random.integer(60);
  await sharp(texture, { raw: { width, height, channels: 3 } })
    .resize(WIDTH, HEIGHT, { kernel: 'cubic' })
    .jpeg({ quality: 85 })
    .toFile(file);
}
