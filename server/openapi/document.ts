import { ERROR_CATALOGUE, type ErrorCode } from '@sld-edge/runtime';
import packageJson from '../package.json' with { type: 'json' };
import { Problem } from '../schemas/answers.ts';
import { InferenceError } from '../schemas/open-inference.ts';
import { createSchemaCollector, type JsonSchema } from './json-schema.ts';
import { OPERATIONS, type Content, type ApiOperation } from './operations.ts';

export interface ApiParameter {
  name: string;
  in: 'header' | 'path' | 'query';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

type MediaTypes = Record<string, { schema: JsonSchema }>;

export interface DescribedOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description?: string;
  parameters: ApiParameter[];
  requestBody?: { required: true; content: MediaTypes };
  /** By status. */
  responses: Record<string, { description: string; headers?: Record<string, object>; content?: MediaTypes }>;
  'x-codeSamples': { lang: string; source: string }[];
}

/** The parts of an OpenAPI 3.1 document that this server's has. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string; license: { name: string; identifier: string } };
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, DescribedOperation>>;
  components: { schemas: Record<string, JsonSchema> };
}

const REQUEST_ID = { 'X-Request-Id': { description: 'Name of the request in the log.', schema: { type: 'string' } } };
const MODEL_HEADERS = Object.fromEntries(
  ['Name', 'Version', 'Variant', 'Backend'].map((what) => [
    `Model-${what}`,
    { description: `The ${what.toLowerCase()} that answered.`, schema: { type: 'string' } },
  ]),
);

/** Writes the OpenAPI document of all operations, with the schemas that requests are held against. */
export function openApiDocument(): OpenApiDocument {
  const { schemaOf, named } = createSchemaCollector();
  const mediaTypes = (contents: Record<string, Content>): MediaTypes =>
    Object.fromEntries(
      Object.entries(contents).map(([type, content]) => [type, { schema: content === 'bytes' ? bytesOf(type) : schemaOf(content) }]),
    );
  const paths: OpenApiDocument['paths'] = {};
  for (const operation of OPERATIONS) {
    const { method, path, summary, description, tag, query, headers = {}, body, answer, errors, curl } = operation;
    const ofProtocol = path.startsWith('/v2');
    const problem: Record<string, Content> = ofProtocol ? { 'application/json': InferenceError } : { 'application/problem+json': Problem };
    (paths[path] ??= {})[method] = {
      operationId: operationId(operation),
      tags: [tag],
      summary,
      ...(description && { description }),
      parameters: [...pathParameters(path), ...(query ? queryParameters(schemaOf(query)) : []), ...headerParameters(headers)],
      ...(body && { requestBody: { required: true, content: mediaTypes(body) } }),
      responses: {
        200: {
          description: 'The answer.',
          headers: { ...REQUEST_ID, ...(method === 'post' && MODEL_HEADERS) },
          content: mediaTypes(answer),
        },
        ...Object.fromEntries(
          Object.entries(byStatus(errors)).map(([status, codes]) => [
            status,
            { description: codes.map((code) => `\`${code}\`: ${ERROR_CATALOGUE[code].title}.`).join(' '), content: mediaTypes(problem) },
          ]),
        ),
        default: { description: 'Any other error.', content: mediaTypes(problem) },
      },
      'x-codeSamples': [{ lang: 'Shell', source: curl }],
    };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'sld-edge server',
      version: packageJson.version,
      description: 'Classifies images by the models that it serves.',
      license: { name: packageJson.license, identifier: packageJson.license },
    },
    servers: [{ url: '/' }],
    tags: [...new Set(OPERATIONS.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas: named },
  };
}

/** Bytes have no JSON type; a form has parts. */
function bytesOf(type: string): JsonSchema {
  if (type !== 'multipart/form-data') return { contentMediaType: type };
  const part = { contentMediaType: 'image/*' };
  return { type: 'object', properties: { image: { anyOf: [part, { type: 'array', items: part }] } }, required: ['image'] };
}

function byStatus(codes: readonly ErrorCode[]): Record<string, ErrorCode[]> {
  const statuses: Record<string, ErrorCode[]> = {};
  for (const code of codes) (statuses[ERROR_CATALOGUE[code].status] ??= []).push(code);
  return statuses;
}

const pathParameters = (path: string): ApiParameter[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));

const queryParameters = ({ properties }: JsonSchema): ApiParameter[] =>
  Object.entries(properties as Record<string, JsonSchema>).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: false,
    description: description as string,
    schema,
  }));

const headerParameters = (headers: Record<string, string>): ApiParameter[] =>
  Object.entries(headers).map(([name, description]) => ({ name, in: 'header', required: false, description, schema: { type: 'string' } }));

/** `post /classify` → `postClassify`: unique, since each path has one operation of a method. */
const operationId = ({ method, path }: ApiOperation): string =>
  method + path.replace(/\W*([a-z0-9]+)\W*/gi, (_whole, word: string) => word[0].toUpperCase() + word.slice(1));
