/** Holds what a header promises (`decodingBytesOf`) against what decoding takes: the largest resident size of a process that decodes one picture. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import sharp, { type Sharp } from 'sharp';
import { afterAll, expect, it } from 'vitest';
import { inspectImage } from '../image/inspect.ts';

const WIDTH = 2600;
const HEIGHT = 2000;
const flat = (alpha = false): Sharp =>
  sharp({ create: { width: WIDTH, height: HEIGHT, channels: alpha ? 4 : 3, background: { r: 250, g: 160, b: 50, alpha: 0.5 } } });
const deep = (image: Sharp): Sharp => image.toColourspace('rgb16');

const kinds: Record<string, () => Sharp> = {
  'JPEG, baseline': () => flat().jpeg(),
  'JPEG, progressive, 4:4:4, turned': () => flat().withMetadata({ orientation: 6 }).jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
  'PNG with alpha, turned': () => flat(true).withMetadata({ orientation: 6 }).png({ compressionLevel: 1 }),
  'PNG of 16 bits with alpha and a profile': () => deep(flat(true)).withIccProfile('p3').png({ compressionLevel: 1 }),
  'PNG of 16 bits with alpha, interlaced': () => deep(flat(true)).png({ compressionLevel: 1, progressive: true }),
  'WebP with alpha': () => flat(true).webp({ lossless: true, effort: 0 }),
  GIF: () => flat(true).gif({ effort: 1 }),
  'AVIF of 8 bits': () => flat().avif({ effort: 0 }),
  'AVIF of 10 bits with alpha': () => flat(true).avif({ effort: 0, bitdepth: 10 }),
  'TIFF in one piece': () => flat(true).tiff({ compression: 'deflate', tile: true, tileWidth: 2608, tileHeight: 2000 }),
};

const folder = mkdtempSync(path.join(tmpdir(), 'sld-edge-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));

const DECODER = `
import { readFileSync, writeFileSync } from 'node:fs';
import { decodeImage } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
const limits = { maxBytes: 1e9, maxPixels: 1e9, maxSide: 1e6, maxDecodingBytes: 1e12 };
const kilobytes = (name) => Number(new RegExp(name + ':\\\\s+(\\\\d+)').exec(readFileSync('/proc/self/status', 'utf8'))[1]);
const bytes = readFileSync(process.argv[1]);
await decodeImage(readFileSync(process.argv[2]), limits);
const before = kilobytes('VmRSS');
// The largest size is counted anew.
writeFileSync('/proc/self/clear_refs', '5');
await decodeImage(bytes, limits);
console.log((kilobytes('VmHWM') - before) * 1024);
`;

// Only Linux tells the largest size since a moment.
it.skipIf(process.platform !== 'linux').each(Object.keys(kinds))('is enough, and not far too much: %s', async (kind) => {
  const bytes = await kinds[kind]().toBuffer();
  const [file, first] = [path.join(folder, 'picture'), path.join(folder, 'first')];
  writeFileSync(file, bytes);
  writeFileSync(
    first,
    await sharp({ create: { width: 16, height: 16, channels: 3, background: '#fff' } })
      .png()
      .toBuffer(),
  );
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--import', tsx, '--input-type=module', '--eval', DECODER, '--', file, first],
    {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
      env: { ...process.env, MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: String(1024 * 1024) },
    },
  );
  const taken = Number(stdout);
  const { decodingBytes } = inspectImage(bytes, { maxBytes: 1e9, maxPixels: 1e9, maxSide: 1e6, maxDecodingBytes: 1e12 });
  expect(taken).toBeLessThan(decodingBytes);
  expect(taken).toBeGreaterThan(decodingBytes / 3);
});
