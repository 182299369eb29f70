import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFAULT_LIMITS, sha256Hex } from '@sld-edge/runtime';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gradientImage } from '@sld-edge/runtime/testing';
import { writeModelsFolder, type ModelsFolder } from './testing/models-folder.ts';
import { startTestServer, type TestServer } from './testing/test-server.ts';

const OLD = 'aaaaaaaaaaaa';
const NEW = 'bbbbbbbbbbbb';
const LIMITS = { ...DEFAULT_LIMITS, maxBytes: 100_000, maxPixels: 1_000_000 };

let folder: ModelsFolder;
let clientDir: string;
let server: TestServer;
let jpeg: Buffer;

beforeAll(async () => {
  folder = await writeModelsFolder(
    { version: OLD },
    { version: NEW },
    { name: 'other', integer: true },
    { name: 'unsure', changeManifest: (manifest) => (manifest.calibration.abstainThreshold = 0.99) },
  );
  clientDir = mkdtempSync(path.join(tmpdir(), 'sld-edge-client-'));
  mkdirSync(path.join(clientDir, 'assets'));
  const files = {
    'index.html': '<!doctype html><title>client</title>',
    'sw.js': '',
    'manifest.webmanifest': '{}',
    'assets/index-B7x2k_9Q.js': 'export {};',
    'assets/tfjs-backend-wasm-simd-B7x2k-9Q.wasm': '',
    '.secret': '',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(clientDir, name), text);
  server = await startTestServer(folder.dir, { limits: LIMITS, clientDir });
  jpeg = await gradientImage().jpeg().toBuffer();
});

afterAll(async () => {
  await server.close();
  folder.remove();
  rmSync(clientDir, { recursive: true });
});

const post = (query: string, body: Buffer | FormData | string, headers: Record<string, string> = { 'content-type': 'image/jpeg' }) =>
  fetch(`${server.url}/classify${query}`, { method: 'POST', body: body as BodyInit, headers });

function form(field: string, bytes: Uint8Array, name = 'a.jpg'): FormData {
  const data = new FormData();
  data.append(field, new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/jpeg' }), name);
  return data;
}

interface Answer {
  model: string;
  version: string;
  variant: string;
  backend: string;
  predictions: { label: string; index: number; probability: number }[];
  abstained: boolean;
  timingMs: Record<string, number>;
}

async function expectProblem(response: Response, status: number, code: string, instance = '/classify') {
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem).toMatchObject({ status, code, instance });
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(problem.type).toBe(`/problems/${code.toLowerCase().replaceAll('_', '-')}`);
  return problem;
}

describe('POST /classify', () => {
  it('answers with the newest version of the default model, its default variant, and five or fewer predictions', async () => {
    const response = await post('', jpeg);
    expect(response.status).toBe(200);
    const answer = (await response.json()) as Answer;
    expect(answer).toMatchObject({ model: 'shapes', version: NEW, variant: 'uint8', backend: 'tfjs-wasm' });
    expect(answer.abstained).toBe(false);
    expect(answer.predictions).toHaveLength(4);
    expect(answer.predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
    const probabilities = answer.predictions.map(({ probability }) => probability);
    expect(probabilities).toEqual(probabilities.toSorted((a, b) => b - a));
    expect(Object.keys(answer.timingMs)).toEqual(['decode', 'preprocess', 'inference', 'total']);
    const { total, ...parts } = answer.timingMs;
    expect(total).toBeGreaterThanOrEqual(Object.values(parts).reduce((sum, ms) => sum + ms, 0));
  });

  it('says of an answer below the package’s threshold that it should be withheld', async () => {
    const [sure, unsure] = await Promise.all(
      ['', '?model=unsure'].map(async (query) => (await (await post(query, jpeg)).json()) as Answer),
    );
    expect(unsure.predictions).toEqual(sure.predictions);
    expect(unsure.predictions[0].probability).toBeLessThan(0.99);
    expect([sure.abstained, unsure.abstained]).toEqual([false, true]);
  });

  it('gives the same predictions for a form, a body of either content type, and a body in chunks', async () => {
    const chunks = new ReadableStream({
      start(controller) {
        for (let i = 0; i < jpeg.length; i += 500) controller.enqueue(new Uint8Array(jpeg.subarray(i, i + 500)));
        controller.close();
      },
    });
    const withFields = form('image', jpeg);
    withFields.append('note', 'a field that means nothing');
    const responses = await Promise.all([
      post('', jpeg),
      post('', jpeg, { 'content-type': 'application/octet-stream' }),
      post('', form('image', jpeg), {}),
      post('', withFields, {}),
      fetch(`${server.url}/classify`, {
        method: 'POST',
        body: chunks,
        duplex: 'half',
        headers: { 'content-type': 'image/jpeg' },
      } as RequestInit),
    ]);
    const [first, ...others] = await Promise.all(responses.map(async (response) => ((await response.json()) as Answer).predictions));
    expect(first).toHaveLength(4);
    for (const other of others) expect(other).toEqual(first);
  });

  it("gives a PNG and its pixels' WebP the same answer", async () => {
    const [png, webp] = await Promise.all([gradientImage().png().toBuffer(), gradientImage().webp({ lossless: true }).toBuffer()]);
    const [a, b] = await Promise.all([post('', png), post('', webp)].map(async (r) => ((await (await r).json()) as Answer).predictions));
    expect(a).toEqual(b);
  });

  it('takes model, version, variant and topK', async () => {
    const answer = (await (await post(`?model=shapes@${OLD}&variant=float32&topK=2`, jpeg)).json()) as Answer;
    expect(answer).toMatchObject({ version: OLD, variant: 'float32' });
    expect(answer.predictions).toHaveLength(2);
    expect(((await (await post('?model=other', jpeg)).json()) as Answer).model).toBe('other');
  });

  it.each([
    ['not an image', () => Buffer.from('hello, this is text'), 415, 'IMAGE_NOT_RECOGNISED'],
    ['an SVG', () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 415, 'IMAGE_NOT_RECOGNISED'],
    ['a cut JPEG', () => jpeg.subarray(0, jpeg.length >> 1), 422, 'IMAGE_TRUNCATED'],
    ['too many bytes', () => Buffer.concat([jpeg, Buffer.alloc(LIMITS.maxBytes)]), 413, 'IMAGE_TOO_LARGE'],
    ['no bytes', () => Buffer.alloc(0), 400, 'IMAGE_MISSING'],
    ['CMYK', () => gradientImage().toColourspace('cmyk').jpeg().toBuffer(), 415, 'IMAGE_CMYK'],
    [
      'too many pixels',
      () =>
        sharp({ create: { width: 1001, height: 1000, channels: 3, background: '#abc' } })
          .png()
          .toBuffer(),
      413,
      'IMAGE_TOO_MANY_PIXELS',
    ],
    ['HEIC called JPEG', () => Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\0', 'latin1'), 415, 'IMAGE_HEIC'],
  ] as [string, () => Buffer | Promise<Buffer>, number, string][])(
    'refuses %s, as a body and as a form',
    async (_name, make, status, code) => {
      const bytes = await make();
      await expectProblem(await post('', bytes), status, code);
      await expectProblem(await post('', form('image', bytes), {}), status, code);
    },
  );

  it('refuses a PNG with damaged pixels', async () => {
    const png = await gradientImage(64, 64).png().toBuffer();
    png.fill(0x55, png.length >> 1, (png.length >> 1) + 40);
    const problem = (await (await post('', png)).json()) as { code: string; status: number };
    expect(['IMAGE_UNDECODABLE', 'IMAGE_TRUNCATED']).toContain(problem.code);
    expect(problem.status).toBe(422);
  });

  it('stops at the limit when the size was not announced', async () => {
    let sent = 0;
    const endless = new ReadableStream({
      pull(controller) {
        sent += 10_000;
        if (sent > 3 * LIMITS.maxBytes) controller.close();
        else controller.enqueue(new Uint8Array(10_000));
      },
    });
    const response = await fetch(`${server.url}/classify`, {
      method: 'POST',
      body: endless,
      duplex: 'half',
      headers: { 'content-type': 'image/jpeg' },
    } as RequestInit);
    await expectProblem(response, 413, 'IMAGE_TOO_LARGE');
  });

  it('accepts exactly the limit', async () => {
    const padded = Buffer.concat([jpeg, Buffer.alloc(LIMITS.maxBytes - jpeg.length)]);
    expect((await post('', padded)).status).toBe(200);
    expect((await post('', form('image', padded), {})).status).toBe(200);
  });

  it('refuses a form without the field', async () => {
    await expectProblem(await post('', form('picture', jpeg), {}), 400, 'IMAGE_MISSING');
  });

  it('sees the part of that name without a filename', async () => {
    const part = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="image"\r\n\r\n'),
      jpeg,
      Buffer.from('\r\n--b--\r\n'),
    ]);
    expect((await post('', part, { 'content-type': 'multipart/form-data; boundary=b' })).status).toBe(200);
    const text = new FormData();
    text.append('image', 'no picture');
    await expectProblem(await post('', text, {}), 415, 'IMAGE_NOT_RECOGNISED');
  });

  it.each([[65], [1_000]])('refuses a form of %d parts, whatever comes after', async (count) => {
    const parts = new FormData();
    for (let i = 0; i < count; i++) parts.append(`field${i}`, 'x');
    parts.append('image', new Blob([new Uint8Array(jpeg)]), 'a.jpg');
    await expectProblem(await post('', parts, {}), 413, 'FORM_TOO_LARGE');
  });

  it('takes 63 parts before the image', async () => {
    const parts = new FormData();
    for (let i = 0; i < 63; i++) parts.append(`field${i}`, 'x'.repeat(500));
    parts.append('image', new Blob([new Uint8Array(jpeg)]), 'a.jpg');
    expect((await post('', parts, {})).status).toBe(200);
  });

  it('refuses forms that cannot be read', async () => {
    const withoutBoundary = await post('', jpeg, { 'content-type': 'multipart/form-data' });
    expect((await expectProblem(withoutBoundary, 400, 'REQUEST_MALFORMED')).detail).toContain('Boundary not found');
    const cutOff = '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc';
    const unended = await post('', cutOff, { 'content-type': 'multipart/form-data; boundary=b' });
    expect((await expectProblem(unended, 400, 'REQUEST_MALFORMED')).detail).toContain('Unexpected end of multipart data');
  });

  it('refuses other content types, naming what came', async () => {
    expect((await expectProblem(await post('', '{}', { 'content-type': 'text/json' }), 415, 'CONTENT_TYPE_UNSUPPORTED')).detail).toContain(
      '"text/json"',
    );
    const none = await fetch(`${server.url}/classify`, { method: 'POST', body: new Uint8Array(3) });
    expect((await expectProblem(none, 415, 'CONTENT_TYPE_UNSUPPORTED')).detail).toContain('"none"');
  });

  it('refuses unknown models and variants, naming those there are', async () => {
    const unknown = await expectProblem(await post('?model=resnet', jpeg), 404, 'MODEL_UNKNOWN');
    expect(unknown.detail).toBe(
      `There is no model "resnet"; there are: shapes@${OLD}, shapes@${NEW}, other@0123456789ab, unsure@0123456789ab.`,
    );
    await expectProblem(await post('?model=shapes@cccccccccccc', jpeg), 404, 'MODEL_UNKNOWN');
    await expectProblem(await post('?variant=int4', jpeg), 404, 'VARIANT_UNKNOWN');
    await expectProblem(await post('?variant=constructor', jpeg), 404, 'VARIANT_UNKNOWN');
    const integer = await expectProblem(await post('?variant=integer', jpeg), 404, 'VARIANT_UNKNOWN');
    expect(integer.detail).toBe('The model "shapes" has no variant "integer"; there are: float32, uint8.');
  });

  it('computes the integer variant of a package that has it, by the integer kernels, and says so', async () => {
    const [integer, again, uint8] = (await Promise.all(
      ['integer', 'integer', 'uint8'].map(async (variant) => (await post(`?model=other&variant=${variant}&topK=4`, jpeg)).json()),
    )) as Answer[];
    expect(integer).toMatchObject({ model: 'other', variant: 'integer', backend: 'wasm' });
    expect(uint8).toMatchObject({ variant: 'uint8', backend: 'tfjs-wasm' });
    expect(again.predictions).toEqual(integer.predictions);
    expect(integer.predictions.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
  });

  it.each([
    ['?topK=0', 'topK: expected an integer in [1, 1000], got "0"'],
    ['?topK=1.5', 'topK: expected an integer in [1, 1000], got "1.5"'],
    ['?topK=0x10', 'topK: expected an integer in [1, 1000], got "0x10"'],
    ['?topK=1e2', 'topK: expected an integer in [1, 1000], got "1e2"'],
    ['?topK=%205%20', 'topK: expected an integer in [1, 1000], got " 5 "'],
    ['?topK=3.0', 'topK: expected an integer in [1, 1000], got "3.0"'],
    ['?topK=+3', 'topK: expected an integer in [1, 1000], got " 3"'],
    ['?topk=3', 'unknown query parameter "topk"; allowed: model, version, variant, topK, abstain'],
    ['?model=a&model=b', 'model: expected one value, got ["a","b"]'],
    ['?model=', 'model: expected one value, got ""'],
  ])('refuses the query %s', async (query, reason) => {
    const problem = await expectProblem(await post(query, jpeg), 400, 'REQUEST_MALFORMED');
    expect(problem.detail).toBe(`The request cannot be understood: ${reason}.`);
  });

  it('answers other methods with 405 and Allow', async () => {
    const response = await fetch(`${server.url}/classify`);
    expect(response.headers.get('allow')).toBe('POST');
    await expectProblem(response, 405, 'METHOD_NOT_ALLOWED');
  });

  it('logs one record a request, with the code and without the query', async () => {
    server.records.length = 0;
    await (await post('?model=resnet', jpeg)).text();
    expect(server.records).toEqual([
      {
        event: 'request',
        method: 'POST',
        path: '/classify',
        status: 404,
        ms: expect.any(Number) as number,
        requestId: expect.any(String) as string,
        code: 'MODEL_UNKNOWN',
      },
    ]);
  });

  it('keeps the tensor count flat over 1,000 requests', async () => {
    for (const search of ['', '?variant=float32']) await (await post(search, jpeg)).text();
    const tensors = tf.memory().numTensors;
    for (let i = 0; i < 1000; i++) await (await post(i % 2 ? '?variant=float32' : '', jpeg)).text();
    expect(tf.memory().numTensors).toBe(tensors);
  });
});

describe('GET /models', () => {
  const get = (pathname: string, headers: Record<string, string> = {}) => fetch(server.url + pathname, { headers });
  /** Header without which `fetch` adds `no-cache` to a conditional request, which asks for the whole file again. */
  const REVALIDATE = { 'cache-control': 'max-age=0' };

  it('lists models with labels, variants and accuracies', async () => {
    const body = (await (await get('/models')).json()) as { default: string; models: Record<string, unknown>[] };
    expect(body.default).toBe('shapes');
    expect(body.models.map(({ name, version }) => `${name as string}@${version as string}`)).toEqual([
      `shapes@${OLD}`,
      `shapes@${NEW}`,
      'other@0123456789ab',
      'unsure@0123456789ab',
    ]);
    expect(body.models[0]).toMatchObject({
      labels: ['circle', 'square', 'triangle', 'star'],
      defaultVariant: 'uint8',
      variants: [
        { name: 'float32', weightBytes: 192, accuracy: { top1: 0.75, top5: 1, count: 4 } },
        { name: 'uint8', weightBytes: 54, abstainThreshold: null },
      ],
    });
    expect(body.models[2]).toMatchObject({
      variants: [
        { name: 'float32' },
        { name: 'uint8', format: 'tfjs-graph-model' },
        { name: 'integer', format: 'sld-edge-integer', abstainThreshold: null },
      ],
    });
    expect(body.models[3]).toMatchObject({ variants: [{ abstainThreshold: 0.99 }, { abstainThreshold: 0.99 }] });
  });

  it('serves the index, to be asked for again each time', async () => {
    const response = await get('/models/index.json');
    expect(response.headers.get('cache-control')).toBe('no-cache');
    expect(await response.json()).toEqual(JSON.parse(readFileSync(path.join(folder.dir, 'index.json'), 'utf8')));
  });

  it.each(['/models', '/models/index.json'])('answers 304 for %s where it is what the client has', async (pathname) => {
    const etag = (await get(pathname)).headers.get('etag')!;
    expect(etag).toMatch(/^"[\da-f]{64}"$/);
    expect((await get(pathname, { ...REVALIDATE, 'if-none-match': etag })).status).toBe(304);
    expect((await get(pathname, { ...REVALIDATE, 'if-none-match': `"${'0'.repeat(64)}"` })).status).toBe(200);
  });

  it('serves each file of a manifest for ever, with its SHA-256 as the ETag', async () => {
    const manifest = (await (await get(`/models/shapes/${NEW}/manifest.json`)).json()) as {
      variants: { uint8: { model: { path: string; sha256: string }; shards: { path: string; sha256: string }[] } };
    };
    const types = { json: 'application/json; charset=utf-8', bin: 'application/octet-stream' };
    for (const file of [manifest.variants.uint8!.model, ...manifest.variants.uint8!.shards]) {
      const response = await get(`/models/shapes/${NEW}/${file.path}`, { 'accept-encoding': 'identity' });
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('etag')).toBe(`"${file.sha256}"`);
      expect(response.headers.get('content-type')).toBe(types[file.path.split('.').at(-1) as 'json' | 'bin']);
      expect(await sha256Hex(new Uint8Array(await response.arrayBuffer()))).toBe(file.sha256);
      expect(
        (
          await get(`/models/shapes/${NEW}/${file.path}`, {
            ...REVALIDATE,
            'accept-encoding': 'identity',
            'if-none-match': `"${file.sha256}"`,
          })
        ).status,
      ).toBe(304);
    }
  });

  it('lets a report use its own styles and no script', async () => {
    const response = await get(`/models/shapes/${NEW}/report.html`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; style-src 'unsafe-inline'");
  });

  it.each([
    `/models/shapes/${NEW}/unlisted.txt`,
    `/models/shapes/${NEW}/../${OLD}/../../index.json`,
    `/models/shapes/${NEW}/%2e%2e/%2e%2e/index.json`,
    `/models/shapes/${NEW}/..%2f..%2findex.json`,
    `/models/shapes/cccccccccccc/manifest.json`,
    '/models/shapes',
  ])('answers 404 for %s', async (pathname) => {
    writeFileSync(path.join(folder.dir, 'shapes', NEW, 'unlisted.txt'), 'not in the manifest');
    const response = await get(pathname);
    // `fetch` itself resolves dots: what then names a file is that file.
    if (new URL(response.url).pathname === '/models/index.json') return expect(response.status).toBe(200);
    expect((await response.json()) as object).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });
});

describe('the web client', () => {
  const get = (pathname: string) => fetch(server.url + pathname);

  it('is served with caching for what has a hash in its name only', async () => {
    const immutable = 'public, max-age=31536000, immutable';
    const expected: [path: string, cache: string, type: RegExp][] = [
      ['/', 'no-cache', /^text\/html/],
      ['/index.html', 'no-cache', /^text\/html/],
      ['/sw.js', 'no-cache', /javascript/],
      ['/manifest.webmanifest', 'no-cache', /^application\/manifest\+json/],
      ['/assets/index-B7x2k_9Q.js', immutable, /javascript/],
      ['/assets/tfjs-backend-wasm-simd-B7x2k-9Q.wasm', immutable, /^application\/wasm/],
    ];
    for (const [pathname, cache, type] of expected) {
      const response = await get(pathname);
      expect(response.status, pathname).toBe(200);
      expect(response.headers.get('cache-control'), pathname).toBe(cache);
      expect(response.headers.get('content-type'), pathname).toMatch(type);
    }
  });

  it.each(['/assets/gone-12345678.js', '/assets/gone.wasm', '/some/page', '/.secret', '/assets'])(
    'answers %s with a problem, never with a page',
    async (pathname) => {
      await expectProblem(await get(pathname), 404, 'NOT_FOUND', pathname);
    },
  );

  it('answers a path that is not decodable with 400', async () => {
    await expectProblem(await get('/models/%E0%A4%A/b/c'), 400, 'REQUEST_MALFORMED', '/models/%E0%A4%A/b/c');
  });

  it.each(['/', '/healthz', '/nothing', '/models'])('sends the security headers with %s', async (pathname) => {
    const { headers } = await get(pathname);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src 'self' blob: data:; style-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'",
    );
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-powered-by')).toBeNull();
  });
});

describe('faults', () => {
  it.each<[thrown: unknown, logged: string]>([
    [new TypeError('a secret of the implementation'), 'TypeError: a secret'],
    [new RangeError('Array buffer allocation failed, secret'), 'RangeError: Array buffer'],
    [Object.assign(new Error("ENOENT: open '/secret'"), { code: 'ENOENT', path: '/secret' }), "Error: ENOENT: open '/secret'"],
    [new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED secret') }), 'TypeError: fetch failed'],
    ['a secret text', 'a secret text'],
    [undefined, 'Error: Rejected promise'],
  ])('are logged with their stack and answered without: %s', async (thrown, logged) => {
    const { pool } = server.models;
    server.models.pool = { ...pool!, classify: async () => Promise.reject(thrown as Error) };
    server.records.length = 0;
    const response = await post('', jpeg);
    const text = await response.clone().text();
    await expectProblem(response, 500, 'INTERNAL');
    server.models.pool = pool;
    expect(text).not.toContain('secret');
    expect(server.records[0]).toMatchObject({
      event: 'error',
      code: 'INTERNAL',
      stack: expect.stringContaining(logged) as unknown as string,
    });
  });

  it('answers OVERLOADED with Retry-After before the body is read', async () => {
    const { pool } = server.models;
    const { AppError } = await import('@sld-edge/runtime');
    server.models.pool = {
      ...pool!,
      requireCapacity: () => {
        throw new AppError('OVERLOADED', { queued: 64, retryAfterSeconds: 1 });
      },
    };
    const response = await post('', jpeg);
    server.models.pool = pool;
    expect(response.headers.get('retry-after')).toBe('1');
    await expectProblem(response, 503, 'OVERLOADED');
  });
});

describe('readiness', () => {
  it('answers 503 until ready and again when draining, while /healthz answers', async () => {
    const { createReadiness } = await import('./readiness.ts');
    const readiness = createReadiness();
    expect(readiness.state).toBe('starting');
    expect(() => readiness.require()).toThrow('The server does not answer yet, or no more: the models are loading.');
    readiness.set('ready', 'matched');
    readiness.require();
    readiness.set('draining', 'the server is shutting down');
    readiness.set('ready', 'too late');
    expect(readiness.state).toBe('draining');

    server.readiness.set('failed', 'for this test');
    await expectProblem(await fetch(`${server.url}/readyz`), 503, 'NOT_READY', '/readyz');
    await expectProblem(await post('', jpeg), 503, 'NOT_READY');
    expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'ok', inferenceThreads: 1 });
    server.readiness.set('ready', 'again');
    const ready = (await (await fetch(`${server.url}/readyz`)).json()) as { models: object[] };
    // The default variant of each package.
    expect(ready.models[0]).toMatchObject({ model: 'shapes', version: OLD, variant: 'uint8', backend: 'tfjs-wasm' });
    expect(ready.models).toHaveLength(4);
  });
});
