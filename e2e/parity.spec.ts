import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { APIRequestContext, Page } from 'playwright/test';
import { BACKEND_NAMES, calibrationOf, type VariantName } from '@sld-edge/runtime';
import { expect, settled, test } from './harness/test.ts';
import { compare, table, type Comparison } from './parity/compare.ts';
import { COUNT, parityImages, type ParityImages } from './parity/images.ts';

/** The same files through the pipeline, the server and the browser: the same answers. */

/** Graph models answer so many of the images; integers, whose every bit must be equal, answer all. */
const GRAPH_COUNT = 500;
const JPEG_COUNT = 100;
/** A software GPU takes half a second for an image. */
const GPU_COUNT = { png: 100, jpeg: 25 };
const BATCH = 25;
/** Requests under way at once: the server's queue takes them, and its connections stay open. */
const REQUESTS = 4;
/** All but those of graph models, which name the runtime that they are. */
const INTEGER_BACKENDS = BACKEND_NAMES.filter((name) => !/^(tfjs|onnx|tensorflow)/.test(name));

let images: ParityImages;
let every: Buffer[];
let png: Buffer[];
let jpeg: Buffer[];
const rows: Comparison[] = [];

test.describe.configure({ mode: 'serial', timeout: 900_000 });

test.beforeAll(({ packages, scratch }) => {
  test.setTimeout(300_000);
  const found = parityImages(packages, scratch);
  test.skip('missing' in found, 'missing' in found ? found.missing : '');
  images = found as ParityImages;
  const files = (names: string[]): Buffer[] => names.map((name) => readFileSync(path.join(images.dir, name)));
  every = files(images.images.map(({ file }) => file));
  png = every.slice(0, GRAPH_COUNT);
  jpeg = files(images.images.slice(0, JPEG_COUNT).map(({ jpeg }) => jpeg));
  expect(every.length).toBeGreaterThanOrEqual(COUNT);
  expect(jpeg.length).toBeGreaterThanOrEqual(JPEG_COUNT);
});

test.afterAll(async () => {
  if (rows.length === 0) return;
  const report = {
    source: images.source,
    model: `${images.pipeline.model}@${images.pipeline.version}`,
    variant: images.pipeline.variant,
    rows,
  };
  await test.info().attach('parity.json', { body: JSON.stringify(report, null, 2), contentType: 'application/json' });
  process.stdout.write(`\nparity with the pipeline, ${report.model} (${report.variant}), images: ${report.source}\n${table(rows)}\n\n`);
});

function record(where: string, format: 'png' | 'jpeg', answers: number[][]): Comparison {
  const expected = images.pipeline[format];
  const row = compare(
    where,
    format,
    answers,
    expected.slice(0, answers.length),
    images.images.slice(0, answers.length).map(({ label }) => label),
  );
  rows.push(row);
  return row;
}

async function inBrowser(page: Page, backend: string, files: Buffer[], variant = images.pipeline.variant): Promise<number[][]> {
  const answers: number[][] = [];
  for (let start = 0; start < files.length; start += BATCH) {
    const batch = files.slice(start, start + BATCH).map((file) => file.toString('base64'));
    const results = await page.evaluate(async (encoded) => {
      const all = encoded.map((text) => window.sldEdge.classify(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));
      return (await Promise.all(all)).map(({ backend, model, version, variant, predictions }) => ({
        backend,
        model,
        version,
        variant,
        predictions,
      }));
    }, batch);
    for (const { predictions, ...by } of results) {
      const { model, version } = images.pipeline;
      expect(by).toEqual({ backend, model, version, variant });
      answers.push(byIndex(predictions));
    }
  }
  return answers;
}

async function askServer(
  request: APIRequestContext,
  url: string,
  file: Buffer,
  type: string,
  classes: number,
  variant = images.pipeline.variant,
): Promise<number[]> {
  const response = await request.post(`${url}classify?topK=${classes}&variant=${variant}`, {
    headers: { 'content-type': type },
    data: file,
  });
  const answer = await response.json();
  const { model, version } = images.pipeline;
  expect(answer).toMatchObject({ model, version, variant });
  return byIndex(answer.predictions);
}

const hasAdapter = (page: Page): Promise<boolean> =>
  page.evaluate(async () => {
    const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<object | null> } };
    return Boolean(await gpu?.requestAdapter());
  });

function byIndex(predictions: { index: number; probability: number }[]): number[] {
  return predictions.toSorted((a, b) => a.index - b.index).map(({ probability }) => probability);
}

test('the pipeline answers each file with probabilities', () => {
  for (const row of [...images.pipeline.png, ...images.pipeline.jpeg]) {
    expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  }
  record('pipeline', 'png', images.pipeline.png.slice(0, GRAPH_COUNT));
  record('pipeline', 'jpeg', images.pipeline.jpeg.slice(0, JPEG_COUNT));
});

test('the server answers as the pipeline does', async ({ request, server, packages }) => {
  const classes = packages.manifest.labels.length;
  const ask = (file: Buffer, type: string): Promise<number[]> => askServer(request, server.url, file, type, classes);
  const answers: number[][] = [];
  for (const file of png) answers.push(await ask(file, 'image/png'));
  const { disagreements, worstDifference } = record('server', 'png', answers);
  const jpegAnswers: number[][] = [];
  for (const file of jpeg) jpegAnswers.push(await ask(file, 'image/jpeg'));
  const fromJpeg = record('server', 'jpeg', jpegAnswers);
  expect(disagreements).toBe(0);
  expect(worstDifference).toBeLessThanOrEqual(1e-3);
  // Server and pipeline share the decoder.
  expect(fromJpeg.disagreements).toBe(0);
});

test('the browser answers on TensorFlow.js’s WASM as the pipeline does', async ({ page, server }) => {
  await page.goto(`${server.url}?variant=${images.pipeline.variant}&backend=tfjs-wasm`);
  await settled(page);
  const { disagreements, worstDifference } = record('browser tfjs-wasm', 'png', await inBrowser(page, 'tfjs-wasm', png));
  record('browser tfjs-wasm', 'jpeg', await inBrowser(page, 'tfjs-wasm', jpeg));
  expect(disagreements).toBe(0);
  expect(worstDifference).toBeLessThanOrEqual(1e-3);
});

/** The same integers, the same scale, the same softmax: not one bit may differ. */
function expectTheSame(where: string, answers: number[][]): void {
  const expected = images.pipeline.integer!.png;
  const labels = images.images.map(({ label }) => label);
  rows.push(compare(where, 'png', answers, expected, labels));
  expect(answers).toEqual(expected);
}

test('the server gives the very same numbers as the pipeline for the integer variant', async ({ request, server, packages }) => {
  test.skip(!images.pipeline.integer, 'the package has no integer variant');
  const classes = packages.manifest.labels.length;
  const answers: number[][] = [];
  for (let start = 0; start < every.length; start += REQUESTS) {
    const some = every.slice(start, start + REQUESTS);
    answers.push(...(await Promise.all(some.map((file) => askServer(request, server.url, file, 'image/png', classes, 'integer')))));
  }
  expectTheSame('server integer', answers);
});

for (const backend of INTEGER_BACKENDS) {
  test(`the browser gives the very same numbers as the pipeline for the integer variant on ${backend}`, async ({ page, server }) => {
    test.skip(!images.pipeline.integer, 'the package has no integer variant');
    await page.goto(`${server.url}?variant=integer&backend=${backend}`);
    await settled(page);
    if (backend.includes('webgpu')) test.skip(!(await hasAdapter(page)), 'this browser offers no WebGPU adapter');
    expectTheSame(`browser integer ${backend}`, await inBrowser(page, backend, every, 'integer'));
  });
}

test('the browser answers on WebGPU as the pipeline does, within the golden tolerance', async ({ page, server, packages }) => {
  await page.goto(`${server.url}?variant=${images.pipeline.variant}&backend=tfjs-webgpu`);
  await settled(page);
  test.skip(!(await hasAdapter(page)), 'this browser offers no WebGPU adapter');
  const { name, version, goldens } = packages.manifest;
  const { temperature } = calibrationOf(packages.manifest, images.pipeline.variant as VariantName);
  const { tolerance } = JSON.parse(readFileSync(path.join(packages.dir, name, version, goldens.index.path), 'utf8')) as {
    tolerance: Record<string, number>;
  };
  const row = record('browser tfjs-webgpu', 'png', await inBrowser(page, 'tfjs-webgpu', png.slice(0, GPU_COUNT.png)));
  record('browser tfjs-webgpu', 'jpeg', await inBrowser(page, 'tfjs-webgpu', jpeg.slice(0, GPU_COUNT.jpeg)));
  // A softmax moves by no more than its logits do.
  expect(row.worstDifference).toBeLessThanOrEqual(tolerance.webgpu / temperature);
  expect(row.disagreements).toBe(0);
});
