/**
 * `npm run dev:gpu-bundle`: makes one archive that measures a GPU and trains on it, on a machine that has a Vulkan driver
 * and nothing else. What is in it and how it is run: dev/gpu/README.md.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Line } from '../../pipeline/configuration/command-line.ts';
import type { SettingTable } from '../../pipeline/support/setting.ts';
import { UsageError } from '../../pipeline/support/usage-error.ts';
import { oneName, optional, path } from '../../pipeline/support/value.ts';
import { engineNames } from '../../pipeline/engines/engine.ts';
import { uniform } from '../../pipeline/testing/numbers.ts';
import { buildScripts } from './build-scripts.ts';
import { readCifar100 } from './cifar100-records.ts';
import { packImages } from './image-pack.ts';
import { makeReference } from './reference.ts';
import { benchSetting, runBench } from '../../bench/command.ts';

const NAME = 'sld-edge-gpu';
const MOST_BYTES = 60_000_000;
/** Bytes for the headers of tar and for files that compress worse than expected. */
const SPARE_BYTES = 300_000;
const CLASSES = 100;
const VALIDATION_COUNT = 1000;
const MADE_COUNT = 2000;
const LOADER = ['/usr/lib/x86_64-linux-gnu/libvulkan.so.1', '/usr/lib64/libvulkan.so.1', '/usr/lib/libvulkan.so.1'];

const settings = {
  data: { ...benchSetting, ...optional(path('')), help: "a folder with CIFAR-100's train.bin and test.bin; without it, made pictures" },
  teacher: {
    ...benchSetting,
    ...optional(path('')),
    help: "weights of ResNet-56 for CIFAR-100, .safetensors; without it, the bundle's run trains one first",
  },
  node: { ...benchSetting, ...optional(path('')), help: 'the Node binary to take along; without it, the one that runs this' },
  against: { ...benchSetting, ...oneName('tensorflow', ['auto', ...engineNames]), help: 'engine of the stored losses' },
  out: { ...benchSetting, ...path(`${NAME}.tar.gz`), help: 'the archive' },
} as const satisfies SettingTable;

const here = dirname(fileURLToPath(import.meta.url));
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const packedSize = (path: string): number => gzipSync(readFileSync(path), { level: 9 }).length;

interface Pictures {
  pixels: Uint8Array;
  labels: number[];
}

/** Selects equally many images of each class, in an order in which any beginning has about as many of each. */
function balanced({ pixels, labels }: { pixels: Uint8Array; labels: Uint16Array }, most: number): Pictures {
  const imageBytes = pixels.length / labels.length;
  const seen = new Array<number>(CLASSES).fill(0);
  const chosen: number[] = [];
  for (let i = 0; i < labels.length; i++) if (seen[labels[i]]++ < most / CLASSES) chosen.push(i);
  const out = new Uint8Array(chosen.length * imageBytes);
  chosen.forEach((index, i) => out.set(pixels.subarray(index * imageBytes, (index + 1) * imageBytes), i * imageBytes));
  return { pixels: out, labels: chosen.map((index) => labels[index]) };
}

/** A class is a colour and a direction of shading, under noise: enough to see that a training learns. */
function madePictures(count: number, seed: number): Pictures {
  const labels = Array.from({ length: count }, (_, i) => i % CLASSES);
  const noise = uniform(count * 3072, seed, -20, 20);
  const pixels = Uint8Array.from(noise, (value, at) => {
    const [label, pixel, c] = [labels[Math.floor(at / 3072)], Math.floor((at % 3072) / 3), at % 3];
    const shade = (c === 0 ? label % 5 : c === 1 ? Math.floor(label / 5) % 5 : Math.floor(label / 25)) * 40;
    return Math.max(0, Math.min(255, 40 + shade + (label % 2 ? pixel % 32 : pixel / 32) + value));
  });
  return { pixels, labels };
}

function takeNode(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o755);
  try {
    execFileSync('strip', [to], { stdio: 'ignore' });
  } catch {
    say('strip (of binutils) is not there: the Node binary stays as it is, 3 MB larger');
  }
}

async function run({ values }: Line<typeof settings>): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new UsageError(`the bundle is for Linux x64 and is made there, not on ${process.platform} ${process.arch}`);
  const loader = LOADER.find((path) => existsSync(path));
  if (!loader) throw new UsageError('the Vulkan loader libvulkan.so.1 is needed, to be taken along: apt-get install -y libvulkan1');
  const work = mkdtempSync(join(tmpdir(), 'sld-edge-bundle-'));
  try {
    const folder = join(work, NAME);
    mkdirSync(join(folder, 'lib'), { recursive: true });
    takeNode(values.node ? resolve(values.node) : process.execPath, join(folder, 'node'));
    const webgpu = dirname(createRequire(import.meta.url).resolve('webgpu/package.json'));
    for (const file of ['package.json', 'index.js', 'LICENSE.md', 'dist/linux-x64'])
      cpSync(join(webgpu, file), join(folder, 'node_modules/webgpu', file), { recursive: true });
    copyFileSync(loader, join(folder, 'lib/libvulkan.so.1'));
    for (const file of ['run.sh', 'README.md']) copyFileSync(join(here, file), join(folder, file));
    chmodSync(join(folder, 'run.sh'), 0o755);
    copyFileSync(join(here, '../pytorch/step.py'), join(folder, 'step.py'));
    copyFileSync(join(here, '../../LICENSE'), join(folder, 'LICENSE'));
    await buildScripts(folder);
    if (values.teacher) copyFileSync(resolve(values.teacher), join(folder, 'resnet56.safetensors'));
    const reference = await makeReference(values.against);
    writeFileSync(join(folder, 'reference.json'), `${JSON.stringify(reference)}\n`);

    const data = values.data ? resolve(values.data) : undefined;
    const validation = data ? balanced(readCifar100(join(data, 'test.bin')), VALIDATION_COUNT) : madePictures(CLASSES * 5, 2);
    writeFileSync(join(folder, 'test.images'), packImages(validation.pixels, validation.labels, 32).file);
    const used = execFileSync('find', [folder, '-type', 'f'], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .reduce((sum, path) => sum + packedSize(path), 0);
    const room = MOST_BYTES - SPARE_BYTES - used;
    say(`without training images ${(used / 1e6).toFixed(1)} MB compressed; packing as many as fit into ${(room / 1e6).toFixed(1)} MB`);
    const all = data ? balanced(readCifar100(join(data, 'train.bin')), Infinity) : madePictures(MADE_COUNT, 1);
    const training = packImages(all.pixels, all.labels, 32, room);
    writeFileSync(join(folder, 'train.images'), training.file);
    writeFileSync(
      join(folder, 'bundle.json'),
      `${JSON.stringify({
        made: new Date().toISOString(),
        commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: here, encoding: 'utf8' }).trim(),
        images: `${training.count} of ${all.labels.length} ${data ? 'of CIFAR-100' : 'made'} to train on, ${validation.labels.length} to validate`,
        reference: reference.engine,
      })}\n`,
    );
    const out = resolve(values.out);
    execFileSync('tar', ['-C', work, '--owner=0', '--group=0', '-I', 'gzip -9', '-cf', out, NAME]);
    const { size } = statSync(out);
    say(
      `${out}: ${(size / 1e6).toFixed(1)} MB, ${training.count} of ${all.labels.length} training images, ${validation.labels.length} to validate`,
    );
    if (size > MOST_BYTES) throw new Error(`the archive is larger than ${MOST_BYTES / 1e6} MB`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

await runBench({ name: 'dev:gpu-bundle', summary: 'Makes one archive that measures a GPU and trains on it.', settings, run });
