import { availableParallelism } from 'node:os';
import { DEFAULT_LIMITS } from '@sld-edge/runtime';
import { existingFile, existingFolder, hostNames, integer, oneWordOf, origins, plainText, trueOrFalse, type Kind } from './kinds.ts';

/** One setting of the server: what it may be, what it is where nobody states it, and what it means. */
export interface ServerSetting<Value, Fallback extends Value | undefined> extends Kind<Value> {
  fallback: Fallback;
  /** Default as the table of docs/server.md shows it. */
  shown: string;
  meaning: string;
}

/** Backends of the variant `float32`. */
const FLOAT32_BACKENDS = ['tfjs-wasm', 'onnx'] as const;
export type Float32Backend = (typeof FLOAT32_BACKENDS)[number];

const GIBIBYTE = 1024 ** 3;
export const UPLOAD_BUDGET_BYTES = 32 * 1024 ** 2;
export const QUEUED_PER_WORKER = 16;

const withDefault = <Value>(
  kind: Kind<Value>,
  fallback: Value,
  meaning: string,
  shown = String(fallback),
): ServerSetting<Value, Value> => ({ ...kind, fallback, shown, meaning });
/** A setting that may stay unset, or whose default hangs on others. */
const optional = <Value>(kind: Kind<Value>, shown: string, meaning: string): ServerSetting<Value, undefined> => ({
  ...kind,
  fallback: undefined,
  shown,
  meaning,
});

/** Every setting, by its key in a configuration file; `variableOf` and `serverFlagOf` name it elsewhere. */
export const SETTINGS = {
  port: withDefault(integer(0, 65_535), 8080, 'where to listen; 0 takes a free port, which the log names'),
  host: withDefault(plainText('an address of this machine'), '0.0.0.0', 'the address to listen at'),
  grpcPort: optional(
    integer(0, 65_535),
    'none',
    'where to listen for the Open Inference Protocol over gRPC, see [gRPC](#grpc); without it there is none',
  ),
  modelsDir: optional(existingFolder(), './models', 'the folder with `index.json`'),
  clientDir: optional(
    existingFolder(),
    './web-client/dist',
    'the built client; without the default folder there is none, and the log says so',
  ),
  watchModels: withDefault(trueOrFalse(), true, 'a changed `index.json` is loaded while the server answers; false: at `SIGHUP` alone'),
  modelMemoryBytes: optional(
    integer(1, 1024 * GIBIBYTE),
    'any',
    'weights that each worker keeps loaded, TensorFlow.js models as float32; the variants that were asked for longest ago are unloaded, and loaded again when asked for',
  ),
  workers: withDefault(integer(1, 256), availableParallelism(), 'worker processes', 'cores'),
  inferenceThreads: withDefault(
    integer(1, 16),
    1,
    'threads that compute an image of an integer variant together, in each worker; more than 1 is refused for a package whose default variant is a graph model',
  ),
  float32Backend: withDefault(
    oneWordOf(FLOAT32_BACKENDS),
    'tfjs-wasm',
    'what computes the variant `float32`; `onnx` is [ONNX Runtime](#onnx-runtime), for packages that have an ONNX model',
  ),
  queueLimit: optional(
    integer(0, 100_000),
    `${QUEUED_PER_WORKER} × \`WORKERS\``,
    'images that may wait beyond the one that each worker holds; then 503 `OVERLOADED` with `Retry-After`',
  ),
  deadlineMs: withDefault(
    integer(1, 600_000),
    30_000,
    "from an image's arrival at the queue to its answer; then 503 `DEADLINE_EXCEEDED`. What the queue is too long for gets 503 `OVERLOADED` at once",
  ),
  maxImageBytes: withDefault(
    integer(1, GIBIBYTE),
    DEFAULT_LIMITS.maxBytes,
    'an image, or the images of a request together; larger ones are refused before they are read whole',
  ),
  maxImagePixels: withDefault(
    integer(1, 1_000_000_000),
    DEFAULT_LIMITS.maxPixels,
    'width × height, refused from the header before anything is decoded',
  ),
  maxImageSide: withDefault(integer(1, 1_000_000_000), DEFAULT_LIMITS.maxSide, 'the longer side, refused from the header'),
  decodingBudgetBytes: withDefault(
    integer(1_000_000, 1024 * GIBIBYTE),
    DEFAULT_LIMITS.maxDecodingBytes,
    'memory that decoding may take, over all workers; a picture that needs more alone is refused from the header, one that needs more than is free waits',
  ),
  decodeTimeoutMs: withDefault(
    integer(1, 600_000),
    10_000,
    "from an image's arrival in a worker to its answer, waiting for memory not counted; then that process is ended: 422 `IMAGE_TOO_SLOW`",
  ),
  uploadBudgetBytes: optional(
    integer(1, 1024 * GIBIBYTE),
    `${UPLOAD_BUDGET_BYTES}, at least \`MAX_IMAGE_BYTES\``,
    'encoded images that the server holds, arriving, waiting or being decoded; uploads beyond it wait up to 10 s, then 503 `UPLOADS_OVER_BUDGET` with `Retry-After`',
  ),
  requestTimeoutMs: withDefault(
    integer(1000, 600_000),
    30_000,
    'a request that has not arrived whole by then gets 408, and its connection is closed',
  ),
  maxConnections: withDefault(integer(1, 100_000), 1000, 'connections at one time; more are closed at once'),
  allowedHosts: optional(
    hostNames(),
    'any',
    'names, separated by commas, that the header `Host` may have; others get 403. The health paths answer by any name',
  ),
  trustedProxies: withDefault(
    integer(0, 10),
    0,
    "proxies in front that add the sender's address to `X-Forwarded-For`; the rate limit counts by that address",
  ),
  rateLimitPerMinute: optional(
    integer(1, 1_000_000),
    'none',
    'requests that are no GET, of one API key or else of one address, in a minute; then 429 `RATE_LIMITED` with `Retry-After`',
  ),
  apiKeysFile: optional(
    existingFile(),
    'none',
    'names and SHA-256 of the keys with which images may be sent, see [keys](#keys); without it anybody may',
  ),
  corsOrigins: optional(origins(), 'none', 'origins, separated by commas, whose pages may use `/classify`, `/v2` and `/models`'),
  frameOrigins: optional(origins(), 'none', 'origins, separated by commas, whose pages may show the web client in a frame'),
  tlsCert: optional(existingFile(), 'none', 'certificate chain (PEM); with `TLS_KEY` the server speaks HTTPS. `SIGHUP` reads both again'),
  tlsKey: optional(existingFile(), 'none', 'private key (PEM) of `TLS_CERT`'),
  drainTimeoutMs: withDefault(integer(0, 600_000), 10_000, 'what a stop waits for requests under way'),
} as const;

export type ServerSettingKey = keyof typeof SETTINGS;

/** Values with their defaults. */
export type SettingValues = {
  [Key in ServerSettingKey]: ReturnType<(typeof SETTINGS)[Key]['schema']['parse']> | (typeof SETTINGS)[Key]['fallback'];
};

/** Former names of variables, which are refused with the name of today. */
export const RENAMED_VARIABLES: Readonly<Record<string, ServerSettingKey>> = { CONCURRENCY: 'workers' };

/** `maxImageBytes` → `MAX_IMAGE_BYTES`. */
export const variableOf = (key: string): string => key.replace(/[A-Z]/g, '_$&').toUpperCase();

/** `maxImageBytes` → `--max-image-bytes`. */
export const serverFlagOf = (key: string): string => `--${key.replace(/[A-Z]/g, '-$&').toLowerCase()}`;

/** The table of docs/server.md; a test holds the page to it. */
export function settingsTable(): string {
  const rows = Object.entries(SETTINGS).map(([key, { shown, meaning }]) => `| \`${variableOf(key)}\` | ${shown} | ${meaning} |`);
  return ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
}
