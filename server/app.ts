import { AppError, type ImageLimits } from '@sld-edge/runtime';
import type { RequestListener } from 'node:http';
import express from 'express';
import { accessLog } from './http/access-log.ts';
import { requireApiKey, type ApiKeys } from './http/api-keys.ts';
import { withDirectRoute } from './http/direct-route.ts';
import { allowOrigins } from './http/other-origins.ts';
import type { PlainHandler } from './http/plain.ts';
import { errorResponse, notFound, problemResponse } from './http/problem-response.ts';
import { limitRate } from './http/rate-limit.ts';
import { refuseCrossOrigin, refuseOtherHosts, refuseUnknownExpectations } from './http/refusals.ts';
import { requestIds } from './http/request-id.ts';
import { securityHeaders, type HeaderOptions } from './http/security-headers.ts';
import type { UploadGate } from './http/upload-gate.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { ModelCatalogue } from './models/catalogue.ts';
import type { ServingPool } from './models/generations.ts';
import type { Readiness } from './readiness.ts';
import { classifyHandler, classifyRoute } from './routes/classify.ts';
import { clientFiles } from './routes/client.ts';
import { healthRoutes, metricsRoute } from './routes/health.ts';
import { modelRoutes } from './routes/models.ts';
import { openApiRoutes } from './routes/openapi.ts';
import { inferenceError, openInferenceRoutes } from './routes/open-inference.ts';

/** Models that arrive while the server is up: null until then. */
export interface LoadedModels {
  catalogue: ModelCatalogue | null;
  pool: ServingPool | null;
}

export interface AppDeps extends Pick<HeaderOptions, 'frameOrigins'> {
  readiness: Readiness;
  models: LoadedModels;
  /** Begins a request: what is loaded stays until the returned function is called. */
  holdModels: () => () => void;
  modelsDir: string;
  clientDir: string | null;
  limits: ImageLimits;
  uploads: UploadGate;
  inferenceThreads: number;
  /** Null: any. */
  allowedHosts: string[] | null;
  /** Origins of pages that may use the API. */
  corsOrigins: readonly string[];
  /** Null: anybody may send images. */
  apiKeys: ApiKeys | null;
  /** Null: any. */
  rateLimitPerMinute: number | null;
  trustedProxies: number;
  /** Null: plain HTTP. */
  tls: object | null;
  log: Log;
  metrics: Metrics;
}

/** The HTTP application. It never listens; `main.ts` and the tests do. */
export function createApp({ readiness, models, modelsDir, clientDir, limits, ...deps }: AppDeps): RequestListener {
  const { holdModels, uploads, inferenceThreads, allowedHosts, apiKeys, log, metrics } = deps;
  const arrived = <Value>(value: Value | null): Value => {
    if (value === null) throw new AppError('NOT_READY', { state: readiness.reason });
    return value;
  };
  const catalogue = () => arrived(models.catalogue);
  const pool = () => arrived(models.pool);

  const app = express();
  app.disable('x-powered-by');
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.trustedProxies);
  // What is cached has a tag of its own; hashing every answer would be for nothing.
  app.disable('etag');
  const first: PlainHandler[] = [
    requestIds(),
    accessLog(log, metrics.onRequest),
    securityHeaders({ frameOrigins: deps.frameOrigins, isHttps: deps.tls !== null }),
    refuseUnknownExpectations(),
  ];
  app.use(first);
  // Before the allow-list: probes and Prometheus ask by address.
  app.use(healthRoutes(readiness, models, inferenceThreads));
  if (apiKeys) app.use('/metrics', requireApiKey(apiKeys, { alsoGet: true }));
  app.use(metricsRoute(metrics));
  const refuseHosts = refuseOtherHosts(allowedHosts);
  app.use(refuseHosts);
  if (deps.corsOrigins.length > 0) app.use(allowOrigins(deps.corsOrigins));
  const guards: PlainHandler[] = [refuseCrossOrigin(), ...(apiKeys ? [requireApiKey(apiKeys)] : [])];
  app.use(guards);
  if (deps.rateLimitPerMinute !== null) app.use(limitRate(deps.rateLimitPerMinute));
  // What takes their place meanwhile does not concern a request that began with these.
  const hold: PlainHandler = (_request, response, next) => {
    response.once('close', holdModels());
    next();
  };
  app.use(hold);
  const classify = classifyHandler({ readiness, catalogue, pool, limits, uploads, log });
  app.use(classifyRoute(classify));
  app.use(openInferenceRoutes({ readiness, catalogue, pool, limits, uploads }));
  app.use(openApiRoutes());
  app.use(modelRoutes({ modelsDir, catalogue, inferenceThreads }));
  if (clientDir !== null) app.use(clientFiles(clientDir));
  app.use(notFound());
  app.use('/v2', errorResponse(log, 'application/json', inferenceError));
  const onError = problemResponse(log);
  app.use(onError);
  // Both need Express.
  if (deps.corsOrigins.length > 0 || deps.rateLimitPerMinute !== null) return app;
  const handlers = [...first, refuseHosts, ...guards, hold, classify];
  return withDirectRoute(app, { method: 'POST', path: '/classify', handlers, onError });
}
