/** Every path of the server that programs use, with the schemas of its requests and answers: what the OpenAPI document is made of. */
import type { ErrorCode } from '@sld-edge/runtime';
import type { z } from 'zod';
import { ClassifyAnswers, Health, ModelList, PackageIndex, ReadyAnswer } from '../schemas/answers.ts';
import { ClassifyBody, ClassifyQuery } from '../schemas/classify.ts';
import {
  InferRequest,
  InferResponse,
  ModelMetadata,
  ModelReady,
  ServerLive,
  ServerMetadata,
  ServerReady,
} from '../schemas/open-inference.ts';

/** Content of a body: a schema, or bytes. */
export type Content = z.ZodType | 'bytes';

export interface ApiOperation {
  method: 'get' | 'post';
  path: string;
  summary: string;
  /** More in Markdown. */
  description?: string;
  tag: 'Classify' | 'Open Inference Protocol' | 'Models' | 'State';
  query?: z.ZodObject;
  /** By content type. */
  body?: Record<string, Content>;
  /** Headers of the request, with what they say. */
  headers?: Record<string, string>;
  /** Answer of the status 200, by content type. */
  answer: Record<string, Content>;
  errors: readonly ErrorCode[];
  /** A command that asks. */
  curl: string;
}

const STATE: readonly ErrorCode[] = ['NOT_READY', 'INTERNAL'];
const IMAGES: readonly ErrorCode[] = [
  'IMAGE_NOT_RECOGNISED',
  'IMAGE_TRUNCATED',
  'IMAGE_TOO_LARGE',
  'IMAGE_TOO_MANY_PIXELS',
  'IMAGE_SIDE_TOO_LONG',
  'IMAGE_TOO_MUCH_MEMORY',
  'IMAGE_TOO_SLOW',
  'IMAGE_CMYK',
  'IMAGE_KIND_UNSUPPORTED',
  'IMAGE_HEIC',
  'IMAGE_UNDECODABLE',
  'IMAGE_MISSING',
];
const POSTS: readonly ErrorCode[] = [
  ...IMAGES,
  ...STATE,
  'REQUEST_MALFORMED',
  'REQUEST_TIMEOUT',
  'CONTENT_CODING_UNSUPPORTED',
  'CROSS_ORIGIN_REFUSED',
  'HOST_NOT_ALLOWED',
  'API_KEY_REQUIRED',
  'RATE_LIMITED',
  'MODEL_UNKNOWN',
  'MODEL_REFUSED',
  'VARIANT_UNKNOWN',
  'DEADLINE_EXCEEDED',
  'OVERLOADED',
  'UPLOADS_OVER_BUDGET',
  'WORKER_LOST',
];
const JSON_TYPE = 'application/json';
const REQUEST_HEADERS = {
  'X-Request-Id': 'Names the request in the answer and in the log.',
  traceparent: 'W3C Trace Context; its trace names the request where X-Request-Id does not.',
  'Content-Encoding': '`gzip` or `br`; the limits hold for what the body decompresses to.',
};

/** The same operation with a model's newest version and with one that is named. */
const ofModel = (end: string, operation: Omit<ApiOperation, 'path' | 'tag'>): ApiOperation[] =>
  ['/v2/models/{model}', '/v2/models/{model}/versions/{version}'].map((path, i) => ({
    ...operation,
    path: path + end,
    summary: i === 0 ? operation.summary : `${operation.summary}, of a version`,
    curl: i === 0 ? operation.curl : operation.curl.replace(`/v2/models/shapes`, '/v2/models/shapes/versions/0123456789ab'),
    tag: 'Open Inference Protocol',
  }));

export const OPERATIONS: readonly ApiOperation[] = [
  {
    method: 'post',
    path: '/classify',
    summary: 'Classify an image, or several',
    description:
      'The image is the body, or the part `image` of a form, or `image` of JSON in base64. Several parts, or `images`, are answered by an array in their order: each entry is an answer or a problem.',
    tag: 'Classify',
    query: ClassifyQuery,
    headers: REQUEST_HEADERS,
    body: { 'image/*': 'bytes', 'application/octet-stream': 'bytes', 'multipart/form-data': 'bytes', [JSON_TYPE]: ClassifyBody },
    answer: { [JSON_TYPE]: ClassifyAnswers },
    errors: [...POSTS, 'CONTENT_TYPE_UNSUPPORTED', 'FORM_TOO_LARGE'],
    curl: "curl -F image=@photo.jpg 'http://localhost:8080/classify?topK=3'",
  },
  {
    method: 'get',
    path: '/models',
    summary: 'List the models',
    tag: 'Models',
    answer: { [JSON_TYPE]: ModelList },
    errors: STATE,
    curl: 'curl http://localhost:8080/models',
  },
  {
    method: 'get',
    path: '/models/{name}/{version}/{file}',
    summary: 'Get a file of a package',
    description: 'Only files that a manifest names. A version is a hash of its content, so its files never change.',
    tag: 'Models',
    answer: { '*/*': 'bytes' },
    errors: ['NOT_FOUND', 'PACKAGE_FILE_CORRUPT', 'PACKAGE_FILE_MISSING', ...STATE],
    curl: 'curl http://localhost:8080/models/shapes/0123456789ab/manifest.json',
  },
  {
    method: 'get',
    path: '/healthz',
    summary: 'Tell whether the process answers',
    tag: 'State',
    answer: { [JSON_TYPE]: Health },
    errors: [],
    curl: 'curl http://localhost:8080/healthz',
  },
  {
    method: 'get',
    path: '/readyz',
    summary: 'Tell whether images may come',
    tag: 'State',
    answer: { [JSON_TYPE]: ReadyAnswer },
    errors: ['NOT_READY'],
    curl: 'curl http://localhost:8080/readyz',
  },
  {
    method: 'get',
    path: '/metrics',
    summary: 'Measure the server, for Prometheus',
    tag: 'State',
    answer: { 'text/plain': 'bytes' },
    errors: [],
    curl: 'curl http://localhost:8080/metrics',
  },
  {
    method: 'get',
    path: '/models/index.json',
    summary: 'Get the index of the packages',
    tag: 'Models',
    answer: { [JSON_TYPE]: PackageIndex },
    errors: STATE,
    curl: 'curl http://localhost:8080/models/index.json',
  },
  {
    method: 'get',
    path: '/v2',
    summary: 'Describe the server',
    tag: 'Open Inference Protocol',
    answer: { [JSON_TYPE]: ServerMetadata },
    errors: [],
    curl: 'curl http://localhost:8080/v2',
  },
  {
    method: 'get',
    path: '/v2/health/live',
    summary: 'Tell whether the process answers',
    tag: 'Open Inference Protocol',
    answer: { [JSON_TYPE]: ServerLive },
    errors: [],
    curl: 'curl http://localhost:8080/v2/health/live',
  },
  {
    method: 'get',
    path: '/v2/health/ready',
    summary: 'Tell whether images may come',
    tag: 'Open Inference Protocol',
    answer: { [JSON_TYPE]: ServerReady },
    errors: ['NOT_READY'],
    curl: 'curl http://localhost:8080/v2/health/ready',
  },
  ...ofModel('', {
    method: 'get',
    summary: 'Describe a model',
    answer: { [JSON_TYPE]: ModelMetadata },
    errors: ['MODEL_UNKNOWN', ...STATE],
    curl: 'curl http://localhost:8080/v2/models/shapes',
  }),
  ...ofModel('/ready', {
    method: 'get',
    summary: 'Tell whether a model answers',
    answer: { [JSON_TYPE]: ModelReady },
    errors: ['MODEL_UNKNOWN', ...STATE],
    curl: 'curl http://localhost:8080/v2/models/shapes/ready',
  }),
  ...ofModel('/infer', {
    method: 'post',
    summary: 'Compute probabilities and logits',
    description: 'With the header `Inference-Header-Content-Length` the body is so many bytes of JSON, and the tensors’ bytes behind it.',
    headers: { ...REQUEST_HEADERS, 'Inference-Header-Content-Length': 'Length of the JSON, where bytes follow it.' },
    body: { [JSON_TYPE]: InferRequest, 'application/octet-stream': 'bytes' },
    answer: { [JSON_TYPE]: InferResponse, 'application/octet-stream': 'bytes' },
    errors: POSTS,
    curl: `curl -d '{"inputs": [{"name": "image", "datatype": "BYTES", "shape": [1], "data": ["BASE64"]}]}' http://localhost:8080/v2/models/shapes/infer`,
  }),
];
