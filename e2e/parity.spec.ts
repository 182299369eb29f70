import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { APIRequestContext, Page } from 'playwright/test';
import { calibrationOf, type VariantName } from '@sld-edge/runtime';
import { expect, settled, test } from './harness/test.ts';
import { compare, table, type Comparison } from './parity/compare.ts';
import { COUNT, parityImages, type ParityImages } from './parity/images.ts';

/** The same files through the pipeline, the server and the browser: the same answers. */

const JPEG_COUNT = 100;
const BATCH = 25;

let images: ParityImages;
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
  png = files(images.images.map(({ file }) => file));
  jpeg = files(images.images.slice(0, JPEG_COUNT).map(({ jpeg }) => jpeg));
  expect(png.length).toBeGreaterThanOrEqual(COUNT);
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
      const all = [];
      for (const text of encoded) all.push(await window.sldEdge.classify(Uint8Array.from(atob(text), (c) => c.charCodeAt(0))));
      return all.map(({ backend, model, version, variant, predictions }) => ({ backend, model, version, variant, predictions }));
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

function byIndex(predictions: { index: number; probability: number }[]): number[] {
  return predictions.toSorted((a, b) => a.index - b.index).map(({ probability }) => probability);
}

test('the pipeline answers each file with probabilities', () => {
  for (const row of [...images.pipeline.png, ...images.pipeline.jpeg]) {
    expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  }
  record('pipeline', 'png', images.pipeline.png);
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

test('pipeline, server and browser give the very same numbers for the integer variant', async ({ page, request, server, packages }) => {
  const { integer } = images.pipeline;
  test.skip(!integer, 'the package has no integer variant');
  await page.goto(`${server.url}?variant=integer`);
  await settled(page);
  const answers: number[][] = [];
  for (const file of png) answers.push(await askServer(request, server.url, file, 'image/png', packages.manifest.labels.length, 'integer'));
  const browser = await inBrowser(page, 'wasm', png, 'integer');
  for (const [where, found] of [
    ['server integer', answers],
    ['browser integer', browser],
  ] as const)
    rows.push(
      compare(
        where,
        'png',
        found,
        integer!.png,
        images.images.map(({ label }) => label),
      ),
    );
  // The same integers, the same scale, the same softmax: not one bit may differ.
  expect(answers).toEqual(integer!.png);
  expect(browser).toEqual(integer!.png);
});

test('the browser answers on WebGPU as the pipeline does, within the golden tolerance', async ({ page, server, packages }) => {
  await page.goto(`${server.url}?variant=${images.pipeline.variant}&backend=tfjs-webgpu`);
  await settled(page);
  const adapter = await page.evaluate(async () => {
    const { gpu } = navigator as unknown as { gpu?: { requestAdapter(): Promise<object | null> } };
    return Boolean(await gpu?.requestAdapter());
  });
  test.skip(!adapter, 'this browser offers no WebGPU adapter');
  const { name, version, goldens } = packages.manifest;
  const { temperature } = calibrationOf(packages.manifest, images.pipeline.variant as VariantName);
  const { tolerance } = JSON.parse(readFileSync(path.join(packages.dir, name, version, goldens.index.path), 'utf8')) as {
    tolerance: Record<string, number>;
  };
  const row = record('browser tfjs-webgpu', 'png', await inBrowser(page, 'tfjs-webgpu', png));
  record('browser tfjs-webgpu', 'jpeg', await inBrowser(page, 'tfjs-webgpu', jpeg));
  // A softmax moves by no more than its logits do.
  expect(row.worstDifference).toBeLessThanOrEqual(tolerance.webgpu / temperature);
  expect(row.disagreements).toBe(0);
});
