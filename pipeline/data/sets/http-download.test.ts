import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { downloadBytes } from './http-download.ts';

let server: Server;
let origin: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/whole') response.end('content');
    else if (request.url === '/cut-off') {
      response.writeHead(200, { 'content-length': 100 });
      response.write('begin', () => response.destroy());
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

test('brings the whole file', async () => {
  expect(Buffer.from(await downloadBytes(`${origin}/whole`, () => {})).toString()).toBe('content');
});

test('an error status names it', async () => {
  await expect(downloadBytes(`${origin}/absent`, () => {})).rejects.toMatchObject({
    code: 'SOURCE_UNREACHABLE',
    message: `${origin}/absent: HTTP status 404`,
  });
});

test('a transfer that is cut off is no file', async () => {
  await expect(downloadBytes(`${origin}/cut-off`, () => {})).rejects.toMatchObject({ code: 'SOURCE_UNREACHABLE' });
});

test('nobody listening', async () => {
  await expect(downloadBytes('http://127.0.0.1:1/file', () => {})).rejects.toMatchObject({
    code: 'SOURCE_UNREACHABLE',
    message: expect.stringContaining('http://127.0.0.1:1/file: '),
  });
});
