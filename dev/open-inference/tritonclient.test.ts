/** NVIDIA's client of the Open Inference Protocol, from the Python registry, gets from a server what others get. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gradientImage } from '@sld-edge/runtime/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeEnvironment, pythonIn } from '../../bench/python-environment.ts';
import { defaultCacheDir } from '../../pipeline/support/cache-dir.ts';
import { testConfig } from '../../server/testing/test-config.ts';
import { writeModelsFolder, type ModelsFolder } from '../../server/testing/models-folder.ts';
import { startGrpcServer, type GrpcServer } from '../../server/grpc/grpc-server.ts';
import { createUploadGate } from '../../server/http/upload-gate.ts';
import { startTestServer, type TestServer } from '../../server/testing/test-server.ts';

const PACKAGES = ['tritonclient[http,grpc]==2.73.0', 'numpy==2.4.6'];
const OLD = 'aaaaaaaaaaaa';
const VERSION = 'bbbbbbbbbbbb';

const folder = join(defaultCacheDir(), 'bench', 'tritonclient-2.73.0-grpc');
const missing = await makeEnvironment({ name: 'tritonclient', folder, say: () => undefined }, async ({ pip }) => {
  await pip(...PACKAGES);
  return { packages: PACKAGES };
}).then(
  () => undefined,
  (error: Error) => error.message,
);

let models: ModelsFolder;
let server: TestServer;
let grpc: GrpcServer;
let keyed: GrpcServer;
let work: string;
let jpeg: Buffer;
const calls: object[] = [];
beforeAll(async () => {
  models = await writeModelsFolder({ version: OLD }, { version: VERSION });
  server = await startTestServer(models.dir);
  const deps = {
    ...testConfig(models.dir),
    ...{ readiness: server.readiness, models: server.models, hold: () => () => undefined },
    ...{ uploads: createUploadGate(40_000_000), log: (record: object) => void calls.push(record) },
  };
  grpc = await startGrpcServer(0, { ...deps, apiKeys: null });
  keyed = await startGrpcServer(0, { ...deps, apiKeys: { nameOf: (key) => (key === 'right' ? 'a name' : undefined) } });
  work = mkdtempSync(join(tmpdir(), 'sld-edge-triton-'));
  jpeg = await gradientImage().jpeg().toBuffer();
  writeFileSync(join(work, 'image.jpg'), jpeg);
});
afterAll(async () => {
  await Promise.all([grpc.close(1000), keyed.close(1000)]);
  await server.close();
  models.remove();
  rmSync(work, { recursive: true });
});

interface Values {
  type: string;
  shape: number[];
  values: number[];
}

/** Logits as another client gets them: in JSON. */
async function logits(input: object, path = 'shapes', parameters: object = {}): Promise<Values> {
  const response = await fetch(`${server.url}/v2/models/${path}/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs: [input], outputs: [{ name: 'logits' }], parameters }),
  });
  const { outputs } = (await response.json()) as { outputs: { shape: number[]; data: number[] }[] };
  return { type: 'float32', shape: outputs[0].shape, values: outputs[0].data };
}

const client = async (kind: 'http' | 'grpc', address: string): Promise<Record<string, unknown>> => {
  const script = join(import.meta.dirname, 'client.py');
  const { stdout } = await promisify(execFile)(pythonIn(folder), [script, kind, address, join(work, 'image.jpg')]);
  return JSON.parse(stdout) as Record<string, unknown>;
};

const skipped = missing ? ` [skipped: ${missing}]` : '';

/** Answers that the client must get, whatever carries them. */
async function expected(): Promise<Record<string, unknown>> {
  const file = { name: 'image', datatype: 'BYTES', shape: [1], data: [jpeg.toString('base64')] };
  return {
    live: true,
    ready: true,
    modelReady: true,
    server: { name: 'sld-edge', extensions: ['binary_tensor_data', 'classification'] },
    model: { name: 'shapes', versions: [OLD, VERSION], platform: 'sld-edge_package' },
    id: 'seven',
    version: await logits(file, `shapes/versions/${OLD}`),
    variant: await logits(file, 'shapes', { variant: 'float32' }),
    pixels: await logits(grey()),
  };
}

const grey = () => ({
  ...{ name: 'pixels', datatype: 'UINT8', shape: [1, 24, 32, 3] },
  data: Array.from({ length: 24 * 32 * 3 }, (_, i) => (Math.floor(i / 3) % 32) * 8),
});

async function expectOutputs({ all, classes }: Record<string, unknown>): Promise<void> {
  const one = await logits({ name: 'image', datatype: 'BYTES', shape: [1], data: [jpeg.toString('base64')] });
  const outputs = all as Record<string, Values>;
  expect(outputs.logits).toEqual({ type: 'float32', shape: [2, 4], values: [...one.values, ...one.values] });
  const { shape, values } = outputs.probabilities;
  expect(shape).toEqual([2, 4]);
  expect(values.slice(0, 4).reduce((sum, value) => sum + value)).toBeCloseTo(1, 6);
  const best = values.indexOf(Math.max(...values));
  expect(classes).toHaveLength(2);
  expect((classes as string[])[0]).toBe(`${values[best].toFixed(6)}:${best}:${['circle', 'square', 'triangle', 'star'][best]}`);
}

it.skipIf(missing)(`tritonclient over HTTP${skipped}`, async () => {
  const one = await logits({ name: 'image', datatype: 'BYTES', shape: [1], data: [jpeg.toString('base64')] });
  const found = await client('http', new URL(server.url).host);
  await expectOutputs(found);
  expect(found).toMatchObject({
    ...(await expected()),
    unknownReady: false,
    json: one,
    jsonPixels: await logits(grey()),
    gzip: one,
    unknown: { status: '404', message: expect.stringMatching(/^MODEL_UNKNOWN: /) as string },
    broken: { status: '415', message: expect.stringMatching(/^IMAGE_NOT_RECOGNISED: image\[1\]: /) as string },
  });
});

it.skipIf(missing)(`tritonclient over gRPC${skipped}`, async () => {
  const found = await client('grpc', `127.0.0.1:${grpc.port}`);
  await expectOutputs(found);
  expect(found).toMatchObject({
    ...(await expected()),
    unknown: { status: 'StatusCode.NOT_FOUND', message: expect.stringMatching(/^MODEL_UNKNOWN: /) as string },
    broken: { status: 'StatusCode.INVALID_ARGUMENT', message: expect.stringMatching(/^IMAGE_NOT_RECOGNISED: image\[1\]: /) as string },
  });
  expect(calls).toContainEqual({ event: 'call', method: 'ModelInfer', status: 0, ms: expect.any(Number) as number });
  await expect(client('grpc', `127.0.0.1:${keyed.port}`)).rejects.toThrow('API_KEY_REQUIRED: This needs an API key, and none came');
});
