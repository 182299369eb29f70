import { appendFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { type FixtureOptions, gradientImage } from '@sld-edge/runtime/testing';
import { afterEach, expect, it } from 'vitest';
import { startServer, type RunningServer } from './start.ts';
import { writeModelsFolder, type ModelsFolder } from './testing/models-folder.ts';
import { testConfig } from './testing/test-config.ts';

let folder: ModelsFolder;
let server: RunningServer | undefined;
let records: Record<string, unknown>[];

afterEach(async () => {
  await server?.drain();
  server = undefined;
  folder.remove();
});

async function start(options: FixtureOptions = {}, damage: (dir: string) => void = () => undefined, inferenceThreads = 1) {
  folder = await writeModelsFolder(options);
  damage(folder.dir);
  records = [];
  server = await startServer(testConfig(folder.dir, { inferenceThreads }), (record) => records.push(record));
  const get = async (pathname: string) => {
    const response = await fetch(`http://127.0.0.1:${server!.port}${pathname}`);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  return { server, get };
}

it('listens before the models are loaded and is ready after the goldens matched', async () => {
  const { server, get } = await start();
  expect(await get('/healthz')).toEqual({ status: 200, body: { status: 'ok', inferenceThreads: 1 } });
  expect(await get('/readyz')).toMatchObject({ status: 503, body: { code: 'NOT_READY' } });
  await server.loaded;
  expect(await get('/readyz')).toMatchObject({
    status: 200,
    body: { status: 'ready', models: [{ variant: 'uint8', backend: 'tfjs-wasm' }] },
  });
  const image = await gradientImage().jpeg().toBuffer();
  const response = await fetch(`http://127.0.0.1:${server.port}/classify`, {
    method: 'POST',
    body: new Uint8Array(image),
    headers: { 'content-type': 'image/jpeg' },
  });
  expect(response.status).toBe(200);
  expect(records.map(({ event }) => event).filter((event) => event !== 'request')).toEqual(['listening', 'ready']);
});

it('never becomes ready with a golden that does not match', async () => {
  const { server, get } = await start({ changeGoldens: (goldens) => (goldens.outputs.uint8![1][2] -= 0.25) });
  await server.loaded;
  const { status, body } = await get('/readyz');
  expect(status).toBe(503);
  expect(body.detail).toContain(
    'BACKEND_GOLDEN_MISMATCH: The backend "tfjs-wasm" does not reproduce the golden logits of shapes@0123456789ab (uint8): largest error 0.250, allowed 0.00001',
  );
  expect((await get('/healthz')).status).toBe(200);
  expect(records).toContainEqual(expect.objectContaining({ event: 'failed', code: 'BACKEND_GOLDEN_MISMATCH' }));
});

it('never becomes ready with a corrupt file, even one that it does not compute with', async () => {
  const { server, get } = await start({}, (dir) => appendFileSync(path.join(dir, 'shapes/0123456789ab/report.html'), ' '));
  await server.loaded;
  expect((await get('/readyz')).body.detail).toContain('PACKAGE_FILE_CORRUPT: The package\'s file "report.html"');
  expect((await get('/models')).status).toBe(503);
});

it('says that the index is missing, and loads it when it is there', async () => {
  const { server, get } = await start({}, (dir) => renameSync(path.join(dir, 'index.json'), path.join(dir, 'index.json.away')));
  await server.loaded;
  expect((await get('/readyz')).body.detail).toContain('PACKAGE_FILE_MISSING: The package\'s file "index.json" cannot be read: ENOENT');
  renameSync(path.join(folder.dir, 'index.json.away'), path.join(folder.dir, 'index.json'));
  await server.reloadAll();
  expect((await get('/readyz')).status).toBe(200);
});

it('never becomes ready where threads are to share what is no integer variant, and says so', async () => {
  const { server, get } = await start({}, () => undefined, 2);
  expect(records).toContainEqual(expect.objectContaining({ event: 'listening', inferenceThreads: 2 }));
  await server.loaded;
  expect((await get('/readyz')).body.detail).toContain(
    'INFERENCE_THREADS is 2, and only integer variants are shared among threads; shapes@0123456789ab (uint8) is none: leave INFERENCE_THREADS out',
  );
});
