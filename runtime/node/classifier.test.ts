import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFixturePackage, encodeJson, fixtureIndex, type FixturePackage } from '../testing/index.ts';
import { Classifier } from './classifier.ts';

let pkg: FixturePackage;
let root: string;
let inside: string;
let picture: Buffer;
const pixels = { width: 4, height: 2, data: Uint8Array.from({ length: 24 }, (_, i) => (i * 53) % 256) };

beforeAll(async () => {
  pkg = await createFixturePackage({ integer: true });
  root = await mkdtemp(path.join(tmpdir(), 'sld-edge-library-'));
  inside = path.join(root, pkg.name, pkg.version);
  for (const [name, bytes] of pkg.files) {
    await mkdir(path.dirname(path.join(inside, name)), { recursive: true });
    await writeFile(path.join(inside, name), bytes);
  }
  await writeFile(path.join(root, 'index.json'), encodeJson(fixtureIndex([pkg])));
  picture = await sharp(pixels.data, { raw: { width: 4, height: 2, channels: 3 } })
    .png()
    .toBuffer();
});
afterAll(() => rm(root, { recursive: true }));

const load = (options = {}) => Classifier.load(inside, { variant: 'integer', ...options });

it('answers for a file, its bytes, its path and its pixels alike', async () => {
  const classifier = await load();
  const file = path.join(root, 'picture.png');
  await writeFile(file, picture);
  const [ofBytes, ofPath, ofBlob, ofPixels] = await classifier.classify([picture, file, new Blob([new Uint8Array(picture)]), pixels]);
  expect(ofBytes).toMatchObject({ model: 'shapes', variant: 'integer', image: { format: 'png', width: 4, height: 2 } });
  expect(ofBytes.predictions).toHaveLength(classifier.labels.length);
  for (const answer of [ofPath, ofBlob, ofPixels]) expect(answer.predictions).toEqual(ofBytes.predictions);
  expect(ofPixels.image.format).toBe('pixels');
  expect(classifier.report()).toMatchObject({ backend: ofBytes.backend, goldenError: 0, labels: [...classifier.labels], threads: 1 });
  classifier.dispose();
  await expect(classifier.classify(pixels)).rejects.toMatchObject({ name: 'AppError', code: 'DISPOSED' });
});

it('heeds topK and threshold, and refuses what it would not heed', async () => {
  const classifier = await load({ backend: 'interpreter' });
  const one = await classifier.classify(pixels, { topK: 1, threshold: 1 });
  expect(one).toMatchObject({ backend: 'interpreter', abstained: true });
  expect(one.predictions).toHaveLength(1);
  expect(await classifier.classify(pixels, { threshold: 0 })).toMatchObject({ abstained: false });
  await expect(classifier.classify(pixels, { topK: 0 })).rejects.toMatchObject({ code: 'OPTION_INVALID', details: { option: 'topK' } });
  await expect(classifier.classify(pixels, { top: 1 } as object)).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    details: { option: 'top' },
  });
  await expect(load({ threads: 0 })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  await expect(load({ backend: 'webgpu' })).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' });
  await expect(load({ cache: '/tmp' })).rejects.toMatchObject({ code: 'OPTION_INVALID', details: { option: 'cache' } });
});

it('throws nothing but errors of the catalogue', async () => {
  const classifier = await load();
  const code = (input: unknown) =>
    classifier.classify(input as string).then(
      () => 'answered',
      (error: { name: string; code: string }) => `${error.name} ${error.code}`,
    );
  expect(await code(undefined)).toBe('AppError INPUT_UNSUPPORTED');
  expect(await code({ width: 1, height: 1, data: new Uint8Array(5) })).toBe('AppError INPUT_UNSUPPORTED');
  expect(await code(path.join(root, 'nothing.png'))).toBe('AppError FILE_UNUSABLE');
  expect(await code('http://127.0.0.1:1/a.png')).toBe('AppError NETWORK_FAILED');
  expect(await code(new Uint8Array(3))).toBe('AppError IMAGE_NOT_RECOGNISED');
  await expect(Classifier.load(path.join(root, 'nothing'))).rejects.toMatchObject({ name: 'AppError', code: 'PACKAGE_FILE_MISSING' });
});

it('stops waiting when the signal says so, of a list with the first error', async () => {
  const classifier = await load();
  const controller = new AbortController();
  const waiting = classifier.classify([pixels, pixels], { signal: controller.signal });
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'STOPPED' });
  await expect(classifier.classify(pixels, { signal: controller.signal })).rejects.toMatchObject({ code: 'STOPPED' });
  await expect(load({ signal: controller.signal })).rejects.toMatchObject({ code: 'STOPPED' });
  await expect(classifier.classify([pixels, new Uint8Array(3), pixels])).rejects.toMatchObject({ code: 'IMAGE_NOT_RECOGNISED' });
});

it('loads a package by its manifest, by the folder of packages and by a name in it', async () => {
  for (const source of [path.join(inside, 'manifest.json'), root, path.join(root, 'index.json')])
    expect((await Classifier.load(source, { variant: 'integer' })).report().version).toBe(pkg.version);
  expect((await Classifier.load(root, { model: 'shapes', variant: 'integer' })).report().model).toBe('shapes');
  await expect(Classifier.load(root, { model: 'cats' })).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' });
  await expect(load({ manifestSha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'PACKAGE_FILE_CORRUPT' });
});

/** A host of the package; what it does with a request may be changed. */
async function host(): Promise<{ url: string; asked: string[]; damaged: Set<string>; server: Server }> {
  const asked: string[] = [];
  const damaged = new Set<string>();
  const server = createServer((request, response) => {
    const name = request.url!.slice(`/${pkg.name}/${pkg.version}/`.length);
    const bytes = pkg.files.get(name);
    asked.push(name);
    if (!bytes) return response.writeHead(404).end();
    response.end(damaged.has(name) ? bytes.toReversed() : bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/${pkg.name}/${pkg.version}/`, asked, damaged, server };
}

it('loads over HTTP, keeps what came, and answers from it without the host; a wrong byte in what is kept is fetched anew', async () => {
  const { url, asked, server } = await host();
  const cache = path.join(root, 'kept');
  const told: number[] = [];
  const first = await Classifier.load(url, { variant: 'integer', cache, onProgress: ({ doneBytes }) => void told.push(doneBytes) });
  const { predictions } = await first.classify(pixels);
  expect(first.report().notKept).toBeNull();
  expect(told.length).toBeGreaterThan(2);
  const [model] = await readdir(cache);
  const names = await readdir(path.join(cache, model));
  expect(names).toHaveLength(new Set(asked).size);

  for (const name of names) await writeFile(path.join(cache, model, name), 'x');
  asked.length = 0;
  expect((await Classifier.load(url, { variant: 'integer', cache })).report().notKept).toBeNull();
  expect(asked.length).toBeGreaterThanOrEqual(names.length);

  asked.length = 0;
  await Classifier.load(url, { variant: 'integer', cache });
  expect(asked).toEqual(['manifest.json']);
  await new Promise((resolve) => server.close(resolve));
  const offline = await Classifier.load(url, { variant: 'integer', cache });
  expect((await offline.classify(pixels)).predictions).toEqual(predictions);
});

it('says why nothing was kept, and answers', async () => {
  const { url, server } = await host();
  const file = path.join(root, 'no-folder');
  await writeFile(file, '');
  const classifier = await Classifier.load(url, { variant: 'integer', cache: file });
  expect(classifier.report().notKept).toMatch(/ENOTDIR|EEXIST/);
  expect((await classifier.classify(pixels)).variant).toBe('integer');
  await new Promise((resolve) => server.close(resolve));
});

it('refuses a file that is not the original', async () => {
  const { url, damaged, server } = await host();
  damaged.add('integer/weights-1of2.bin');
  await expect(Classifier.load(url, { variant: 'integer' })).rejects.toMatchObject({ code: 'PACKAGE_FILE_CORRUPT' });
  await new Promise((resolve) => server.close(resolve));
});

it('computes graph variants by TensorFlow.js', async () => {
  const classifier = await Classifier.load(inside, { variant: 'uint8' });
  expect(await classifier.classify(pixels)).toMatchObject({ backend: 'tfjs-wasm', variant: 'uint8' });
});
