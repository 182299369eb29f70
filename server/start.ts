import type { Server } from 'node:http';
import { AppError, toAppError } from '@sld-edge/runtime';
import { createApp, type LoadedModels } from './app.ts';
import type { ServerConfig } from './config.ts';
import { createHttpServer } from './http/http-server.ts';
import { createInferencePool, type InferencePool } from './inference/pool.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics/metrics.ts';
import { loadCatalogue, setupOf } from './models/catalogue.ts';
import { createReadiness, type Readiness } from './readiness.ts';

export interface RunningServer {
  readiness: Readiness;
  /** The port that was taken, where 0 was asked for. */
  port: number;
  /** Settles when the models have answered for themselves, for better or worse; never rejects. */
  loaded: Promise<void>;
  /** Stops accepting, lets what is under way finish. @returns false when the time was up first */
  drain(): Promise<boolean>;
}

/**
 * Listens at once, so that `/healthz` answers while the models load, and becomes ready when the default variant of every
 * package has reproduced its goldens in every worker. If one does not, the server stays up and says why at `/readyz`.
 *
 * @throws when the port cannot be taken
 */
export async function startServer(config: ServerConfig, log: Log): Promise<RunningServer> {
  const readiness = createReadiness();
  const models: LoadedModels = { catalogue: null, pool: null };
  const metrics = createMetrics({ pool: () => models.pool, isReady: () => readiness.state === 'ready' });
  const app = createApp({ ...config, readiness, models, log, metrics });
  const server = createHttpServer(app, config, log);
  await listen(server, config);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : config.port;
  const { host, workers, inferenceThreads, clientDir } = config;
  log({ event: 'listening', host, port, workers, inferenceThreads, client: clientDir ?? 'none' });

  let pool: InferencePool | null = null;
  const fail = (error: AppError) => {
    readiness.set('failed', `${error.code}: ${error.message.replace(/\.$/, '')}`);
    const { stack } = error.cause instanceof Error ? error.cause : error;
    log({ event: 'failed', level: 'error', code: error.code, message: error.message, ...(error.code === 'INTERNAL' ? { stack } : {}) });
  };
  const load = async () => {
    const startedAt = performance.now();
    const catalogue = await loadCatalogue(config.modelsDir);
    models.catalogue = catalogue;
    readiness.set('starting', 'the goldens are being computed');
    const { queueLimit, decodeTimeoutMs } = config;
    pool = await createInferencePool(setupOf(catalogue, config), { size: workers, queueLimit, decodeTimeoutMs, log, observer: metrics });
    models.pool = pool;
    readiness.set('ready', 'all goldens matched');
    log({ event: 'ready', ms: Math.round(performance.now() - startedAt), models: pool.warmed });
  };
  const loaded = load().catch((error: unknown) => fail(toAppError(error)));

  return {
    readiness,
    port,
    loaded,
    async drain() {
      readiness.set('draining', 'the server is shutting down');
      const finished = await closeWithin(server, config.drainTimeoutMs);
      await pool?.close();
      return finished;
    },
  };
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
