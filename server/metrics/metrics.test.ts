import { gradientImage } from '@sld-edge/runtime/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let folder: ModelsFolder;
let server: TestServer;
beforeAll(async () => {
  folder = await writeModelsFolder();
  server = await startTestServer(folder.dir);
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

/** Value of a sample line, by its name and labels as they are printed. */
async function sample(line: string): Promise<number | undefined> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const found = text.split('\n').find((candidate) => candidate.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length));
}

it('counts requests by route, images by model, and the time of each stage', async () => {
  const body = new Uint8Array(await gradientImage().png().toBuffer());
  const classify = (query: string) =>
    fetch(`${server.url}/classify${query}`, { method: 'POST', body, headers: { 'content-type': 'image/png' } });
  await (await classify('')).json();
  await (await classify('')).json();
  await (await classify('?model=none')).json();
  await (await fetch(`${server.url}/models/shapes/0123456789ab/report.html`)).text();
  await (await fetch(`${server.url}/nothing/here`)).text();

  expect(await sample('sld_edge_requests_total{route="/classify",method="POST",status="200",code=""}')).toBe(2);
  expect(await sample('sld_edge_requests_total{route="/classify",method="POST",status="404",code="MODEL_UNKNOWN"}')).toBe(1);
  expect(await sample('sld_edge_requests_total{route="/models/:name/:version/*file",method="GET",status="200",code=""}')).toBe(1);
  expect(await sample('sld_edge_requests_total{route="other",method="GET",status="404",code="NOT_FOUND"}')).toBe(1);
  expect(await sample('sld_edge_request_duration_seconds_count{route="/classify"}')).toBe(3);
  const form = new FormData();
  for (let i = 0; i < 3; i++) form.append('image', new Blob([body]));
  await (await fetch(`${server.url}/classify`, { method: 'POST', body: form })).json();
  expect(await sample('sld_edge_request_images_sum{route="/classify"}')).toBe(5);
  expect(await sample('sld_edge_request_images_count{route="/classify"}')).toBe(3);
  expect(await sample('sld_edge_images_total{model="shapes",version="0123456789ab",variant="uint8",backend="tfjs-wasm"}')).toBe(5);
  for (const stage of ['queue', 'decode', 'preprocess', 'inference'])
    expect(await sample(`sld_edge_stage_duration_seconds_count{stage="${stage}"}`)).toBe(5);
  expect(await sample('sld_edge_stage_duration_seconds_sum{stage="decode"}')).toBeGreaterThan(0);
});

it('tells the state: readiness, workers, queue, models, what the process holds', async () => {
  expect(await sample('sld_edge_ready')).toBe(1);
  expect(await sample('sld_edge_workers')).toBe(1);
  expect(await sample('sld_edge_queue_length')).toBe(0);
  expect(await sample('sld_edge_model_info{model="shapes",version="0123456789ab",variant="uint8",backend="tfjs-wasm"}')).toBe(1);
  expect(await sample('process_resident_memory_bytes')).toBeGreaterThan(1e6);
  expect(await sample('sld_edge_decode_kills_total{reason="IMAGE_TOO_SLOW"}')).toBe(0);
  server.readiness.set('failed', 'in the test');
  expect(await sample('sld_edge_ready')).toBe(0);
  server.readiness.set('ready', 'in the test');
});

it('counts what was turned away, by reason', async () => {
  server.readiness.set('failed', 'in the test');
  await fetch(`${server.url}/classify`, { method: 'POST', body: 'x', headers: { 'content-type': 'image/png' } });
  server.readiness.set('ready', 'in the test');
  expect(await sample('sld_edge_rejections_total{reason="NOT_READY"}')).toBe(1);
});

it('is not written to', async () => {
  const response = await fetch(`${server.url}/metrics`, { method: 'POST' });
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
});
