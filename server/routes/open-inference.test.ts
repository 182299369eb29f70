/** The Open Inference Protocol over HTTP, byte by byte; what NVIDIA's client makes of it, `dev/open-inference` tests. */
import { brotliCompressSync } from 'node:zlib';
import { AppError, DEFAULT_LIMITS } from '@sld-edge/runtime';
import { gradientImage } from '@sld-edge/runtime/testing';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const OLD = 'aaaaaaaaaaaa';
const VERSION = '0123456789ab';
const JSON_LENGTH = 'inference-header-content-length';

let folder: ModelsFolder;
let server: TestServer;
let jpeg: Buffer;
beforeAll(async () => {
  folder = await writeModelsFolder({ version: OLD }, { version: VERSION }, { name: 'other', integer: true });
  server = await startTestServer(folder.dir, { limits: { ...DEFAULT_LIMITS, maxBytes: 50_000 } });
  jpeg = await gradientImage().jpeg().toBuffer();
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

interface Tensor {
  name: string;
  datatype: string;
  shape: number[];
  data?: (number | string)[];
  parameters?: { binary_data_size: number };
}
interface InferAnswer {
  model_version: string;
  id?: string;
  parameters: { variant: string; backend: string };
  outputs: Tensor[];
}

const get = (path: string, headers: Record<string, string> = {}) => fetch(server.url + path, { headers });
const infer = (body: object | Uint8Array, headers: Record<string, string> = {}, model = 'shapes') =>
  fetch(`${server.url}/v2/models/${model}/infer`, {
    method: 'POST',
    body: (body instanceof Uint8Array ? body : JSON.stringify(body)) as BodyInit,
    headers,
  });
const answerOf = async (response: Response | Promise<Response>) => (await (await response).json()) as InferAnswer;
const imageInput = (...files: Buffer[]) => ({
  name: 'image',
  datatype: 'BYTES',
  shape: [files.length],
  data: files.map((file) => file.toString('base64')),
});
const dataOf = (answer: InferAnswer, name: string) => answer.outputs.find((output) => output.name === name)!.data as number[];

/** A request in the binary extension: elements after their lengths. */
function binaryRequest(json: { inputs: object[] }, ...binary: Uint8Array[]): [Uint8Array, Record<string, string>] {
  const header = Buffer.from(JSON.stringify(json));
  return [Buffer.concat([header, ...binary]), { [JSON_LENGTH]: String(header.length) }];
}
function element(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, bytes]);
}

async function expectError(response: Response | Promise<Response>, status: number, error: string | RegExp): Promise<void> {
  const answered = await response;
  const body = (await answered.json()) as { error: string };
  expect(Object.keys(body)).toEqual(['error']);
  if (typeof error === 'string') expect(body.error).toBe(error);
  else expect(body.error).toMatch(error);
  expect(answered.status).toBe(status);
  expect(answered.headers.get('content-type')).toMatch(/^application\/json/);
}

describe('what there is', () => {
  it('is told of the server and of a model, with or without its version', async () => {
    expect(await (await get('/v2')).json()).toEqual({
      name: 'sld-edge',
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string,
      extensions: ['binary_tensor_data', 'classification'],
    });
    const model = {
      name: 'shapes',
      versions: [OLD, VERSION],
      platform: 'sld-edge_package',
      inputs: [
        { name: 'image', datatype: 'BYTES', shape: [-1] },
        { name: 'pixels', datatype: 'UINT8', shape: [-1, -1, -1, 3] },
      ],
      outputs: [
        { name: 'probabilities', datatype: 'FP32', shape: [-1, 4] },
        { name: 'logits', datatype: 'FP32', shape: [-1, 4] },
      ],
    };
    expect(await (await get('/v2/models/shapes')).json()).toEqual(model);
    expect(await (await get(`/v2/models/shapes/versions/${OLD}`)).json()).toEqual(model);
  });

  it('is live whatever its state, and ready when it is', async () => {
    const states = ['/v2/health/live', '/v2/health/ready', '/v2/models/shapes/ready', `/v2/models/shapes/versions/${OLD}/ready`];
    const statuses = async () => (await Promise.all(states.map((path) => get(path)))).map(({ status }) => status);
    expect(await statuses()).toEqual([200, 200, 200, 200]);
    server.readiness.set('failed', 'for this test');
    expect(await statuses()).toEqual([200, 503, 503, 503]);
    await expectError(infer({}), 503, 'NOT_READY: The server does not answer yet, or no more: for this test.');
    server.readiness.set('ready', 'again');
  });

  it.each([
    ['/v2/models/nothing', 404, /^MODEL_UNKNOWN: There is no model "nothing"; there are: /],
    [`/v2/models/shapes/versions/cccccccccccc/ready`, 404, /^MODEL_UNKNOWN: /],
    ['/v2/nothing', 404, /^NOT_FOUND: /],
    ['/v2/models/shapes/infer', 405, /^METHOD_NOT_ALLOWED: GET is not possible .*; allowed: POST\.$/],
    ['/v2/models/%E0%A4%A', 400, /^REQUEST_MALFORMED: /],
  ])('has the protocol’s form of an error for %s', async (path, status, error) => {
    await expectError(get(path), status, error);
  });
});

describe('infer', () => {
  it('gives the probabilities of POST /classify, by class, and the logits whose softmax they are', async () => {
    const classified = await fetch(`${server.url}/classify`, {
      method: 'POST',
      body: new Uint8Array(jpeg),
      headers: { 'content-type': 'image/jpeg' },
    });
    const { predictions } = (await classified.json()) as { predictions: { index: number; probability: number }[] };
    const response = await infer({ id: 'seven', inputs: [imageInput(jpeg)] });
    const answer = await answerOf(response);
    expect(answer).toMatchObject({
      model_name: 'shapes',
      model_version: VERSION,
      id: 'seven',
      parameters: { variant: 'uint8', backend: 'tfjs-wasm' },
      outputs: [
        { name: 'probabilities', datatype: 'FP32', shape: [1, 4] },
        { name: 'logits', datatype: 'FP32', shape: [1, 4] },
      ],
    });
    expect(response.headers.get('model-backend')).toBe('tfjs-wasm');
    const byClass = predictions.toSorted((a, b) => a.index - b.index).map(({ probability }) => Math.fround(probability));
    expect(dataOf(answer, 'probabilities')).toEqual(byClass);
    const manifest = (await (await get(`/models/shapes/${VERSION}/manifest.json`)).json()) as { calibration: { temperature: number } };
    const exponentials = dataOf(answer, 'logits').map((logit) => Math.exp(logit / manifest.calibration.temperature));
    const sum = exponentials.reduce((a, b) => a + b);
    exponentials.forEach((value, i) => expect(value / sum).toBeCloseTo(byClass[i], 5));
  });

  it('gives the same numbers for files in JSON, as bytes and compressed, and for their pixels', async () => {
    const png = await gradientImage(30, 20).png().toBuffer();
    const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    const pixels = { name: 'pixels', datatype: 'UINT8', shape: [1, info.height, info.width, 3] };
    const outputs = [{ name: 'logits' }];
    const ofFile = dataOf(await answerOf(infer({ inputs: [imageInput(png)], outputs })), 'logits');
    const files = binaryRequest(
      { inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: png.length + 4 } }], outputs } as never,
      element(png),
    );
    const numbers = Array.from(data);
    const rows = Array.from({ length: info.height }, (_, y) =>
      Array.from({ length: info.width }, (_, x) => numbers.slice((y * info.width + x) * 3, (y * info.width + x) * 3 + 3)),
    );
    const requests = [
      infer(...files),
      infer(brotliCompressSync(files[0]), { ...files[1], 'content-encoding': 'br' }),
      infer({ inputs: [{ ...pixels, data: numbers }], outputs }),
      infer({ inputs: [{ ...pixels, data: [rows] }], outputs }),
      infer(...binaryRequest({ inputs: [{ ...pixels, parameters: { binary_data_size: data.length } }], outputs } as never, data)),
    ];
    for (const request of requests) expect(dataOf(await answerOf(request), 'logits')).toEqual(ofFile);
  });

  it('gives a row an image, in order, in binary where that is asked for', async () => {
    const other = await gradientImage(40, 30).negate().png().toBuffer();
    const alone = await Promise.all(
      [jpeg, other].map(async (file) => dataOf(await answerOf(infer({ inputs: [imageInput(file)] })), 'logits')),
    );
    expect(alone[0]).not.toEqual(alone[1]);
    const response = await infer({
      inputs: [imageInput(jpeg, other)],
      parameters: { binary_data_output: true },
      outputs: [
        { name: 'logits' },
        { name: 'probabilities', parameters: { binary_data: false } },
        { name: 'logits', parameters: { classification: 1 } },
      ],
    });
    expect(response.headers.get('content-type')).toBe('application/octet-stream');
    const length = Number(response.headers.get(JSON_LENGTH));
    const body = Buffer.from(await response.arrayBuffer());
    const { outputs } = JSON.parse(body.subarray(0, length).toString()) as InferAnswer;
    expect(outputs[0]).toEqual({ name: 'logits', datatype: 'FP32', shape: [2, 4], parameters: { binary_data_size: 32 } });
    expect(outputs[1].data).toHaveLength(8);
    const floats = Array.from({ length: 8 }, (_, i) => body.readFloatLE(length + 4 * i));
    expect(floats).toEqual(alone.flat());
    expect(outputs[2]).toMatchObject({ datatype: 'BYTES', shape: [2, 1] });
    const first = body.subarray(length + 36, length + 36 + body.readUInt32LE(length + 32)).toString();
    const best = alone[0].indexOf(Math.max(...alone[0]));
    expect(first).toBe(`${Math.max(...alone[0]).toFixed(6)}:${best}:${['circle', 'square', 'triangle', 'star'][best]}`);
  });

  it('answers by the version of the path and the variant of the parameters', async () => {
    const inputs = [imageInput(jpeg)];
    expect(await answerOf(infer({ inputs }, {}, `shapes/versions/${OLD}`))).toMatchObject({ model_version: OLD });
    expect((await answerOf(infer({ inputs, parameters: { variant: 'integer' } }, {}, 'other'))).parameters).toEqual({
      variant: 'integer',
      backend: 'wasm',
    });
    await expectError(infer({ inputs, parameters: { variant: 'int4' } }), 404, /^VARIANT_UNKNOWN: /);
  });

  it('says which of several images is at fault', async () => {
    await expectError(
      infer({ inputs: [imageInput(jpeg, Buffer.from('no picture'))] }),
      415,
      /^IMAGE_NOT_RECOGNISED: image\[1\]: The 10 bytes do not begin like an image/,
    );
    await expectError(infer({ inputs: [imageInput(jpeg.subarray(0, 300))] }), 422, /^IMAGE_TRUNCATED: The JPEG image ends too early/i);
  });

  const malformed = (reason: string) => `REQUEST_MALFORMED: The request cannot be understood: ${reason}.`;
  const image = { name: 'image', datatype: 'BYTES', shape: [1], data: ['AAAA'] };
  const pixels = { name: 'pixels', datatype: 'UINT8', shape: [1, 1, 1, 3], data: [1, 2, 3] };
  it.each<[string, object, string]>([
    ['no input', { inputs: [] }, 'inputs: expected one input, "image" or "pixels", got 0'],
    ['both inputs', { inputs: [image, pixels] }, 'inputs: expected one input, "image" or "pixels", got 2'],
    ['another input', { inputs: [{ ...image, name: 'input' }] }, 'inputs[0].name: expected "image" or "pixels", got "input"'],
    [
      'a datatype of the other input',
      { inputs: [{ ...image, datatype: 'UINT8' }] },
      'image: expected BYTES of shape [n], got UINT8 of shape [1]',
    ],
    ['a shape of no images', { inputs: [{ ...image, shape: [] }] }, 'image: expected BYTES of shape [n], got BYTES of shape []'],
    [
      'more elements than the shape',
      { inputs: [{ ...image, data: ['AA', 'AA'] }] },
      'image: expected 1 elements, as its shape says, got 2',
    ],
    ['too many images', { inputs: [{ ...image, shape: [65] }] }, 'image: expected at most 64 images, got 65'],
    [
      'grey pixels',
      { inputs: [{ ...pixels, shape: [1, 1, 3, 1] }] },
      'pixels: expected UINT8 of shape [n, height, width, 3], got UINT8 of shape [1, 1, 3, 1]',
    ],
    ['too few pixels', { inputs: [{ ...pixels, data: [1, [2]] }] }, 'pixels: expected 3 values, as its shape says, got 2'],
    ['a pixel of 256', { inputs: [{ ...pixels, data: [1, 2, 256] }] }, 'pixels: expected numbers from 0 to 255, got 256 at 2'],
    [
      'neither data nor bytes',
      { inputs: [{ ...image, data: undefined }] },
      'inputs[0]: expected one of "data" and the parameter "binary_data_size"',
    ],
    [
      'an unknown output',
      { inputs: [image], outputs: [{ name: 'scores' }] },
      'outputs[0].name: expected "probabilities" or "logits", got "scores"',
    ],
    [
      'an unknown parameter',
      { inputs: [image], parameters: { priority: 1 } },
      'parameters: unknown parameter "priority"; allowed: variant, binary_data_output',
    ],
  ])('refuses %s', async (_name, body, reason) => {
    await expectError(infer(body), 400, malformed(reason));
  });

  it('refuses binary data that are not as long as they are said to be', async () => {
    const request = (size: number, ...binary: Uint8Array[]) =>
      binaryRequest({ inputs: [{ name: 'image', datatype: 'BYTES', shape: [1], parameters: { binary_data_size: size } }] }, ...binary);
    await expectError(
      infer(...request(9, element(jpeg))),
      400,
      malformed(`inputs[0]: expected 9 bytes after the JSON (Inference-Header-Content-Length, binary_data_size), got ${jpeg.length + 4}`),
    );
    const lying = element(jpeg);
    lying.writeUInt32LE(0xffff_ffff);
    await expectError(
      infer(...request(lying.length, lying)),
      400,
      malformed('image: expected elements of 4 bytes of length and so many bytes, got fewer bytes'),
    );
    const [body] = request(4, Buffer.alloc(4));
    await expectError(infer(body, { [JSON_LENGTH]: '100000' }), 400, /expected at most the body's \d+ bytes, got 100000/);
    await expectError(infer(body, { [JSON_LENGTH]: '-1' }), 400, /expected a number of bytes, got "-1"/);
  });

  it('refuses more bytes than images may have, before they are read', async () => {
    await expectError(infer(Buffer.alloc(150_000)), 413, 'IMAGE_TOO_LARGE: The image is larger than 50000 bytes.');
  });

  it.each([
    [[1, 1e9, 1e9, 3], 'IMAGE_SIDE_TOO_LONG'],
    [[1, 30_000, 30_000, 3], 'IMAGE_TOO_MANY_PIXELS'],
    [[10, 100, 100, 3], 'IMAGE_TOO_LARGE'],
  ])('refuses pixels of the shape %j by the shape alone', async (shape, code) => {
    await expectError(infer({ inputs: [{ ...pixels, shape }] }), 413, new RegExp(`^${code}: `));
  });

  it('refuses files that are too large together', async () => {
    const half = Buffer.concat([jpeg, Buffer.alloc(25_000)]);
    await expectError(infer({ inputs: [imageInput(half, half)] }), 413, /^IMAGE_TOO_LARGE: /);
  });

  it('passes on that there is no room, with Retry-After', async () => {
    const { pool } = server.models;
    server.models.pool = {
      ...pool!,
      requireCapacity: () => {
        throw new AppError('OVERLOADED', { queued: 64, retryAfterSeconds: 2 });
      },
    };
    const response = await infer({});
    server.models.pool = pool;
    expect(response.headers.get('retry-after')).toBe('2');
    await expectError(response, 503, /^OVERLOADED: /);
  });
});
