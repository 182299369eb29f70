import { createServer, request, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withDirectRoute } from './direct-route.ts';
import { sendJson, type PlainHandler } from './plain.ts';

const app: RequestListener = (_request, response) => void response.end('app');
const remember: PlainHandler = (_request, response, next) => {
  response.locals.first = 'first';
  next();
};
const answer: PlainHandler = async ({ path, query, route }, response) => {
  await Promise.resolve();
  if ('late' in query) response.write('begun');
  if ('fail' in query || 'late' in query) throw new Error('failed');
  sendJson(response, JSON.stringify({ path, query, route, locals: response.locals }));
};
const refuse: PlainHandler = ({ query }, _response, next) => next('refuse' in query ? new Error('refused') : undefined);

let server: Server;
beforeAll(async () => {
  const listener = withDirectRoute(app, {
    method: 'POST',
    path: '/run',
    handlers: [remember, refuse, answer],
    onError: (thrown, _request, response, next) =>
      response.headersSent ? next(thrown) : void response.writeHead(500).end((thrown as Error).message),
  });
  server = createServer(listener).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterAll(() => server.close());

const ask = (path: string, method = 'POST'): Promise<string> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const sent = request({ port, host: '127.0.0.1', method, path }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });

it('runs the handlers in their order, and gives them path, query, route and locals', async () => {
  expect(JSON.parse(await ask('/run?a=1&a=2&b=%20'))).toEqual({
    path: '/run',
    query: { a: ['1', '2'], b: ' ' },
    route: { path: '/run' },
    locals: { first: 'first' },
  });
  expect(JSON.parse(await ask('/run'))).toMatchObject({ query: {} });
});

it.each(['/run/', '/running', '/RUN', '/run#part', '/'])('leaves %s to the application', async (path) => {
  expect(await ask(path)).toBe('app');
});

it('leaves other methods to the application', async () => {
  expect(await ask('/run', 'GET')).toBe('app');
});

it('has what a handler throws or passes on answered, and cuts off an answer that has begun', async () => {
  expect(await ask('/run?fail')).toBe('failed');
  expect(await ask('/run?refuse')).toBe('refused');
  await expect(ask('/run?late')).rejects.toMatchObject({ code: 'ECONNRESET' });
});
