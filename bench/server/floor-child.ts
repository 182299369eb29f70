/** Decoding, resizing and inference, each alone in a process, over the pictures of a folder: processor milliseconds a picture. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIntegerWasmBackend, createSession, DEFAULT_LIMITS, loadPackage, preprocessToPixels, type RgbImage } from '@sld-edge/runtime';
import { createReusedMemory, decodeImage, openJpegDecoder, readFolder } from '@sld-edge/runtime/node';
import sharp from 'sharp';
import type { FloorParts } from './floor.ts';

const [folder, packageDir, seconds] = process.argv.slice(2);
const files = readdirSync(folder)
  .sort()
  .map((name) => readFileSync(join(folder, name)));

/** Over all pictures again and again, the first time not counted. */
async function timed(run: (index: number) => Promise<unknown> | void): Promise<number> {
  for (let i = 0; i < files.length; i++) await run(i);
  const started = process.cpuUsage();
  const startedAt = performance.now();
  let done = 0;
  while (performance.now() - startedAt < Number(seconds) * 1000) for (let i = 0; i < files.length; i++, done++) await run(i);
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000 / done;
}

sharp.cache(false);
sharp.concurrency(1);
const { decoder: jpeg, reason } = await openJpegDecoder();
if (reason !== undefined) process.stderr.write(`${reason}\n`);
const sizes = await Promise.all(files.map((file) => sharp(file).metadata()));
const memory = createReusedMemory();
const decodeMs = await timed(async (i) => {
  const { width, height } = sizes[i];
  if (!jpeg) await sharp(files[i]).raw().toBuffer();
  else if (!jpeg.decode(files[i], { width, height }, memory(3 * width * height)))
    throw new Error(`${jpeg.library} does not take picture ${i}`);
});
const images: RgbImage[] = [];
for (const file of files) images.push(await decodeImage(file, DEFAULT_LIMITS));
const pkg = await loadPackage(readFolder(packageDir, ''), { variant: 'integer' });
const { preprocessing } = pkg.manifest;
const resizeMs = await timed((i) => void preprocessToPixels(images[i], preprocessing));
let image = images[0];
const session = await createSession(pkg, [createIntegerWasmBackend('wasm')], { decode: async () => image, preprocess: preprocessToPixels });
const small = images.map((image) => preprocessToPixels(image, preprocessing));
const sized = small.map((pixels): RgbImage => {
  const data = preprocessing.channels === 3 ? pixels : Uint8Array.from({ length: 3 * pixels.length }, (_, i) => pixels[Math.floor(i / 3)]);
  return { width: preprocessing.width, height: preprocessing.height, data };
});
const inferenceMs = await timed((i) => {
  image = sized[i];
  return session.classify(undefined);
});
const parts: FloorParts = { decodeMs, decoder: jpeg?.library ?? 'sharp', resizeMs, inferenceMs, backend: session.backend };
process.stdout.write(JSON.stringify(parts));
