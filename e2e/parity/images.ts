import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  createClassifier,
  createWasmBackend,
  loadPackage,
  preprocessToPixels,
  softmax,
  type LoadedPackage,
} from '@sld-edge/runtime';
import sharp from 'sharp';
import type { Packages } from '../harness/packages.ts';
import { ROOT } from '../harness/server.ts';

/** Images as files, with what the pipeline's own path answers to each: the format of `export-images`. */
export interface ParityImages {
  dir: string;
  /** Where the images are from, for the report. */
  source: string;
  images: { index: number; label: number | null; file: string; jpeg: string }[];
  pipeline: { model: string; version: string; variant: string; png: number[][]; jpeg: number[][] };
}

export const COUNT = 500;

/**
 * The images of `PARITY_DIR`; else the test set's first ones, written by the pipeline; else, where the
 * package is the made one or the data set can't be had, noise, whose labels mean nothing.
 */
export async function parityImages(packages: Packages, scratch: string): Promise<ParityImages> {
  const given = process.env.PARITY_DIR;
  if (given) return read(given, given);
  const dir = path.join(scratch, 'parity');
  let reason = 'the package is a made one';
  if (packages.real) {
    const args = ['pipeline/cli.ts', 'export-images', '--data', 'fashion-mnist', '--split', 'test', '--count', String(COUNT), '--models', packages.dir, '--out', dir];
    try {
      execFileSync(path.join(ROOT, 'node_modules/.bin/tsx'), args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'pipe'] });
      return read(dir, 'fashion-mnist, test set');
    } catch (error) {
      const { stderr } = error as { stderr?: Buffer };
      reason = `export-images failed: ${stderr?.toString().trim().split('\n').at(-1)}`;
    }
  }
  await makeImages(packages, dir);
  return read(dir, `noise, since ${reason}`);
}

function read(dir: string, source: string): ParityImages {
  const index = path.join(dir, 'index.json');
  if (!existsSync(index)) throw new Error(`${index} is missing: export-images writes it`);
  return { dir, source, ...(JSON.parse(readFileSync(index, 'utf8')) as Pick<ParityImages, 'images' | 'pipeline'>) };
}

/** Noise in blocks, so that it survives a resize, answered by the runtime in Node. */
async function makeImages(packages: Packages, dir: string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const { manifest } = packages;
  const folder = path.join(packages.dir, manifest.name, manifest.version);
  const pkg = await loadPackage(async (file) => readFileSync(path.join(folder, file)));
  const wasmPaths = `${path.join(ROOT, 'node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`;
  const classifier = await createClassifier(pkg, createWasmBackend({ wasmPaths }));
  const side = 28;
  const answers = { png: [] as number[][], jpeg: [] as number[][] };
  const images: ParityImages['images'] = [];
  let state = 1;
  const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  for (let index = 0; index < COUNT; index++) {
    const blocks = Uint8Array.from({ length: 49 * 3 }, () => random() * 256);
    const raw = Uint8Array.from({ length: side * side * 3 }, (_, i) => {
      const pixel = Math.floor(i / 3);
      const block = Math.floor(pixel / side / 4) * 7 + Math.floor((pixel % side) / 4);
      return blocks[block * 3 + (i % 3)];
    });
    const image = { index, label: null, file: `${index}.png`, jpeg: `${index}.jpg` };
    const encoder = sharp(raw, { raw: { width: side, height: side, channels: 3 } });
    for (const [kind, file, bytes] of [
      ['png', image.file, await encoder.clone().png().toBuffer()],
      ['jpeg', image.jpeg, await encoder.clone().jpeg({ quality: 90 }).toBuffer()],
    ] as const) {
      writeFileSync(path.join(dir, file), bytes);
      answers[kind].push(await probabilities(bytes, pkg, classifier.logits));
    }
    images.push(image);
  }
  const pipeline = { model: manifest.name, version: manifest.version, variant: pkg.variant, ...answers };
  writeFileSync(path.join(dir, 'index.json'), JSON.stringify({ images, pipeline }));
}

async function probabilities(
  bytes: Buffer,
  { manifest }: LoadedPackage,
  logits: (pixels: Uint8Array) => Promise<Float32Array>,
): Promise<number[]> {
  const { data, info } = await sharp(bytes).autoOrient().toColourspace('srgb').flatten({ background: '#ffffff' }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const pixels = preprocessToPixels({ width: info.width, height: info.height, data: new Uint8Array(data) }, manifest.preprocessing);
  return [...softmax(await logits(pixels), manifest.calibration.temperature)];
}
