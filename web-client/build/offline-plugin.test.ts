import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { APP_PARTS } from '../offline/app-parts.ts';
import { listApp, writePreloads, writeVersion } from './offline-plugin.ts';

const PAGE = '<meta name="build" content="development" />';
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'sld-edge-list-'));
  await mkdir(path.join(dir, 'assets'));
  await writeFile(path.join(dir, 'index.html'), PAGE);
  await writeFile(path.join(dir, 'assets', 'a.js'), 'abc');
  await mkdir(path.join(dir, APP_PARTS.graphs));
  await writeFile(path.join(dir, APP_PARTS.graphs, 'b.wasm'), 'abc');
  await mkdir(path.join(dir, APP_PARTS.graphsOnGpu));
  await writeFile(path.join(dir, APP_PARTS.graphsOnGpu, 'd.js'), 'abc');
  await mkdir(path.join(dir, APP_PARTS.webgpu));
  await writeFile(path.join(dir, APP_PARTS.webgpu, 'c.js'), 'abc');
  await writeFile(path.join(dir, 'assets', 'a.js.map'), '{}');
  await writeFile(path.join(dir, 'sw.js'), 'the last build');
});
afterEach(() => rm(dir, { recursive: true }));

it('lists every file with its digest, what only some need apart, the page as the folder itself, without the service worker and source maps', async () => {
  await writeVersion(dir);
  const { files, parts } = await listApp(dir);
  expect(Object.values(parts).map((members) => members.map(({ path: name }) => name))).toEqual([
    ['assets/tfjs/b.wasm'],
    ['assets/tfjs-webgpu/d.js'],
    [],
    ['assets/webgpu/c.js'],
  ]);
  expect(files).toEqual([
    // SHA-256 of "abc": FIPS 180-4, appendix B.1.
    { path: 'assets/a.js', bytes: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
    { path: './', bytes: PAGE.length + 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);
});

async function versionAfter(change: () => Promise<void>): Promise<string> {
  await change();
  await writeFile(path.join(dir, 'index.html'), PAGE);
  await writeVersion(dir);
  return (await listApp(dir)).version;
}

it('has another version when a file is another, and the same when none is', async () => {
  const before = await versionAfter(async () => undefined);
  expect(await versionAfter(() => writeFile(path.join(dir, 'sw.js'), 'another build'))).toBe(before);
  expect(await versionAfter(() => writeFile(path.join(dir, 'assets', 'a.js'), 'abd'))).not.toBe(before);
});

it('refuses a page that names no build', async () => {
  await expect(listApp(dir)).rejects.toThrow('names no build');
  await writeFile(path.join(dir, 'index.html'), 'page');
  await expect(writeVersion(dir)).rejects.toThrow('lacks');
});

it('has the worker’s scripts and the index fetched with the page', async () => {
  await expect(writePreloads(dir)).rejects.toThrow('expected one script of the inference worker, got 0');
  await writeFile(path.join(dir, 'assets', 'worker-a_b-1.js'), 'import{a}from"./plan-2.js";import("./later-3.js")');
  await writeFile(path.join(dir, 'index.html'), `<head>\n  </head>`);
  await writePreloads(dir);
  expect(await readFile(path.join(dir, 'index.html'), 'utf8')).toBe(
    '<head>\n    <link rel="modulepreload" href="./assets/worker-a_b-1.js" />\n    <link rel="modulepreload" href="./assets/plan-2.js" />\n    <link rel="preload" as="fetch" crossorigin href="./models/index.json" />\n  </head>',
  );
});
