import { unwatchFile, watchFile } from 'node:fs';
import type { Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import path from 'node:path';
import { AppError, toAppError } from '@sld-edge/runtime';
import { createApp } from './app.ts';
import { createByteBudget } from './byte-budget.ts';
import type { ServerConfig } from './config.ts';
import { openApiKeys } from './http/api-keys.ts';
import { startGrpcServer } from './grpc/grpc-server.ts';
import { createHttpServer } from './http/http-server.ts';
import { readCertificate } from './http/tls.ts';
import { createUploadGate } from './http/upload-gate.ts';
import { createInferencePool } from './inference/pool.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createServing } from './models/serving.ts';
import { createReadiness, isReady, type Readiness } from './readiness.ts';

export interface RunningServer {
  readiness: Readiness;
  /** The port that was taken, where 0 was asked for. */
  port: number;
  /** Settles when the models have answered for themselves, for better or worse; never rejects. */
  loaded: Promise<void>;
  /** Loads what the index names now, the API keys and the certificate; never rejects. */
  reloadAll(): Promise<void>;
  /** Stops accepting, lets what is under way finish. @returns false when the time was up first */
  drain(): Promise<boolean>;
}

/**
 * Listens at once, so that `/healthz` answers while the models load, and becomes ready when the default variants of the packages have
 * reproduced their goldens in every worker. If none does, the server stays up and says why at `/readyz`.
 *
 * @throws when the port cannot be taken
 */
export async function startServer(config: ServerConfig, log: Log): Promise<RunningServer> {
  const { modelsDir, limits, workers, inferenceThreads, float32Backend, modelMemoryBytes, queueLimit, decodeTimeoutMs, deadlineMs } =
    config;
  const readiness = createReadiness();
  const metrics = createMetrics({
    pool: () => serving.models.pool,
    isReady: () => isReady(readiness, serving.models),
    refused: () => serving.models.catalogue?.refused ?? [],
  });
  const decodingBudget = createByteBudget(limits.maxDecodingBytes);
  const serving = createServing({
    setup: { modelsDir, limits, threads: inferenceThreads, float32Backend, memoryBytes: modelMemoryBytes },
    log,
    createPool: (setup, size = workers) =>
      createInferencePool(setup, { size, queueLimit, decodeTimeoutMs, deadlineMs, decodingBudget, log, observer: metrics }),
    onVerified: () => readiness.set('starting', 'the goldens are being computed'),
    onReload: metrics.onReload,
  });
  const apiKeys = config.apiKeysFile === null ? null : openApiKeys(config.apiKeysFile);
  const uploads = createUploadGate(config.uploadBudgetBytes);
  const app = createApp({ ...config, uploads, apiKeys, readiness, models: serving.models, holdModels: serving.hold, log, metrics });
  const server = createHttpServer(app, config, log);
  await listen(server, config);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  const { host, clientDir, grpcPort } = config;
  const grpc = grpcPort === null ? null : await startGrpcServer(grpcPort, { ...config, readiness, ...serving, apiKeys, uploads, log });
  log({ event: 'listening', host, port, ...(grpc && { grpcPort: grpc.port }), workers, inferenceThreads, client: clientDir ?? 'none' });

  const fail = (error: AppError) => {
    readiness.set('failed', `${error.code}: ${error.message.replace(/\.$/, '')}`);
    const { stack } = error.cause instanceof Error ? error.cause : error;
    log({ event: 'failed', level: 'error', code: error.code, message: error.message, ...(error.code === 'INTERNAL' ? { stack } : {}) });
  };
  const load = async () => {
    const startedAt = performance.now();
    await serving.load();
    readiness.set('ready', 'all goldens matched');
    log({
      event: 'ready',
      ms: Math.round(performance.now() - startedAt),
      models: serving.models.pool!.warmed,
      jpeg: serving.models.pool!.jpeg,
    });
  };
  const loadOrFail = (): Promise<void> => load().catch((error: unknown) => fail(toAppError(error)));
  const loaded = loadOrFail();
  const stopWatching = config.watchModels ? watchIndex(modelsDir, () => void reload('index')) : () => undefined;
  let last = loaded;
  const reload = (cause: string): Promise<void> => {
    // Where nothing could be served before, there is nothing to exchange.
    last = last.then(() => (readiness.state === 'failed' ? loadOrFail() : serving.reload(cause)));
    return last;
  };
  /** Keys and certificate that can't be read leave those that were read before. */
  const reloadSecrets = (): void => {
    try {
      apiKeys?.reload();
      if (config.tls && server instanceof HttpsServer) server.setSecureContext(readCertificate(config.tls));
    } catch (error) {
      log({ event: 'reload-refused', level: 'error', cause: 'SIGHUP', message: (error as Error).message });
    }
  };

  return {
    readiness,
    port,
    loaded,
    async reloadAll() {
      reloadSecrets();
      await reload('SIGHUP');
    },
    async drain() {
      readiness.set('draining', 'the server is shutting down');
      stopWatching();
      const [finished] = await Promise.all([closeWithin(server, config.drainTimeoutMs), grpc?.close(config.drainTimeoutMs)]);
      serving.close();
      return finished;
    },
  };
}

/** Time between two looks at the index. */
const LOOK_MS = 1000;

/**
 * Looks every second whether the index of a folder has been written again. By its times and not by notices of the system: those do not
 * come from network drives, nor where a whole folder is exchanged.
 *
 * @returns ends it
 */
function watchIndex(modelsDir: string, onChange: () => void): () => void {
  const file = path.join(modelsDir, 'index.json');
  const compare = (now: { mtimeMs: number; ino: number; size: number }, before: typeof now): void => {
    // Gone for a moment, or for good: nothing to load.
    if (now.mtimeMs === 0) return;
    if (now.mtimeMs !== before.mtimeMs || now.ino !== before.ino || now.size !== before.size) onChange();
  };
  watchFile(file, { interval: LOOK_MS, persistent: false }, compare);
  return () => unwatchFile(file, compare);
}

function listen(server: Server, { host, port }: ServerConfig): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Connections that wait for a next request are closed at once, the others when they are done or the time is up. */
function closeWithin(server: Server, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    let inTime = true;
    // A connection that has just got its answer is idle again, and would otherwise be waited for.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    const deadline = setTimeout(() => {
      inTime = false;
      server.closeAllConnections();
    }, timeoutMs);
    server.close(() => {
      clearTimeout(deadline);
      clearInterval(sweep);
      resolve(inTime);
    });
    server.closeIdleConnections();
  });
}
