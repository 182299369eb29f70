import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE}-00f067aa0ba902b7-01`;
const NEW = /^[\da-f]{8}-[\da-f]{4}-4/;

let folder: ModelsFolder;
let server: TestServer;
beforeAll(async () => {
  folder = await writeModelsFolder();
  server = await startTestServer(folder.dir);
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

/** The id in the answer, once the log has the same. */
async function idFor(headers: Record<string, string>): Promise<string> {
  server.records.length = 0;
  const response = await fetch(`${server.url}/nothing`, { headers });
  await response.text();
  const id = response.headers.get('x-request-id');
  expect(server.records).toEqual([expect.objectContaining({ event: 'request', status: 404, requestId: id })]);
  return id!;
}

it.each([
  ['its own', { 'x-request-id': 'order-17/3' }, 'order-17/3'],
  ['that of its trace', { traceparent: TRACEPARENT }, TRACE],
  ['its own before that of its trace', { 'x-request-id': 'mine', traceparent: TRACEPARENT }, 'mine'],
  ['that of a trace of a later version', { traceparent: `01-${TRACE}-00f067aa0ba902b7-01-more` }, TRACE],
])('a request keeps %s', async (_name, headers, id) => {
  expect(await idFor(headers as unknown as Record<string, string>)).toBe(id);
});

it('the trace stands in the log where the id is another', async () => {
  await idFor({ 'x-request-id': 'mine', traceparent: TRACEPARENT });
  expect(server.records[0]).toMatchObject({ requestId: 'mine', traceId: TRACE });
});

it.each([
  ['no id', {}],
  ['an id that would break the log', { 'x-request-id': 'a b' }],
  ['an id that is too long', { 'x-request-id': 'a'.repeat(129) }],
  ['a trace of zeros', { traceparent: `00-${'0'.repeat(32)}-00f067aa0ba902b7-01` }],
  ['a parent of zeros', { traceparent: `00-${TRACE}-${'0'.repeat(16)}-01` }],
  ['a trace in capitals', { traceparent: TRACEPARENT.toUpperCase() }],
  ['a trace of version ff', { traceparent: `ff${TRACEPARENT.slice(2)}` }],
  ['a trace of version 00 that says more', { traceparent: `${TRACEPARENT}-more` }],
])('a request with %s gets a new id', async (_name, headers) => {
  expect(await idFor(headers as Record<string, string>)).toMatch(NEW);
});
