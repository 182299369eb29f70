/** The package as it is published: packed, installed into an empty folder, and used there. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installPacked, packCopy } from '../../e2e/harness/pack-library.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const PACKAGE = path.join(root, 'models/fashion-mnist/46b45e4aa5f1');
const run = promisify(execFile);

/** Largest packed size in bytes: 243,410 were measured. What page and worker share is in it twice, for the sake of fewer requests. */
const MOST_PACKED_BYTES = 260_000;

let folder: string;
let app: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sld-edge-pack-'));
  const packed = await packCopy(folder);
  // Not below the copy, whose packages it would find.
  app = await mkdtemp(path.join(tmpdir(), 'sld-edge-pack-app-'));
  await installPacked(packed, app);
  const { size } = await stat(packed);
  expect(size).toBeLessThan(MOST_PACKED_BYTES);
}, 300_000);
afterAll(() => Promise.all([folder, app].map((made) => rm(made, { recursive: true, force: true }))));

const installed = () => path.join(app, 'node_modules/@sld-edge/runtime');

it('is compiled modules, their types and the workers, without tests and fixtures, and needs no other package', async () => {
  const files = (await readdir(installed(), { recursive: true })).map((file) => file.split(path.sep).join('/'));
  expect(files).toEqual(
    expect.arrayContaining(['README.md', 'LICENSE', 'dist/index.js', 'dist/node.js', 'dist/element.js', 'dist/worker.js']),
  );
  expect(files.filter((file) => /\.test\.|corpus|fixture|testing/.test(file))).toEqual([]);
  expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
  expect(await readdir(path.join(app, 'node_modules/@sld-edge'))).toEqual(['runtime']);
  expect((await readdir(path.join(app, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual(['@sld-edge']);
  const manifest = JSON.parse(await readFile(path.join(installed(), 'package.json'), 'utf8')) as Record<string, unknown>;
  expect(manifest).toMatchObject({ private: false, publishConfig: { access: 'public', provenance: true } });
  expect(JSON.stringify(manifest.exports)).not.toMatch(/[^d]\.ts"/);
});

it('has no address of its own but those of workers, no blob: and no eval', async () => {
  const dist = path.join(installed(), 'dist');
  const scripts = (await readdir(dist)).filter((file) => file.endsWith('.js'));
  const texts = await Promise.all(scripts.map((file) => readFile(path.join(dist, file), 'utf8')));
  const named = texts.flatMap((text) =>
    [...text.matchAll(/new URL\(["'`]\.\/([^"'`]+)["'`],import\.meta\.url\)/g)].map(([, file]) => file),
  );
  expect(new Set(named)).toEqual(new Set(['worker.js', 'kernel-worker.js', 'node-kernel-worker.js']));
  for (const text of texts) expect(text).not.toMatch(/\beval\(|new Function|createObjectURL|blob:/);
});

async function script(text: string): Promise<string> {
  await writeFile(path.join(app, 'script.js'), text);
  return (await run(process.execPath, ['script.js'], { cwd: app })).stdout;
}

it('answers in Node, in Node by the plain name, and says what it lacks for files and for graph models', async () => {
  const { data, info } = await sharp(path.join(PACKAGE, 'samples/09-ankle-boot.png'))
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  await writeFile(path.join(app, 'boot.rgb'), data);
  const printed = await script(`
    import { readFile } from 'node:fs/promises';
    import { Classifier } from '@sld-edge/runtime/node';
    import { Classifier as Same, AppError } from '@sld-edge/runtime';
    import { parseManifest } from '@sld-edge/runtime/format';
    const classifier = await Classifier.load(${JSON.stringify(PACKAGE)}, { threads: 2 });
    const pixels = { width: ${info.width}, height: ${info.height}, data: await readFile('boot.rgb') };
    const { predictions: [best], backend } = await classifier.classify(pixels);
    console.log(best.label, backend.startsWith('wasm'), Same === Classifier, classifier.report().threads);
    const messageOf = (promise) => promise.catch((error) => (error instanceof AppError ? error.message : error.stack));
    console.log(await messageOf(classifier.classify(await readFile(${JSON.stringify(path.join(PACKAGE, 'samples/09-ankle-boot.png'))}))));
    console.log(await messageOf(Classifier.load(${JSON.stringify(PACKAGE)}, { variant: 'uint8' })));
    try { parseManifest(new Uint8Array()) } catch (error) { console.log(error instanceof AppError) }
    classifier.dispose();
  `);
  const [answer, withoutSharp, withoutTfjs, sameClass] = printed.trim().split('\n');
  expect(answer).toBe('Ankle boot true true 2');
  expect(withoutSharp).toContain('"sharp" cannot be loaded: images are decoded by it: type "npm install sharp", or give decoded pixels');
  expect(withoutTfjs).toMatch(/"TensorFlow\.js" cannot be loaded: .*type "npm install @tensorflow\/tfjs-core /);
  expect(sameClass).toBe('true');
});

it('has types that a strict program compiles against, in Node and in a bundler', async () => {
  await writeFile(
    path.join(app, 'typed.ts'),
    `import { Classifier, type ClassifyResult } from '@sld-edge/runtime';
     import { Classifier as InNode } from '@sld-edge/runtime/node';
     export async function inPage(file: Blob, video: HTMLVideoElement): Promise<ClassifyResult[]> {
       const classifier = await Classifier.load('models/', { backend: ['wasm'], onProgress: ({ doneBytes }) => void doneBytes });
       for await (const { predictions } of classifier.watch(video)) console.log(predictions[0].label);
       return classifier.classify([file, video], { topK: 2 });
     }
     export const inNode = async (): Promise<number> => (await (await InNode.load('models')).classify(new Uint8Array(3))).predictions[0].probability;
     // @ts-expect-error no such backend
     void Classifier.load('models/', { backend: 'cuda' });
     void import('@sld-edge/runtime/element').then(({ ImageClassifierElement }) => new ImageClassifierElement().answers);`,
  );
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--lib',
    'es2024,dom,dom.iterable,dom.asynciterable',
    '--module',
    'preserve',
    '--moduleResolution',
    'bundler',
    '--skipLibCheck',
  ];
  await run(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), ...options, 'typed.ts'], { cwd: app }).catch(
    ({ stdout }: { stdout: string }) => expect(stdout).toBe(''),
  );
}, 240_000);
