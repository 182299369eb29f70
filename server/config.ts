import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { ImageLimits } from '@sld-edge/runtime';
import {
  QUEUED_PER_WORKER,
  SETTINGS,
  UPLOAD_BUDGET_BYTES,
  type Float32Backend,
  type ServerSetting,
  type ServerSettingKey,
  type SettingValues,
} from './configuration/settings.ts';
import { readSources, type Stated } from './configuration/sources.ts';
import { ONNX_RUNTIME } from './inference/onnx-backend.ts';

export interface ServerConfig {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Null: no gRPC. */
  grpcPort: number | null;
  modelsDir: string;
  /** Null where no built client was found at the default place. */
  clientDir: string | null;
  /** True: a changed index is loaded without being told to. */
  watchModels: boolean;
  /** Bytes of weights that a worker keeps loaded; null: any. */
  modelMemoryBytes: number | null;
  /** Time from an image's arrival to its answer. */
  deadlineMs: number;
  /** Proxies whose word on the sender's address is taken. */
  trustedProxies: number;
  /** Requests of one sender; null: any. */
  rateLimitPerMinute: number | null;
  /** Null: no key is asked for. */
  apiKeysFile: string | null;
  /** Origins of pages that may use the server; none where nobody else's may. */
  corsOrigins: readonly string[];
  /** Origins of pages that may show the client in a frame. */
  frameOrigins: readonly string[];
  /** Paths of PEM files; null: plain HTTP. */
  tls: { certFile: string; keyFile: string } | null;
  limits: ImageLimits;
  /** Worker processes. */
  workers: number;
  /** Threads that compute an image together in a worker, of integer variants. */
  inferenceThreads: number;
  /** Backend of the variant `float32`. */
  float32Backend: Float32Backend;
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

/** One line for each wrong setting; for the person who started the server. */
export class ConfigError extends Error {}

/**
 * Reads the configuration once, at the start: flags, environment variables, and the file of `--config` or `CONFIG_FILE`. docs/server.md
 * lists the settings.
 *
 * @throws ConfigError with a line for every fault: the setting, what was expected and what came
 */
export function readConfig(env: Record<string, string | undefined>, args: readonly string[] = []): ServerConfig {
  const { stated, faults } = readSources(env, args);
  const values = valuesOf(stated, faults);
  const uploadBudgetBytes = values.uploadBudgetBytes ?? Math.max(UPLOAD_BUDGET_BYTES, values.maxImageBytes);
  if (uploadBudgetBytes < values.maxImageBytes)
    faults.push(`${stated.uploadBudgetBytes!.name}: expected at least MAX_IMAGE_BYTES (${values.maxImageBytes}), got ${uploadBudgetBytes}`);
  const modelsDir = values.modelsDir ?? defaultFolder('./models');
  if (modelsDir === null && !stated.modelsDir) faults.push(`MODELS_DIR: expected a folder, there is none at ${path.resolve('./models')}`);
  const { tlsCert, tlsKey } = values;
  if ((tlsCert === undefined) !== (tlsKey === undefined) && faults.length === 0)
    faults.push(tlsCert ? 'TLS_KEY: expected the key of TLS_CERT, got none' : 'TLS_CERT: expected the certificate of TLS_KEY, got none');
  if (values.grpcPort !== undefined && values.rateLimitPerMinute !== undefined)
    faults.push(`${stated.grpcPort!.name}: expected none beside RATE_LIMIT_PER_MINUTE, which gRPC lacks, got ${values.grpcPort}`);
  if (values.float32Backend === 'onnx' && !isInstalled(ONNX_RUNTIME))
    faults.push(`${stated.float32Backend!.name}: expected ${ONNX_RUNTIME} beside the server, there is none; npm install ${ONNX_RUNTIME}`);
  if (faults.length > 0) throw new ConfigError(faults.join('\n'));
  const { maxImageBytes, maxImagePixels, maxImageSide, decodingBudgetBytes, tlsCert: _certificate, tlsKey: _key, ...rest } = values;
  return Object.freeze({
    ...rest,
    grpcPort: values.grpcPort ?? null,
    modelsDir: modelsDir!,
    clientDir: values.clientDir ?? defaultFolder('./web-client/dist'),
    limits: { maxBytes: maxImageBytes, maxPixels: maxImagePixels, maxSide: maxImageSide, maxDecodingBytes: decodingBudgetBytes },
    queueLimit: values.queueLimit ?? QUEUED_PER_WORKER * values.workers,
    uploadBudgetBytes,
    allowedHosts: values.allowedHosts ?? null,
    modelMemoryBytes: values.modelMemoryBytes ?? null,
    rateLimitPerMinute: values.rateLimitPerMinute ?? null,
    apiKeysFile: values.apiKeysFile ?? null,
    corsOrigins: values.corsOrigins ?? [],
    frameOrigins: values.frameOrigins ?? [],
    tls: tlsCert && tlsKey ? { certFile: tlsCert, keyFile: tlsKey } : null,
  });
}

/** Parses what was stated and adds the defaults; what can't be parsed counts as not stated, and as a fault. */
function valuesOf(stated: Partial<Record<ServerSettingKey, Stated>>, faults: string[]): SettingValues {
  const entries = (Object.keys(SETTINGS) as ServerSettingKey[]).map((key) => {
    const { schema, expected, got, fallback }: ServerSetting<unknown, unknown> = SETTINGS[key];
    const said = stated[key];
    if (!said) return [key, fallback];
    const { success, data } = schema.safeParse(said.value);
    if (!success) faults.push(`${said.name}: expected ${expected}, ${got?.(said.value) ?? `got ${JSON.stringify(said.value)}`}`);
    return [key, success ? data : fallback];
  });
  return Object.fromEntries(entries) as SettingValues;
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

/** Null when the default folder is not there; one that was asked for must be. */
function defaultFolder(relative: string): string | null {
  const resolved = path.resolve(relative);
  return statSync(resolved, { throwIfNoEntry: false })?.isDirectory() ? resolved : null;
}
