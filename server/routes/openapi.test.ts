/** The OpenAPI document: valid by a validator of the registry, true of what the server answers, and readable. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gradientImage } from '@sld-edge/runtime/testing';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv2020 from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenApiDocument } from '../openapi/document.ts';
import { writeModelsFolder, type ModelsFolder } from '../testing/models-folder.ts';
import { startTestServer, type TestServer } from '../testing/test-server.ts';

const ROUTES = ['classify', 'health', 'models', 'open-inference'];

let folder: ModelsFolder;
let server: TestServer;
let document: OpenApiDocument;
let schemas: Ajv2020;
let image: string;
beforeAll(async () => {
  folder = await writeModelsFolder({ integer: true });
  server = await startTestServer(folder.dir);
  document = (await (await fetch(`${server.url}/openapi.json`)).json()) as OpenApiDocument;
  schemas = new Ajv2020({ strict: false, allErrors: true }).addSchema(document, 'openapi');
  image = (await gradientImage().jpeg().toBuffer()).toString('base64');
});
afterAll(async () => {
  await server.close();
  folder.remove();
});

/** Faults of an answer, by the document's schema of its path, status and content type. */
async function faultsOf(path: string, method: string, response: Response): Promise<unknown> {
  const type = response.headers.get('content-type')!.split(';')[0];
  const { responses } = document.paths[path][method];
  const described = responses[response.status] ?? responses.default;
  if (!described.content?.[type]) return `no schema of ${response.status} ${type}`;
  const place = ['paths', path, method, 'responses', response.status in responses ? response.status : 'default', 'content', type, 'schema'];
  const check = schemas.getSchema(`openapi#/${place.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`)!;
  return check(await response.json()) ? [] : check.errors;
}

it('is valid OpenAPI 3.1', async () => {
  expect(document.openapi).toBe('3.1.0');
  expect(await new Validator().validate(document as object as Record<string, unknown>)).toEqual({ valid: true });
});

it('has every path of the routes', () => {
  const routed = ROUTES.flatMap((name) => {
    const source = readFileSync(fileURLToPath(new URL(`${name}.ts`, import.meta.url)), 'utf8');
    return [...source.matchAll(/router\.(get|post)\((?:paths\()?'([^']*)'/g)].map(([, method, path]) => `${method} ${path}`);
  });
  const described = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`));
  const wanted = routed
    .filter((route) => !/\*path$/.test(route))
    .map((route) =>
      route
        .replace(/^(\w+) (|\/ready|\/infer)$/, '$1 /v2/models/{model}$2')
        .replace('*file', '{file}')
        .replace(/:(\w+)/g, '{$1}'),
    );
  expect(routed.length).toBeGreaterThan(8);
  for (const route of wanted) expect(described).toContain(route);
});

describe('what is answered', () => {
  const post = (path: string, body: object | string, headers: Record<string, string> = { 'content-type': 'application/json' }) =>
    fetch(server.url + path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers });
  const inputs = () => [{ name: 'image', datatype: 'BYTES', shape: [1], data: [image] }];
  const INFER = '/v2/models/{model}/infer';

  it.each<[string, string, () => Promise<Response>, number]>([
    ['/classify', 'an image', () => post('/classify', { image }), 200],
    ['/classify', 'a threshold', () => post('/classify?abstain=1&variant=integer', { image }), 200],
    ['/classify', 'several images', () => post('/classify', { images: [image, 'AAAA'] }), 200],
    ['/classify', 'a malformed request', () => post('/classify?topK=0', { image }), 400],
    ['/classify', 'no image', () => post('/classify', { image: 'AAAA' }), 415],
    ['/classify', 'an unknown model', () => post('/classify?model=x', { image }), 404],
    [INFER, 'an image', () => post('/v2/models/shapes/infer', { id: 'a', inputs: inputs() }), 200],
    [
      INFER,
      'classes',
      () => post('/v2/models/shapes/infer', { inputs: inputs(), outputs: [{ name: 'logits', parameters: { classification: 2 } }] }),
      200,
    ],
    [INFER, 'a malformed request', () => post('/v2/models/shapes/infer', {}), 400],
    [INFER, 'an unknown model', () => post('/v2/models/x/infer', { inputs: inputs() }), 404],
  ])('by POST %s to %s is as the document says', async (path, _name, ask, status) => {
    const response = await ask();
    expect(response.status).toBe(status);
    expect(Object.keys(document.paths[path].post.responses)).toContain(String(status));
    expect(await faultsOf(path, 'post', response)).toEqual([]);
  });

  it('by GET is as the document says, of every path with a JSON answer', async () => {
    const paths = Object.entries(document.paths).filter(([, { get }]) => get?.responses[200].content?.['application/json']);
    expect(paths.length).toBeGreaterThan(7);
    for (const [path] of paths) {
      const response = await fetch(server.url + path.replace('{model}', 'shapes').replace('{version}', '0123456789ab'));
      expect([path, response.status, await faultsOf(path, 'get', response)]).toEqual([path, 200, []]);
    }
  });

  it('would be found at fault', async () => {
    const { pool } = server.models;
    server.models.pool = {
      ...pool!,
      classify: async (job) => ({ ...(await pool!.classify(job)), predictions: [{ label: 'a' }] }) as never,
    };
    const response = await post('/classify', { image });
    server.models.pool = pool;
    expect(await faultsOf('/classify', 'post', response)).not.toEqual([]);
  });
});

it('has the limits that requests are held against', () => {
  const parameter = (name: string) => document.paths['/classify'].post.parameters.find((entry) => entry.name === name)!.schema;
  expect(parameter('topK')).toMatchObject({ type: 'integer', minimum: 1, maximum: 1000, default: 5 });
  expect(parameter('abstain').anyOf).toEqual([
    { type: 'string', const: 'package' },
    { type: 'number', exclusiveMinimum: 0, maximum: 1 },
  ]);
  expect(document.paths['/classify'].post.requestBody!.content['application/json'].schema).toEqual({
    $ref: '#/components/schemas/ClassifyBody',
  });
  expect(document.components.schemas.ClassifyBody).toMatchObject({
    additionalProperties: false,
    properties: { images: { minItems: 1, maxItems: 64 } },
  });
});

it('is a page without scripts, with every operation and no link to nowhere', async () => {
  const response = await fetch(`${server.url}/docs`);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  const page = await response.text();
  expect(page).not.toMatch(/<script|javascript:|\son\w+=|undefined|\[object/);
  for (const path of Object.keys(document.paths)) expect(page).toContain(`<code>${path}</code>`);
  const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
  for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
});
