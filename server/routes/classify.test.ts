/** `POST /classify` in all its forms: the same image has the same answer in each, several have an array of answers. */
import http from 'node:http';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { DEFAULT_LIMITS } from '@sld-edge/runtime';
import { gradientImage } from '@sld-edge/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const LIMITS = { ...DEFAULT_LIMITS, maxBytes: 100_000 };
const VERSION = '0123456789ab';

let folder: ModelsFolder;
let server: TestServer;
let jpeg: Buffer;
let png: Buffer;
beforeAll(async () => {
  folder = await writeModelsFolder(
    { version: 'aaaaaaaaaaaa' },
    { version: VERSION },
    { name: 'unsure', changeManifest: (manifest) => (manifest.calibration.abstainThreshold = 0.99) },
  );
  server = await startTestServer(folder.dir, { limits: LIMITS });
  jpeg = await gradientImage().jpeg().toBuffer();
  png = await gradientImage(40, 30).negate().png().toBuffer();
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

interface Answer {
  predictions: { label: string; probability: number }[];
  abstained: boolean;
  abstainThreshold?: number;
  version: string;
  code?: string;
}

const post = (body: Uint8Array | string | FormData, headers: Record<string, string>, query = '') =>
  fetch(`${server.url}/classify${query}`, { method: 'POST', body: body as BodyInit, headers });
const postImage = (query: string) => post(jpeg, { 'content-type': 'image/jpeg' }, query);
const postJson = (body: object | string) =>
  post(typeof body === 'string' ? body : JSON.stringify(body), { 'content-type': 'application/json' });
const base64 = (...files: Buffer[]) => files.map((file) => file.toString('base64'));

/** A form as its bytes, with its content type. */
async function formOf(...files: [field: string, bytes: Buffer, name?: string][]): Promise<[Buffer, Record<string, string>]> {
  const form = new FormData();
  for (const [field, bytes, name = 'a.jpg'] of files) form.append(field, new Blob([new Uint8Array(bytes)]), name);
  const encoded = new Response(form);
  return [Buffer.from(await encoded.arrayBuffer()), { 'content-type': encoded.headers.get('content-type')! }];
}

async function expectProblem(response: Response, status: number, code: string): Promise<string> {
  const problem = (await response.json()) as { code: string; detail: string };
  expect([response.status, problem.code]).toEqual([status, code]);
  return problem.detail;
}

describe('one image', () => {
  it('has the same answer in every form', async () => {
    const [form, formHeaders] = await formOf(['note', Buffer.from('no picture')], ['image', jpeg]);
    const json = JSON.stringify({ image: base64(jpeg)[0] });
    const raw = { 'content-type': 'image/jpeg' };
    const inJson = { 'content-type': 'application/json; charset=utf-8' };
    const forms: Record<string, [Uint8Array | string, Record<string, string>]> = {
      raw: [jpeg, raw],
      'octet-stream': [jpeg, { 'content-type': 'application/octet-stream' }],
      identity: [jpeg, { ...raw, 'content-encoding': 'identity' }],
      gzip: [gzipSync(jpeg), { ...raw, 'content-encoding': 'gzip' }],
      'x-gzip': [gzipSync(jpeg), { ...raw, 'content-encoding': 'X-GZIP' }],
      brotli: [brotliCompressSync(jpeg), { ...raw, 'content-encoding': 'br' }],
      form: [form, formHeaders],
      'form, gzip': [gzipSync(form), { ...formHeaders, 'content-encoding': 'gzip' }],
      JSON: [json, inJson],
      'JSON, brotli': [brotliCompressSync(json), { ...inJson, 'content-encoding': 'br' }],
      base64url: [JSON.stringify({ image: jpeg.toString('base64url') }), inJson],
    };
    const answers: Record<string, object> = {};
    for (const [name, [body, headers]] of Object.entries(forms)) {
      const response = await post(body, headers);
      const { timingMs, ...answer } = (await response.json()) as { timingMs: object };
      expect(Object.keys(timingMs)).toEqual(['decode', 'preprocess', 'inference', 'total']);
      answers[name] = answer;
    }
    const { raw: first } = answers;
    expect((first as Answer).predictions).toHaveLength(4);
    expect(answers).toEqual(Object.fromEntries(Object.keys(forms).map((name) => [name, first])));
  });

  it('says in headers what answered, and what would have', async () => {
    const answered = await postImage('?variant=float32');
    const headersOf = ({ headers }: Response) => ['name', 'version', 'variant', 'backend'].map((what) => headers.get(`model-${what}`));
    expect(headersOf(answered)).toEqual(['shapes', VERSION, 'float32', 'tfjs-wasm']);
    expect(answered.headers.get('etag')).toBeNull();
    expect(headersOf(await post('no picture', { 'content-type': 'image/jpeg' }))).toEqual(['shapes', VERSION, 'uint8', null]);
  });
});

describe('several images', () => {
  const names = (answers: Answer[]) => answers.map(({ predictions, code }) => code ?? predictions[0].label + predictions[0].probability);

  it('are answered in their order, each by its own answer or problem, in a form and in JSON alike', async () => {
    const text = Buffer.from('no picture at all');
    const files = [png, text, jpeg, Buffer.alloc(0), png, jpeg.subarray(0, 300)];
    const [form, headers] = await formOf(...files.map((file) => ['image', file] as [string, Buffer]));
    const ofForm = await post(form, headers);
    expect(ofForm.status).toBe(200);
    const answers = (await ofForm.json()) as Answer[];
    const alone = await Promise.all([png, jpeg].map(async (file) => (await post(file, { 'content-type': 'image/png' })).json()));
    const [ofPng, ofJpeg] = names(alone as Answer[]);
    expect(ofPng).not.toBe(ofJpeg);
    expect(names(answers)).toEqual([ofPng, 'IMAGE_NOT_RECOGNISED', ofJpeg, 'IMAGE_MISSING', ofPng, 'IMAGE_TRUNCATED']);
    expect(answers[1]).toMatchObject({ type: '/problems/image-not-recognised', status: 415, instance: '/classify' });
    expect(names((await (await postJson({ images: base64(...files) })).json()) as Answer[])).toEqual(names(answers));
  });

  it('of one is an array too where the request has an array', async () => {
    expect(await (await postJson({ images: base64(jpeg) })).json()).toHaveLength(1);
  });

  it('are answered in order where the second is ready first, and never more at once than there are workers', async () => {
    const { pool } = server.models;
    let running = 0;
    let most = 0;
    server.models.pool = {
      ...pool!,
      alive: () => 2,
      async classify(job) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 20 / job.bytes[0]));
        running--;
        return { ...(await pool!.classify({ ...job, bytes: jpeg })), model: `number ${job.bytes[0]}` };
      },
    };
    const answers = await (await postJson({ images: base64(...[1, 2, 3, 4, 5].map((number) => Buffer.from([number]))) })).json();
    server.models.pool = pool;
    expect((answers as { model: string }[]).map(({ model }) => model)).toEqual([1, 2, 3, 4, 5].map((number) => `number ${number}`));
    expect(most).toBe(2);
  });

  it('together have the limit of one', async () => {
    const half = Buffer.concat([jpeg, Buffer.alloc(LIMITS.maxBytes / 2)]);
    await expectProblem(await postJson({ images: base64(half, half) }), 413, 'IMAGE_TOO_LARGE');
    const [form, headers] = await formOf(['image', half], ['image', half]);
    await expectProblem(await post(form, headers), 413, 'IMAGE_TOO_LARGE');
  });

  it('are logged where one of them failed by our own fault, and told nothing of it', async () => {
    const { pool } = server.models;
    server.models.pool = { ...pool!, classify: async () => Promise.reject(new TypeError('a secret')) };
    server.records.length = 0;
    const text = await (await postJson({ images: base64(jpeg) })).text();
    server.models.pool = pool;
    expect(text).toContain('"INTERNAL"');
    expect(text).not.toContain('secret');
    expect(server.records[0]).toMatchObject({ event: 'error', code: 'INTERNAL', stack: expect.stringContaining('a secret') as string });
  });
});

describe('JSON that is refused', () => {
  it.each([
    ['{', /^The request cannot be understood: the body is no JSON: /],
    ['[]', 'expected an object, got []'],
    ['{}', 'expected one of "image" and "images"'],
    ['{"image":"","images":[]}', 'images: expected at least 1 image, got []'],
    ['{"picture":"AAAA"}', 'unknown member "picture"; allowed: image, images'],
    ['{"image":5}', 'image: expected text in base64, got 5'],
    ['{"images":["AAAA",null]}', 'images[1]: expected text in base64, got null'],
    ['{"image":"AAA*"}', 'image: expected base64 without line breaks and without "data:" before it, got "AAA*"'],
    ['{"image":"AAAAA"}', 'image: expected base64 without line breaks and without "data:" before it, got "AAAAA"'],
    ['{"images":["AAAA","A\\nAA"]}', 'images[1]: expected base64 without line breaks and without "data:" before it, got "A\nAA"'],
    [JSON.stringify({ images: Array(65).fill('AAAA') }), 'images: expected at most 64 images, got 65'],
  ])('%s', async (body, reason) => {
    const detail = await expectProblem(await postJson(body), 400, 'REQUEST_MALFORMED');
    if (typeof reason === 'string') expect(detail).toBe(`The request cannot be understood: ${reason}.`);
    else expect(detail).toMatch(reason);
  });

  it('for having no image in its text', async () => {
    await expectProblem(await postJson({ image: '' }), 400, 'IMAGE_MISSING');
  });
});

describe('content codings', () => {
  const compressed = (body: Uint8Array, coding: string) => post(body, { 'content-type': 'image/jpeg', 'content-encoding': coding });

  it.each(['deflate', 'zstd', 'gzip, br'])('refuses %s, and names those that it reads', async (coding) => {
    const response = await compressed(deflateSync(jpeg), coding);
    expect(response.headers.get('accept-encoding')).toBe('gzip, br');
    expect(await expectProblem(response, 415, 'CONTENT_CODING_UNSUPPORTED')).toContain(`"${coding}"`);
  });

  it.each([
    ['what is none', (bytes: Buffer) => bytes],
    ['what ends too early', (bytes: Buffer) => gzipSync(bytes).subarray(0, 200)],
  ])('refuses %s', async (_name, make) => {
    expect(await expectProblem(await compressed(make(jpeg), 'gzip'), 400, 'REQUEST_MALFORMED')).toContain('the body is no whole gzip');
  });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ])('takes exactly the limit in %s and refuses a byte more', async (coding, compress) => {
    const padded = Buffer.concat([jpeg, Buffer.alloc(LIMITS.maxBytes + 1 - jpeg.length)]);
    expect((await compressed(compress(padded.subarray(1)), coding)).status).toBe(415);
    expect((await compressed(compress(padded.subarray(0, LIMITS.maxBytes)), coding)).status).toBe(200);
    await expectProblem(await compressed(compress(padded), coding), 413, 'IMAGE_TOO_LARGE');
  });

  it('refuses a bomb while it arrives: what follows is not waited for', async () => {
    const bomb = gzipSync(Buffer.alloc(20 * LIMITS.maxBytes));
    const headers = { 'content-type': 'image/jpeg', 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' };
    const status = await new Promise((resolve, reject) => {
      const request = http.request(`${server.url}/classify`, { method: 'POST', headers }, (response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      request.on('error', reject);
      // Never ended.
      request.write(bomb);
    });
    expect(status).toBe(413);
  });

  it('refuses a body that goes on for ever and decompresses to nothing', async () => {
    // Empty stored blocks after a gzip header.
    const blocks = Buffer.alloc(LIMITS.maxBytes + 5, Buffer.from([0, 0, 0, 0xff, 0xff]));
    const endless = new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(Buffer.concat([gzipSync('').subarray(0, 10), blocks])));
        controller.close();
      },
    });
    const headers = { 'content-type': 'image/jpeg', 'content-encoding': 'gzip' };
    const response = await fetch(`${server.url}/classify`, { method: 'POST', body: endless, headers, duplex: 'half' } as RequestInit);
    await expectProblem(response, 413, 'IMAGE_TOO_LARGE');
  });
});

describe('a version', () => {
  it('may stand beside the model or in it, and not both', async () => {
    for (const query of ['?version=aaaaaaaaaaaa', '?model=shapes&version=aaaaaaaaaaaa', '?model=shapes@aaaaaaaaaaaa']) {
      expect(((await (await postImage(query)).json()) as Answer).version).toBe('aaaaaaaaaaaa');
    }
    await expectProblem(await postImage('?version=cccccccccccc'), 404, 'MODEL_UNKNOWN');
    expect(await expectProblem(await postImage(`?model=shapes@${VERSION}&version=${VERSION}`), 400, 'REQUEST_MALFORMED')).toBe(
      `The request cannot be understood: version: expected none, since model is "shapes@${VERSION}", got "${VERSION}".`,
    );
  });
});

describe('abstain', () => {
  const answerTo = async (query: string) => (await (await postImage(query)).json()) as Answer;

  it('withholds the predictions below the threshold of the package', async () => {
    const open = await answerTo('?model=unsure');
    expect(open).toMatchObject({ abstained: true });
    expect(open.predictions).toHaveLength(4);
    expect(open).not.toHaveProperty('abstainThreshold');
    expect(await answerTo('?model=unsure&abstain=package')).toMatchObject({ abstained: true, abstainThreshold: 0.99, predictions: [] });
  });

  it('withholds them below a threshold that is stated, whatever the package says', async () => {
    const { predictions } = await answerTo('?model=unsure');
    const likeliest = predictions[0].probability;
    const answers = await Promise.all([likeliest, likeliest + 0.001].map((threshold) => answerTo(`?model=unsure&abstain=${threshold}`)));
    expect(answers.map(({ abstained }) => abstained)).toEqual([false, true]);
    expect(answers.map((answer) => answer.predictions)).toEqual([predictions, []]);
  });

  it('is refused where the package has no threshold', async () => {
    expect(await expectProblem(await postImage('?abstain=package'), 400, 'REQUEST_MALFORMED')).toBe(
      'The request cannot be understood: abstain: the variant "uint8" of "shapes" has no threshold of its own; state one, as abstain=0.8.',
    );
  });

  it.each(['0', '0.0', '1.5', '-1', '8e-1', 'yes'])('is refused as %s', async (value) => {
    expect(await expectProblem(await postImage(`?abstain=${value}`), 400, 'REQUEST_MALFORMED')).toContain(
      `abstain: expected "package" or a probability above 0, at most 1, as 0.8, got "${value}"`,
    );
  });
});
