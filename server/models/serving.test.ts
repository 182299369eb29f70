import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:http';
import path from 'node:path';
import { appErrorFromParts, type ModelIndex } from '@sld-edge/runtime';
import { createFixturePackage, encodeJson, fixtureIndex, gradientImage, type FixtureOptions, type FixturePackage } from '@sld-edge/runtime/testing';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createApp } from '../app.ts';
import { createHttpServer } from '../http/http-server.ts';
import { createUploadGate } from '../http/upload-gate.ts';
import { createImageClassifiers } from '../inference/image-classifiers.ts';
import type { InferencePool } from '../inference/pool.ts';
import type { InferenceSetup } from '../inference/protocol.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { createReadiness, isReady } from '../readiness.ts';
import { writeFixtures, type ModelsFolder } from '../testing/models-folder.ts';
import { testConfig } from '../testing/test-config.ts';
import { createServing, type ReloadResult, type Serving } from './serving.ts';

const [V1, V2, V3] = ['111111111111', '222222222222', '333333333333'];
const shapes = (version: string, options: FixtureOptions = {}): Promise<FixturePackage> =>
  createFixturePackage({ version, weightsPhase: Number(version[0]), ...options });
const missed: FixtureOptions = { changeGoldens: (goldens) => (goldens.outputs.uint8![1][2] -= 0.25) };

let body: Uint8Array<ArrayBuffer>;
let folder: ModelsFolder;
let serving: Serving;
let server: Server | undefined;
let url: string;
let records: Record<string, unknown>[];
let results: ReloadResult[];
let open: Set<InferencePool>;

beforeAll(async () => {
  body = new Uint8Array(await gradientImage().png().toBuffer());
});
beforeEach(() => {
  [records, results, open] = [[], [], new Set()];
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  serving.close();
  folder.remove();
});

/** Workers of this process: packages are loaded and their goldens computed as in others, and nothing answers once it is closed. */
async function poolHere(setup: InferenceSetup): Promise<InferencePool> {
  const classifiers = await createImageClassifiers(setup, {
    onOpened: () => undefined,
    onClosed: () => undefined,
    onDemotion: () => undefined,
    onThreadLost: () => undefined,
  });
  const pool: InferencePool = {
    refused: classifiers.refused.map(({ error, ...named }) => ({ ...named, error: appErrorFromParts(error) })),
    warmed: classifiers.warmed,
    jpeg: [classifiers.jpeg],
    async classify(job) {
      if (!open.has(pool)) throw new Error('the pool is closed');
      return classifiers.classify(job);
    },
    requireCapacity: () => undefined,
    alive: () => 1,
    busy: () => 0,
    queued: () => 0,
    residentBytes: () => 0,
    async close() {
      if (open.delete(pool)) classifiers.dispose();
    },
  };
  open.add(pool);
  return pool;
}

async function start(...packages: FixturePackage[]): Promise<void> {
  folder = writeFixtures(packages);
  const config = testConfig(folder.dir);
  const readiness = createReadiness();
  const log = (record: Record<string, unknown>) => void records.push(record);
  serving = createServing({
    setup: { modelsDir: folder.dir, limits: config.limits, threads: 1, float32Backend: 'tfjs-wasm', memoryBytes: null },
    log,
    createPool: poolHere,
    onVerified: () => undefined,
    onReload: (result) => void results.push(result),
  });
  const { models } = serving;
  const metrics = createMetrics({ pool: () => models.pool, isReady: () => isReady(readiness, models), refused: () => models.catalogue!.refused });
  const uploads = createUploadGate(config.uploadBudgetBytes);
  const app = createApp({ ...config, uploads, apiKeys: null, readiness, models, holdModels: serving.hold, log, metrics });
  server = createHttpServer(app, config, log);
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await serving.load();
  readiness.set('ready', 'in the test');
}

/** Writes packages and an index of exactly these. */
function list(packages: FixturePackage[], changes: Partial<ModelIndex> = {}): void {
  for (const fixture of packages) {
    for (const [file, bytes] of fixture.files) {
      const target = path.join(folder.dir, fixture.name, fixture.version, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, bytes);
    }
  }
  writeFileSync(path.join(folder.dir, 'index.json'), encodeJson({ ...fixtureIndex(packages), ...changes }));
}

interface Answer {
  status: number;
  version?: string;
  code?: string;
  detail?: string;
  predictions?: { index: number; probability: number }[];
}
async function classify(query = ''): Promise<Answer> {
  const response = await fetch(`${url}/classify${query}`, { method: 'POST', body, headers: { 'content-type': 'image/png' } });
  return { ...((await response.json()) as Answer), status: response.status };
}
const readyz = async () => {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

it('exchanges models under load twenty times: every answer comes, and is of one version alone', async () => {
  const [first, second] = [await shapes(V1), await shapes(V2)];
  await start(first);
  const expected = new Map([[V1, (await classify()).predictions]]);
  list([second]);
  await serving.reload('test');
  expected.set(V2, (await classify()).predictions);
  expect(expected.get(V1)).not.toEqual(expected.get(V2));

  let isOver = false;
  const seen: Answer[] = [];
  const clients = Array.from({ length: 2 }, async () => {
    while (!isOver) {
      seen.push(await classify());
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });
  for (let i = 0; i < 20; i++) {
    list(i % 2 === 0 ? [first] : [second]);
    await serving.reload('test');
  }
  isOver = true;
  await Promise.all(clients);
  expect(seen.length).toBeGreaterThan(20);
  for (const { status, version, predictions } of seen) {
    expect(status).toBe(200);
    expect(predictions).toEqual(expected.get(version!));
  }
  expect(new Set(seen.map(({ version }) => version))).toEqual(new Set([V1, V2]));
  expect(results).toEqual(Array.from({ length: 21 }, () => 'loaded'));
  expect(open.size).toBe(1);
});

it('refuses a version that misses its goldens, and goes on with the one before it, also where the index lists it no more', async () => {
  const first = await shapes(V1);
  await start(first);
  const bad = await shapes(V2, missed);
  list([bad]);
  await serving.reload('test');
  expect(await classify()).toMatchObject({ status: 200, version: V1 });
  expect(await classify(`?model=shapes@${V2}`)).toMatchObject({ status: 503, code: 'MODEL_REFUSED' });
  expect(records).toContainEqual(expect.objectContaining({ event: 'package-refused', model: 'shapes', version: V2, code: 'BACKEND_GOLDEN_MISMATCH' }));
  expect(await readyz()).toMatchObject({ status: 200, body: { refused: [{ model: 'shapes', version: V2 }] } });
  expect(results).toEqual(['unchanged']);
  list([bad, await shapes(V3)]);
  await serving.reload('test');
  expect(await classify()).toMatchObject({ version: V3 });
  expect(await classify(`?model=shapes@${V1}`)).toMatchObject({ status: 404, code: 'MODEL_UNKNOWN' });
});

it('refuses a package whose file was changed, and adds and removes others', async () => {
  const [first, other, third] = [await shapes(V1), await shapes(V2, { name: 'other' }), await shapes(V3, { name: 'third' })];
  await start(first);
  list([first, other, third]);
  appendFileSync(path.join(folder.dir, 'other', V2, 'report.html'), ' ');
  await serving.reload('test');
  expect(await classify('?model=third')).toMatchObject({ status: 200, version: V3 });
  expect(await classify('?model=other')).toMatchObject({ status: 503, code: 'MODEL_REFUSED', detail: expect.stringContaining('PACKAGE_FILE_CORRUPT') as unknown });
  expect((await fetch(`${url}/models/other/${V2}/report.html`)).status).toBe(404);
  const index = (await (await fetch(`${url}/models/index.json`)).json()) as ModelIndex;
  expect(index.packages.map(({ name }) => name)).toEqual(['shapes', 'third']);
  list([first]);
  await serving.reload('test');
  expect(await classify('?model=third')).toMatchObject({ status: 404, code: 'MODEL_UNKNOWN' });
  expect(await classify()).toMatchObject({ status: 200, version: V1 });
});

it('changes nothing where the index is broken, or a package that is served is whole no more', async () => {
  const first = await shapes(V1);
  await start(first);
  writeFileSync(path.join(folder.dir, 'index.json'), '{');
  await serving.reload('test');
  list([first, await shapes(V2, { name: 'other' })]);
  appendFileSync(path.join(folder.dir, 'shapes', V1, 'tfjs/uint8/model.json'), ' ');
  await serving.reload('test');
  expect(results).toEqual(['refused', 'refused']);
  expect(await classify()).toMatchObject({ status: 200, version: V1 });
  expect(await classify('?model=other')).toMatchObject({ status: 404 });
});

it('answers for good packages where the default is bad from the start, and is not ready', async () => {
  await start(await shapes(V1, missed), await shapes(V2, { name: 'other' }));
  expect(await classify('?model=other')).toMatchObject({ status: 200 });
  expect(await classify()).toMatchObject({ status: 503, code: 'MODEL_REFUSED' });
  expect(await readyz()).toMatchObject({ status: 503, body: { code: 'MODEL_REFUSED' } });
});

it('keeps what a request began with until it has its answer', async () => {
  const [first, second] = [await shapes(V1), await shapes(V2)];
  await start(first);
  const end = serving.hold();
  const { manifest } = serving.models.catalogue!.resolve(undefined, undefined);
  list([second]);
  const reloaded = serving.reload('test');
  await expect.poll(() => serving.models.catalogue!.packages[0].manifest.version).toBe(V2);
  const job = { bytes: body, model: manifest.name, version: manifest.version, variant: manifest.defaultVariant, topK: 1 };
  expect(await serving.models.pool!.classify(job)).toMatchObject({ version: V1 });
  expect(open.size).toBe(2);
  end();
  await reloaded;
  expect(open.size).toBe(1);
});

it('follows aliases, which change with the index', async () => {
  const [first, second] = [await shapes(V1), await shapes(V2)];
  await start(first);
  list([first, second], { aliases: { live: `shapes@${V1}`, next: 'shapes' } });
  await serving.reload('test');
  expect((await Promise.all(['?model=live', '?model=next', ''].map(classify))).map(({ version }) => version)).toEqual([V1, V2, V2]);
  list([first, second], { aliases: { live: `shapes@${V2}` } });
  await serving.reload('test');
  expect(results.at(-1)).toBe('unchanged');
  expect(await classify('?model=live')).toMatchObject({ version: V2 });
  expect(await classify('?model=next')).toMatchObject({ status: 404, code: 'MODEL_UNKNOWN', detail: expect.stringContaining('live') as unknown });
  list([first], { aliases: { live: 'nothing' } });
  await serving.reload('test');
  expect(results.at(-1)).toBe('refused');
});
