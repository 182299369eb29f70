/** Tests of who may send what: keys, rates, pages of other origins, frames. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import helmet from 'helmet';
import { gradientImage } from '@sld-edge/runtime/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ServerConfig } from '../config.ts';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';
import { addApiKey, openApiKeys } from './api-keys.ts';
import { securityHeadersOf } from './security-headers.ts';

let folder: ModelsFolder;
let dir: string;
let body: Uint8Array<ArrayBuffer>;
let server: TestServer;
beforeAll(async () => {
  folder = await writeModelsFolder();
  dir = mkdtempSync(path.join(tmpdir(), 'sld-edge-senders-'));
  body = new Uint8Array(await gradientImage().png().toBuffer());
});
afterEach(() => server?.close());
afterAll(() => {
  folder.remove();
  rmSync(dir, { recursive: true });
});

const start = async (options: Partial<ServerConfig>): Promise<void> => void (server = await startTestServer(folder.dir, options));
const classify = (headers: Record<string, string> = {}) =>
  fetch(`${server.url}/classify`, { method: 'POST', body, headers: { 'content-type': 'image/png', ...headers } });
const codeOf = async (response: Response) => ((await response.json()) as { code?: string }).code;

describe('keys', () => {
  it('are asked for by what computes and by the metrics, and named in the log', async () => {
    const file = path.join(dir, 'keys.txt');
    const key = addApiKey(file, 'camera');
    await start({ apiKeysFile: file });
    const without = await classify();
    expect([without.status, await codeOf(without)]).toEqual([401, 'API_KEY_REQUIRED']);
    expect(without.headers.get('www-authenticate')).toBe('Bearer');
    const wrong = `${key.slice(0, -1)}${key.endsWith('A') ? 'B' : 'A'}`;
    for (const authorization of [`Bearer ${wrong}`, `Basic ${key}`, key, '']) expect((await classify({ authorization })).status).toBe(401);
    expect((await classify({ authorization: `Bearer ${key}` })).status).toBe(200);
    expect((await classify({ 'x-api-key': key })).status).toBe(200);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(401);
    expect((await fetch(`${server.url}/metrics`, { headers: { 'x-api-key': key } })).status).toBe(200);
    for (const open of ['/healthz', '/readyz', '/models']) expect((await fetch(server.url + open)).status).toBe(200);
    expect(server.records).toContainEqual(expect.objectContaining({ event: 'request', status: 200, apiKey: 'camera' }));
    expect(JSON.stringify(server.records)).not.toContain(key);
  });

  it('lie in their file as hashes, are added without a restart, and are refused twice by one name', () => {
    const file = path.join(dir, 'more.txt');
    const [first, keys] = [addApiKey(file, 'a'), openApiKeys(file)];
    const second = addApiKey(file, 'b');
    expect([keys.nameOf(first), keys.nameOf(second)]).toEqual(['a', undefined]);
    keys.reload();
    expect([keys.nameOf(first), keys.nameOf(second)]).toEqual(['a', 'b']);
    expect(readFileSync(file, 'utf8')).toContain(`a ${createHash('sha256').update(first).digest('hex')}\n`);
    expect(readFileSync(file, 'utf8')).not.toContain(first);
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(() => addApiKey(file, 'a')).toThrow(`${file} has a key "a" already; choose another name, or delete its line`);
    expect(() => addApiKey(file, 'a b')).toThrow('expected a name of letters');
    writeFileSync(file, `# keys\n\na ${first}\n`);
    expect(() => keys.reload()).toThrow(`API_KEYS_FILE: expected a name and a SHA-256 in line 3 of ${file}`);
    expect(keys.nameOf(first)).toBe('a');
    writeFileSync(file, '');
    expect(() => openApiKeys(file)).toThrow('expected at least one key');
  });
});

describe('the rate', () => {
  it('is limited by sender, and GET is free', async () => {
    const file = path.join(dir, 'rate.txt');
    const [one, other] = [addApiKey(file, 'one'), addApiKey(file, 'other')];
    await start({ apiKeysFile: file, rateLimitPerMinute: 2 });
    const send = (key: string) => classify({ 'x-api-key': key });
    expect([(await send(one)).status, (await send(one)).status]).toEqual([200, 200]);
    const refused = await send(one);
    expect([refused.status, await codeOf(refused)]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await send(other)).status).toBe(200);
    for (let i = 0; i < 3; i++) expect((await fetch(`${server.url}/models`)).status).toBe(200);
  });

  it('counts by the address that a trusted proxy names, and by no other', async () => {
    await start({ rateLimitPerMinute: 1, trustedProxies: 1 });
    const from = (address: string) => classify({ 'x-forwarded-for': address });
    expect([(await from('192.0.2.1')).status, (await from('192.0.2.2')).status, (await from('192.0.2.1')).status]).toEqual([200, 200, 429]);
    await server.close();
    await start({ rateLimitPerMinute: 1 });
    expect([(await from('192.0.2.1')).status, (await from('192.0.2.2')).status]).toEqual([200, 429]);
  });
});

describe('pages of other origins', () => {
  const shop = 'https://shop.example';
  const preflight = (origin: string, pathname = '/classify') =>
    fetch(server.url + pathname, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-api-key',
        'sec-fetch-site': 'cross-site',
      },
    });

  it('may classify and read the models where they are listed', async () => {
    await start({ corsOrigins: [shop] });
    const asked = await preflight(shop);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe(shop);
    expect(asked.headers.get('access-control-allow-headers')).toBe('x-api-key');
    const answer = await classify({ origin: shop, 'sec-fetch-site': 'cross-site' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('access-control-allow-origin')).toBe(shop);
    expect(answer.headers.get('vary')).toContain('Origin');
    expect((await fetch(`${server.url}/models`, { headers: { origin: shop } })).headers.get('access-control-allow-origin')).toBe(shop);
  });

  it('may not where they are not, nor by other paths', async () => {
    await start({ corsOrigins: [shop] });
    for (const origin of ['https://evil.example', 'https://shop.example.evil.example', 'null']) {
      expect((await preflight(origin)).status).toBe(403);
      const answer = await classify({ origin, 'sec-fetch-site': 'cross-site' });
      expect([answer.status, await codeOf(answer)]).toEqual([403, 'CROSS_ORIGIN_REFUSED']);
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect((await preflight(shop, '/metrics')).status).toBe(405);
    expect((await fetch(`${server.url}/readyz`, { headers: { origin: shop } })).headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('headers', () => {
  it('are those of Helmet, each at least as strict', async () => {
    const app = express()
      .use(helmet())
      .get('/', (_request, response) => void response.end());
    const helmeted = http.createServer(app).listen(0);
    const { port } = helmeted.address() as { port: number };
    const theirs = (await fetch(`http://localhost:${port}/`)).headers;
    helmeted.close();
    const ours = new Headers(securityHeadersOf({ frameOrigins: [], isHttps: true }));
    const names = [...theirs.keys()].filter(
      (name) => !['connection', 'date', 'keep-alive', 'content-length', 'transfer-encoding'].includes(name),
    );
    expect(names.length).toBeGreaterThan(10);
    // Stricter: our own policy, and no frames at all.
    const stricter = ['content-security-policy', 'x-frame-options'];
    for (const name of names)
      expect([name, ours.get(name)]).toEqual([name, stricter.includes(name) ? (ours.get(name) ?? 'missing') : theirs.get(name)]);
    expect(securityHeadersOf({ frameOrigins: [], isHttps: false })).not.toHaveProperty('Strict-Transport-Security');
  });

  it('let listed origins frame the page, and nobody else', async () => {
    const clientDir = path.join(dir, 'client');

    mkdirSync(clientDir);
    writeFileSync(path.join(clientDir, 'index.html'), '<!doctype html>');
    await start({ clientDir, frameOrigins: ['https://shop.example', 'https://other.example'] });
    const { headers } = await fetch(`${server.url}/`);
    expect(headers.get('content-security-policy')).toContain('; frame-ancestors https://shop.example https://other.example; ');
    expect(headers.get('x-frame-options')).toBeNull();
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect((await fetch(`${server.url}/models`)).headers.get('cross-origin-resource-policy')).toBe('same-origin');
    await server.close();
    await start({ clientDir });
    const strict = (await fetch(`${server.url}/`)).headers;
    expect(strict.get('content-security-policy')).toContain("; frame-ancestors 'none'; ");
    expect(strict.get('x-frame-options')).toBe('DENY');
  });
});
