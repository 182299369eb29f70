import { availableParallelism } from 'node:os';
import { statSync } from 'node:fs';
import path from 'node:path';
import { DEFAULT_LIMITS, type ImageLimits } from '@sld-edge/runtime';

export interface ServerConfig {
  host: string;
  /** 0: any free port. */
  port: number;
  modelsDir: string;
  /** Null where no built client was found at the default place. */
  clientDir: string | null;
  limits: ImageLimits;
  /** Worker processes. */
  concurrency: number;
  /** Threads that compute an image together in a worker, of integer variants. */
  inferenceThreads: number;
  /** Images that may wait for a worker. */
  queueLimit: number;
  /** Time from an image's arrival in a worker to its answer. */
  decodeTimeoutMs: number;
  /** Bytes of images that may be held at once, from their requests' admission to the answers. */
  uploadBudgetBytes: number;
  /** A request must have arrived whole within this time. */
  requestTimeoutMs: number;
  /** Connections at one time; more are closed at once. */
  maxConnections: number;
  /** Host names that requests may be addressed to, lower case, without port; null: any. */
  allowedHosts: string[] | null;
  drainTimeoutMs: number;
}

const UPLOAD_BUDGET_BYTES = 32 * 1024 * 1024;

/** One line per wrong variable; for the person who started the server. */
export class ConfigError extends Error {}

/**
 * Reads the configuration from environment variables once, at the start; docs/server.md lists them.
 *
 * @throws ConfigError naming the variable, what was expected and what came
 */
export function readConfig(env: Record<string, string | undefined>): ServerConfig {
  const concurrency = integer(env, 'CONCURRENCY', availableParallelism(), 1, 256);
  const maxBytes = integer(env, 'MAX_IMAGE_BYTES', DEFAULT_LIMITS.maxBytes, 1, 1024 ** 3);
  return Object.freeze({
    host: env.HOST || '0.0.0.0',
    port: integer(env, 'PORT', 8080, 0, 65_535),
    modelsDir: folder(env, 'MODELS_DIR', './models') ?? missingFolder('MODELS_DIR', path.resolve('./models')),
    clientDir: folder(env, 'CLIENT_DIR', './web-client/dist'),
    limits: {
      maxBytes,
      maxPixels: integer(env, 'MAX_IMAGE_PIXELS', DEFAULT_LIMITS.maxPixels, 1, 1_000_000_000),
      maxSide: integer(env, 'MAX_IMAGE_SIDE', DEFAULT_LIMITS.maxSide, 1, 1_000_000_000),
      maxDecodingBytes: integer(env, 'DECODING_BUDGET_BYTES', DEFAULT_LIMITS.maxDecodingBytes, 1_000_000, 1024 ** 4),
    },
    concurrency,
    inferenceThreads: integer(env, 'INFERENCE_THREADS', 1, 1, 16),
    queueLimit: integer(env, 'QUEUE_LIMIT', 16 * concurrency, 0, 100_000),
    decodeTimeoutMs: integer(env, 'DECODE_TIMEOUT_MS', 10_000, 1, 600_000),
    // Less than one image would let none in.
    uploadBudgetBytes: integer(env, 'UPLOAD_BUDGET_BYTES', Math.max(UPLOAD_BUDGET_BYTES, maxBytes), maxBytes, 1024 ** 4),
    requestTimeoutMs: integer(env, 'REQUEST_TIMEOUT_MS', 30_000, 1000, 600_000),
    maxConnections: integer(env, 'MAX_CONNECTIONS', 1000, 1, 100_000),
    allowedHosts: hostNames(env, 'ALLOWED_HOSTS'),
    drainTimeoutMs: integer(env, 'DRAIN_TIMEOUT_MS', 10_000, 0, 600_000),
  });
}

function integer(env: Record<string, string | undefined>, name: string, fallback: number, minimum: number, maximum: number): number {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
    throw new ConfigError(`${name}: expected an integer in [${minimum}, ${maximum}], got "${text}"`);
  }
  return value;
}

function hostNames(env: Record<string, string | undefined>, name: string): string[] | null {
  if (!env[name]) return null;
  return env[name].split(',').map((text) => {
    const host = text.trim().toLowerCase();
    if (!/^([\w.-]+|\[[\da-f:.]+\])$/.test(host)) {
      throw new ConfigError(`${name}: expected host names without port, separated by commas, got "${text}"`);
    }
    return host;
  });
}

/** Null when the default folder is not there; one that was asked for must be. */
function folder(env: Record<string, string | undefined>, name: string, fallback: string): string | null {
  const resolved = path.resolve(env[name] || fallback);
  if (statSync(resolved, { throwIfNoEntry: false })?.isDirectory()) return resolved;
  if (env[name]) missingFolder(name, resolved);
  return null;
}

function missingFolder(name: string, resolved: string): never {
  throw new ConfigError(`${name}: expected a folder, there is none at ${resolved}`);
}
