/** Raw requests: what goes over the wire beside well-formed requests of well-behaved clients. */
import { connect } from 'node:net';
import { DEFAULT_LIMITS } from '@sld-edge/runtime';
import { gradientImage } from '@sld-edge/runtime/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

let folder: ModelsFolder;
let server: TestServer;
let jpeg: Buffer;
const started: TestServer[] = [];

beforeAll(async () => {
  folder = await writeModelsFolder();
  server = await startTestServer(folder.dir, { limits: { ...DEFAULT_LIMITS, maxBytes: 100_000 } });
  jpeg = await gradientImage().jpeg().toBuffer();
});
afterAll(async () => {
  await server.close();
  folder.remove();
});
afterEach(async () => {
  for (const { close } of started.splice(0)) await close();
});

async function start(options: Parameters<typeof startTestServer>[1]): Promise<TestServer> {
  const other = await startTestServer(folder.dir, options);
  started.push(other);
  return other;
}

/** All that comes back until the server closes its side. `halfClose`: the client's side is closed after sending. */
function exchange({ url }: TestServer, parts: (string | Buffer)[], { halfClose = false } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(text) : reject(error),
    );
    socket.on('end', () => (socket.destroy(), resolve(text)));
    for (const part of parts) socket.write(part);
    if (halfClose) socket.end();
  });
}

const head = (lines: string[], path = '/classify', method = 'POST') =>
  `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;

function expectProblemText(text: string, status: number, code: string): void {
  const [headers, body] = text.split('\r\n\r\n');
  expect(headers).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(headers).toMatch(/content-type: application\/problem\+json/i);
  expect(headers).toMatch(/content-security-policy: default-src 'self'/i);
  expect(headers).toMatch(/x-content-type-options: nosniff/i);
  expect(headers).toMatch(/cache-control: no-store/i);
  expect(JSON.parse(body)).toMatchObject({ status, code });
}

describe('a half-closed client', () => {
  it('gets its answer', async () => {
    const text = await exchange(server, [head(['Content-Type: image/jpeg', `Content-Length: ${jpeg.length}`]), jpeg], { halfClose: true });
    expect(text).toMatch(/^HTTP\/1.1 200 OK/);
    expect(text).toContain('"predictions"');
  });

  it('gets a file', async () => {
    expect(await exchange(server, [head([], '/models', 'GET')], { halfClose: true })).toMatch(/^HTTP\/1.1 200 OK/);
  });

  it('that closed before its body was whole gets 400', async () => {
    expectProblemText(
      await exchange(server, [head(['Content-Type: image/jpeg', 'Content-Length: 1000']), 'abc'], { halfClose: true }),
      400,
      'REQUEST_MALFORMED',
    );
  });
});

describe('Expect: 100-continue', () => {
  const asking = (...lines: string[]) => head(['Expect: 100-continue', 'Connection: close', ...lines]);

  it('is answered by the refusal alone where the length is too large', async () => {
    expectProblemText(await exchange(server, [asking('Content-Type: image/jpeg', 'Content-Length: 100001')]), 413, 'IMAGE_TOO_LARGE');
  });

  it('is answered by the refusal alone where the content type or the query is wrong', async () => {
    expectProblemText(await exchange(server, [asking('Content-Type: text/plain', 'Content-Length: 10')]), 415, 'CONTENT_TYPE_UNSUPPORTED');
    const query = head(['Expect: 100-continue', 'Content-Type: image/jpeg', 'Content-Length: 10'], '/classify?topk=1');
    expectProblemText(await exchange(server, [query]), 400, 'REQUEST_MALFORMED');
  });

  it('is answered by 100 and the answer otherwise', async () => {
    const text = await exchange(server, [asking('Content-Type: image/jpeg', `Content-Length: ${jpeg.length}`), jpeg]);
    expect(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/);
  });
});

describe('what Node would answer itself', () => {
  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    ['a length that is no number', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ten\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    [
      'both a length and chunks',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'REQUEST_MALFORMED',
    ],
    ['no Host', 'GET /models HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'REQUEST_MALFORMED'],
    ['another expectation', head(['Expect: a-miracle', 'Connection: close'], '/', 'GET'), 417, 'EXPECTATION_FAILED'],
    ['headers of 20 kB', head([`X-Long: ${'a'.repeat(20_000)}`], '/', 'GET'), 431, 'HEADERS_TOO_LARGE'],
  ])('is a problem document with our headers: %s', async (_name, text, status, code) => {
    expectProblemText(await exchange(server, [text]), status, code);
  });

  it('is logged with its status and code', async () => {
    server.records.length = 0;
    await exchange(server, ['hello\r\n\r\n']);
    expect(server.records).toEqual([{ event: 'refused', status: 400, code: 'REQUEST_MALFORMED' }]);
  });

  it.each([
    ['headers', 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow: '],
    ['a body', head(['Content-Type: image/jpeg', 'Content-Length: 1000'])],
  ])('is 408 for %s that never come to an end', async (_name, begun) => {
    expectProblemText(await exchange(await start({ requestTimeoutMs: 1000 }), [begun]), 408, 'REQUEST_TIMEOUT');
  });
});

it('refuses a form of 10,000 parts, which is shorter than an image may be, for their number', async () => {
  const { url } = await start({});
  const form = new FormData();
  for (let i = 0; i < 10_000; i++) form.append(`field${i}`, 'x');
  form.append('image', new Blob([new Uint8Array(jpeg)]), 'a.jpg');
  const response = await fetch(`${url}/classify`, { method: 'POST', body: form });
  expect(response.status).toBe(413);
  expect(await response.json()).toMatchObject({ code: 'FORM_TOO_LARGE', details: { maxParts: 64 } });
});

it('closes connections beyond the limit, logs how many, and serves again when others have ended', async () => {
  const limited = await start({ maxConnections: 1 });
  const holder = connect(Number(new URL(limited.url).port), '127.0.0.1');
  await new Promise((resolve) => holder.once('connect', resolve));
  expect(await exchange(limited, [head([], '/healthz', 'GET')])).toBe('');
  await new Promise((resolve) => holder.once('close', resolve).destroy());
  await expect.poll(() => limited.records).toContainEqual({ event: 'dropped', level: 'error', connections: 1, maxConnections: 1 });
  expect(await exchange(limited, [head(['Connection: close'], '/healthz', 'GET')])).toMatch(/^HTTP\/1.1 200 OK/);
});

describe('a page of another origin', () => {
  const form = '--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc\r\n--b--\r\n';
  const posting = (...lines: string[]) =>
    head([...lines, 'Content-Type: multipart/form-data; boundary=b', `Content-Length: ${form.length}`, 'Connection: close']) + form;

  it.each([
    [['Sec-Fetch-Site: cross-site', 'Origin: https://evil.example']],
    [['Sec-Fetch-Site: same-site', 'Origin: http://localhost:9999']],
    [['Origin: https://evil.example']],
    [['Origin: null']],
    [['Origin: http://localhost:9999']],
  ])('cannot make a browser post a form here: %j', async (lines) => {
    expectProblemText(await exchange(server, [posting(...lines)]), 403, 'CROSS_ORIGIN_REFUSED');
  });

  it.each([
    [['Sec-Fetch-Site: same-origin', 'Origin: http://localhost']],
    [['Sec-Fetch-Site: none']],
    [['Origin: http://localhost']],
    [['Origin: https://localhost:443']],
    [[]],
  ])('is not confused with this origin or a program: %j', async (lines) => {
    expectProblemText(await exchange(server, [posting(...lines)]), 415, 'IMAGE_NOT_RECOGNISED');
  });
});

it('answers for the hosts of the allow-list alone, and probes by any name', async () => {
  const listed = await start({ allowedHosts: ['shapes.example', '127.0.0.1'] });
  const get = (host: string, path: string) => exchange(listed, [`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`]);
  expect(await get('Shapes.example:8080', '/models')).toMatch(/^HTTP\/1.1 200 OK/);
  expect(await get('127.0.0.1', '/models')).toMatch(/^HTTP\/1.1 200 OK/);
  expectProblemText(await get('rebound.example', '/models'), 403, 'HOST_NOT_ALLOWED');
  expectProblemText(await get('shapes.example.evil.example', '/models'), 403, 'HOST_NOT_ALLOWED');
  expect(await get('10.0.0.7:8080', '/readyz')).toMatch(/^HTTP\/1.1 200 OK/);
});
