/** Static files: what is sent is what was verified, small where the client takes an encoding. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalogue } from '../models/catalogue.ts';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { clientFiles } from './client.ts';

const VERSION = '0123456789ab';
const SCRIPT = 'export const answer = 42;\n'.repeat(400);
const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');

let folder: ModelsFolder;
let clientDir: string;
let server: TestServer;
beforeEach(async () => {
  folder = await writeModelsFolder();
  clientDir = mkdtempSync(path.join(tmpdir(), 'sld-edge-client-'));
  mkdirSync(path.join(clientDir, 'assets'));
  writeFileSync(path.join(clientDir, 'index.html'), '<!doctype html>');
  writeFileSync(path.join(clientDir, 'assets/worker-B7x2k_9Q.js'), SCRIPT);
  writeFileSync(path.join(clientDir, 'noise.bin'), randomBytes(1000));
  writeFileSync(path.join(clientDir, 'secret.txt'), 'kept where it is');
});
afterEach(async () => {
  await server.close();
  folder.remove();
  rmSync(clientDir, { recursive: true });
});

interface Got {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

/** Fetches a path as it comes over the wire; `fetch` would decompress it. */
function get(pathname: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    http
      .request(server.url + pathname, { headers, method }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) });
      })
      .on('error', reject)
      .end();
  });
}

const inPackage = (file: string) => path.join(folder.dir, 'shapes', VERSION, file);

describe('a file of a package that is not what it was', () => {
  const expectRefused = ({ status, headers, body }: Got, code: string) => {
    expect(status).toBe(500);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers.etag ?? '').not.toMatch(/^"[\da-f]{64}/);
    expect(JSON.parse(body.toString())).toMatchObject({ code });
  };

  it('is not sent when it was changed', async () => {
    server = await startTestServer(folder.dir);
    writeFileSync(inPackage('report.html'), 'changed');
    expectRefused(await get(`/models/shapes/${VERSION}/report.html`), 'PACKAGE_FILE_CORRUPT');
    expect(server.records).toContainEqual(expect.objectContaining({ event: 'error', code: 'PACKAGE_FILE_CORRUPT' }));
  });

  it('is not sent when it, or a folder on the way, was replaced by a symbolic link, even to the same bytes', async () => {
    server = await startTestServer(folder.dir);
    renameSync(inPackage('report.html'), path.join(folder.dir, 'elsewhere.html'));
    symlinkSync(path.join(folder.dir, 'elsewhere.html'), inPackage('report.html'));
    expectRefused(await get(`/models/shapes/${VERSION}/report.html`), 'PACKAGE_FILE_MISSING');
    renameSync(inPackage('tfjs'), path.join(folder.dir, 'elsewhere'));
    symlinkSync(path.join(folder.dir, 'elsewhere'), inPackage('tfjs'));
    const { file } = await loadCatalogue(folder.dir).then(
      () => ({ file: 'loaded' }),
      (error: { details: { file: string } }) => error.details,
    );
    expect(file).toMatch(/^tfjs\//);
  });

  it('is sent as it was once it has been read', async () => {
    server = await startTestServer(folder.dir);
    const first = await get(`/models/shapes/${VERSION}/report.html`);
    writeFileSync(inPackage('report.html'), 'changed');
    const second = await get(`/models/shapes/${VERSION}/report.html`);
    expect(second.body).toEqual(first.body);
    expect(second.headers.etag).toBe(`"${sha256(first.body)}"`);
  });
});

describe('the client', () => {
  it('is sent as it was at the start, whatever is built meanwhile', async () => {
    server = await startTestServer(folder.dir, { clientDir });
    writeFileSync(path.join(clientDir, 'assets/worker-B7x2k_9Q.js'), 'changed');
    rmSync(path.join(clientDir, 'index.html'));
    symlinkSync(path.join(clientDir, 'secret.txt'), path.join(clientDir, 'index.html'));
    const worker = await get('/assets/worker-B7x2k_9Q.js');
    expect(worker.body.toString()).toBe(SCRIPT);
    expect(worker.headers.etag).toBe(`"${sha256(SCRIPT)}"`);
    expect((await get('/')).body.toString()).toBe('<!doctype html>');
  });

  it('has no file that is a symbolic link, or behind one', async () => {
    symlinkSync('/etc/hostname', path.join(clientDir, 'host.txt'));
    symlinkSync('/etc', path.join(clientDir, 'etc'));
    server = await startTestServer(folder.dir, { clientDir });
    expect((await get('/host.txt')).status).toBe(404);
    expect((await get('/etc/hostname')).status).toBe(404);
  });

  it('may apply the styles written in its page, and no others', async () => {
    const style = 'p { margin: 0 }\n';
    writeFileSync(path.join(clientDir, 'index.html'), `<!doctype html><style>${style}</style><p style="color: red">`);
    server = await startTestServer(folder.dir, { clientDir });
    const hash = createHash('sha256').update(style).digest('base64');
    expect((await get('/')).headers['content-security-policy']).toContain(`; style-src 'self' 'sha256-${hash}'; `);
    expect((await get('/noise.bin')).headers['content-security-policy']).toContain("; style-src 'self'; ");
  });

  it('has for ever what has a hash in its name, in folders of parts too', async () => {
    mkdirSync(path.join(clientDir, 'assets/webgpu'));
    writeFileSync(path.join(clientDir, 'assets/webgpu/plan-B7x2k_9Q.js'), SCRIPT);
    server = await startTestServer(folder.dir, { clientDir });
    for (const file of ['/assets/worker-B7x2k_9Q.js', '/assets/webgpu/plan-B7x2k_9Q.js'])
      expect((await get(file)).headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect((await get('/')).headers['cache-control']).toBe('no-cache');
  });

  it('is sent as its build compressed it, and its copies have no address', async () => {
    const copy = (level: number) => gzipSync(SCRIPT, { level });
    expect(copy(1)).not.toEqual(copy(9));
    writeFileSync(path.join(clientDir, 'assets/worker-B7x2k_9Q.js.gz'), copy(1));
    server = await startTestServer(folder.dir, { clientDir });
    expect((await get('/assets/worker-B7x2k_9Q.js', { 'accept-encoding': 'gzip' })).body).toEqual(copy(1));
    expect((await get('/assets/worker-B7x2k_9Q.js.gz')).status).toBe(404);
  });

  it('is refused at the start where a compressed copy is of another build', () => {
    for (const copy of [gzipSync('another build'), Buffer.from('no gzip at all')]) {
      writeFileSync(path.join(clientDir, 'assets/worker-B7x2k_9Q.js.gz'), copy);
      expect(() => clientFiles(clientDir)).toThrow(
        'CLIENT_DIR: assets/worker-B7x2k_9Q.js.gz is not assets/worker-B7x2k_9Q.js compressed; build the client again: npm run build',
      );
    }
  });

  it('is refused at the start where its folder holds far more than a client', () => {
    writeFileSync(path.join(clientDir, 'huge.bin'), Buffer.alloc(65 * 1024 ** 2));
    expect(() => clientFiles(clientDir)).toThrow(/^CLIENT_DIR: expected a built client of at most 67108864 bytes, got more in /);
  });
});

describe('compression', () => {
  const worker = '/assets/worker-B7x2k_9Q.js';
  beforeEach(async () => {
    server = await startTestServer(folder.dir, { clientDir });
  });

  it.each([
    ['gzip, deflate, br', 'br', brotliDecompressSync],
    ['gzip, deflate', 'gzip', gunzipSync],
  ] as const)('sends a script to a client that takes "%s" in %s', async (accepted, encoding, decompress) => {
    const { headers, body } = await get(worker, { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers.vary).toBe('Accept-Encoding');
    expect(headers.etag).toBe(`"${sha256(SCRIPT)}-${encoding}"`);
    expect(headers['content-type']).toMatch(/javascript/);
    expect(Number(headers['content-length'])).toBe(body.length);
    expect(body.length).toBeLessThan(SCRIPT.length / 10);
    expect(decompress(body).toString()).toBe(SCRIPT);
    expect((await get(worker, { 'accept-encoding': accepted, 'if-none-match': headers.etag! })).status).toBe(304);
    // The other form's bytes are others.
    expect((await get(worker, { 'if-none-match': headers.etag! })).status).toBe(200);
    const asked = await get(worker, { 'accept-encoding': accepted }, 'HEAD');
    expect([asked.headers['content-length'], asked.body.length]).toEqual([headers['content-length'], 0]);
  });

  it.each(['identity', 'br;q=0, gzip;q=0', ''])('sends it as it is to a client that takes "%s"', async (accepted) => {
    const { headers, body } = await get(worker, { 'accept-encoding': accepted });
    expect(headers['content-encoding']).toBeUndefined();
    expect(headers.vary).toBe('Accept-Encoding');
    expect(body.toString()).toBe(SCRIPT);
  });

  it('leaves alone what hardly shrinks, and answers that are computed', async () => {
    const all = { 'accept-encoding': 'gzip, br' };
    expect((await get('/noise.bin', all)).headers['content-encoding']).toBeUndefined();
    expect((await get('/models', all)).headers['content-encoding']).toBeUndefined();
  });

  it('serves the manifest of a package compressed, its digest that of the file', async () => {
    const { headers, body } = await get(`/models/shapes/${VERSION}/manifest.json`, { 'accept-encoding': 'br' });
    const bytes = brotliDecompressSync(body);
    expect(headers.etag).toBe(`"${sha256(bytes)}-br"`);
    expect(JSON.parse(bytes.toString())).toMatchObject({ name: 'shapes' });
  });
});
